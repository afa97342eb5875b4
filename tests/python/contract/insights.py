"""PutInsightSelectors and GetInsightSelectors."""

from server import ABROAD, shown, succeeded
from trails import all_alone, arn, got, trails

CALLS, ERRORS = {"InsightType": "ApiCallRateInsight"}, {"InsightType": "ApiErrorRateInsight"}


def probes():
    def after(*puts):
        def probe():
            made = arn()
            for put in puts:
                trails().put_insight_selectors(TrailName=made, InsightSelectors=put)
            found = trails().get_insight_selectors(TrailName=made)["InsightSelectors"]
            return f"{shown(found)}, has some: {got(made).get('HasInsightSelectors')}"

        return probe

    def refused(selectors, **more):
        return succeeded(
            lambda: trails(**more).put_insight_selectors(
                TrailName=arn(), InsightSelectors=selectors
            )
        )

    by_name = {"TrailName": "no-such-trail"}
    return all_alone(
        {
            "GetInsightSelectors: none": after(),
            "PutInsightSelectors": after([CALLS]),
            "PutInsightSelectors: then others": after([CALLS], [ERRORS]),
            "PutInsightSelectors: both": after([CALLS, ERRORS]),
            "PutInsightSelectors: then none": after([CALLS], []),
            "PutInsightSelectors: unknown type": refused([{"InsightType": "Weather"}]),
            "PutInsightSelectors: from another Region": refused([CALLS], region=ABROAD),
            "PutInsightSelectors: no such trail": succeeded(
                lambda: trails().put_insight_selectors(**by_name, InsightSelectors=[CALLS])
            ),
            "GetInsightSelectors: no such trail": succeeded(
                lambda: trails().get_insight_selectors(**by_name)
            ),
        }
    )
