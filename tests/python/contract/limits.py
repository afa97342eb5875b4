"""How much AWS takes: the last that fits, and the first that does not."""

from event_selectors import ALL, DATA, MANAGEMENT, advanced, condition

from server import ABROAD, succeeded
from trails import all_alone, arn, trails


def probes():
    def trails_here(count, **more):
        def probe():
            for _ in range(count):
                arn(**more)

        return succeeded(probe)

    def with_copies(singles):
        """Multi-Region trails of another home count here too."""

        def probe():
            arn(region=ABROAD, IsMultiRegionTrail=True)
            for _ in range(singles):
                arn()

        return succeeded(probe)

    def put(**selectors):
        return succeeded(lambda: trails().put_event_selectors(TrailName=arn(), **selectors))

    def resources(*counts, everything=False):
        """Basic selectors with so many data resources each."""
        selectors = []
        for selector, count in enumerate(counts):
            values = [f"arn:aws:s3:::bucket-{selector}/{n}" for n in range(count)]
            values += ["arn:aws:s3"] if everything else []
            data = [{"Type": "AWS::S3::Object", "Values": values}]
            selectors.append({**ALL, "DataResources": data})
        return put(EventSelectors=selectors)

    def values(*counts):
        """Advanced selectors with so many values each, over all conditions."""
        return put(
            AdvancedEventSelectors=[
                advanced(
                    *DATA,
                    condition("resources.ARN", *(f"arn:aws:s3:::b{s}/{n}" for n in range(count - 2))),
                )
                for s, count in enumerate(counts)
            ]
        )

    def tags(*counts):
        """So many tags, added one batch after the other."""

        def probe():
            made = arn()
            for batch, count in enumerate(counts):
                more = [{"Key": f"{batch}-{n}", "Value": "x"} for n in range(count)]
                trails().add_tags(ResourceId=made, TagsList=more)

        return succeeded(probe)

    def tags_at_create(count):
        return succeeded(
            lambda: arn(TagsList=[{"Key": f"k{n}", "Value": "x"} for n in range(count)])
        )

    return all_alone(
        {
            "Limits: 5 trails in a Region": trails_here(5),
            "Limits: 6 trails in a Region": trails_here(6),
            "Limits: 5 multi-Region trails": trails_here(5, IsMultiRegionTrail=True),
            "Limits: 4 trails and a copy of another Region's": with_copies(4),
            "Limits: 5 trails and a copy of another Region's": with_copies(5),
            "Limits: 5 basic selectors": put(EventSelectors=[ALL] * 5),
            "Limits: 6 basic selectors": put(EventSelectors=[ALL] * 6),
            "Limits: 250 data resources": resources(125, 125),
            "Limits: 251 data resources": resources(125, 126),
            "Limits: 250 data resources, and all": resources(250, everything=True),
            "Limits: 500 advanced values": values(250, 250),
            "Limits: 501 advanced values": values(250, 251),
            "Limits: 6 advanced selectors": put(AdvancedEventSelectors=[MANAGEMENT] * 6),
            "Limits: 50 tags": tags(25, 25),
            "Limits: 51 tags": tags(50, 1),
            "Limits: 51 tags at once": tags(51),
            "Limits: 50 tags at creation": tags_at_create(50),
            "Limits: 51 tags at creation": tags_at_create(51),
        }
    )
