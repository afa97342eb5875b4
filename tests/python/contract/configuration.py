"""PutEventConfiguration and GetEventConfiguration, which no emulator has."""

from server import ABROAD, shown, succeeded
from trails import all_alone, arn, trails

ACTIVITY = {"Templates": ["API_ACTIVITY"], "EventCategory": "Data"}
ACCESS = {"Templates": ["RESOURCE_ACCESS", "USER_ACTIONS"], "EventCategory": "Data"}


def probes():
    def after(*puts):
        def probe():
            made = arn()
            for put in puts:
                trails().put_event_configuration(TrailName=made, AggregationConfigurations=put)
            answer = trails().get_event_configuration(TrailName=made)
            return shown(answer.get("AggregationConfigurations", []))

        return probe

    def refused(*aggregations, region="us-east-1", **more):
        return succeeded(
            lambda: trails(region=region).put_event_configuration(
                TrailName=arn(), AggregationConfigurations=list(aggregations), **more
            )
        )

    return all_alone(
        {
            "GetEventConfiguration: none": after(),
            "PutEventConfiguration": after([ACTIVITY]),
            "PutEventConfiguration: then another": after([ACTIVITY], [ACCESS]),
            "PutEventConfiguration: then none": after([ACTIVITY], []),
            "PutEventConfiguration: two": refused(ACTIVITY, ACCESS),
            "PutEventConfiguration: of management events": refused(
                {**ACTIVITY, "EventCategory": "Management"}
            ),
            "PutEventConfiguration: unknown template": refused({**ACTIVITY, "Templates": ["ALL"]}),
            "PutEventConfiguration: from another Region": refused(ACTIVITY, region=ABROAD),
            "PutEventConfiguration: no such trail": succeeded(
                lambda: trails().put_event_configuration(TrailName="no-such-trail")
            ),
            "GetEventConfiguration: no such trail": succeeded(
                lambda: trails().get_event_configuration(TrailName="no-such-trail")
            ),
        }
    )
