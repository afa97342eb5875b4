"""PutEventSelectors and GetEventSelectors: basic, advanced, and from one to the other."""

from server import shown, succeeded
from trails import all_alone, arn, got, trails

ALL = {"ReadWriteType": "All", "IncludeManagementEvents": True}
OBJECTS = {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::bucket/prefix"]}


def condition(field, *values, operator="Equals"):
    return {"Field": field, operator: list(values)}


def advanced(*conditions, **more):
    return {"FieldSelectors": list(conditions), **more}


MANAGEMENT = advanced(condition("eventCategory", "Management"), Name="management")
DATA = (condition("eventCategory", "Data"), condition("resources.type", "AWS::S3::Object"))


def probes():
    def now(made):
        """The selectors that a trail has, and what GetTrail says of them."""
        answer = trails().get_event_selectors(TrailName=made)
        kinds = {
            kind: answer[kind]
            for kind in ("EventSelectors", "AdvancedEventSelectors")
            if answer.get(kind)
        }
        return f"{shown(kinds)}, custom: {got(made).get('HasCustomEventSelectors')}"

    def after(*puts):
        """The selectors after these puts: lists of basic or of advanced ones."""

        def probe():
            made = arn()
            for put in puts:
                kind = "AdvancedEventSelectors" if "FieldSelectors" in put[0] else "EventSelectors"
                trails().put_event_selectors(TrailName=made, **{kind: put})
            return now(made)

        return probe

    def answered():
        """What PutEventSelectors itself answers."""
        answer = trails().put_event_selectors(TrailName=arn(), EventSelectors=[ALL])
        return shown(sorted(k for k in answer if k != "ResponseMetadata" and answer[k]))

    def refused(**selectors):
        return succeeded(lambda: trails().put_event_selectors(TrailName=arn(), **selectors))

    def basic(**more):
        return refused(EventSelectors=[{**ALL, **more}])

    def advanced_of(*conditions):
        return refused(AdvancedEventSelectors=[advanced(*conditions)])

    two_types = condition("resources.type", "AWS::S3::Object", "AWS::Lambda::Function")
    return all_alone(
        {
            "GetEventSelectors: nothing said": after(),
            "PutEventSelectors: its answer": answered,
            "PutEventSelectors: basic": after(
                [
                    {
                        "ReadWriteType": "WriteOnly",
                        "IncludeManagementEvents": True,
                        "DataResources": [OBJECTS],
                        "ExcludeManagementEventSources": ["kms.amazonaws.com"],
                    }
                ]
            ),
            "PutEventSelectors: advanced": after([MANAGEMENT, advanced(*DATA)]),
            "PutEventSelectors: basic, then other basic": after(
                [ALL], [{**ALL, "ReadWriteType": "ReadOnly"}]
            ),
            "PutEventSelectors: basic, then advanced": after([ALL], [MANAGEMENT]),
            "PutEventSelectors: advanced, then basic": after(
                [MANAGEMENT], [{**ALL, "ReadWriteType": "ReadOnly"}]
            ),
            "PutEventSelectors: both at once": refused(
                EventSelectors=[ALL], AdvancedEventSelectors=[MANAGEMENT]
            ),
            "PutEventSelectors: none": refused(),
            "PutEventSelectors: bad read-write type": basic(ReadWriteType="Some"),
            "PutEventSelectors: bad type of data": basic(
                DataResources=[{"Type": "AWS::EC2::Instance", "Values": ["arn:aws:ec2"]}]
            ),
            "PutEventSelectors: bad source to leave out": basic(
                ExcludeManagementEventSources=["s3.amazonaws.com"]
            ),
            "PutEventSelectors: advanced without category": advanced_of(
                condition("readOnly", "true")
            ),
            "PutEventSelectors: unknown category": advanced_of(
                condition("eventCategory", "Everything")
            ),
            "PutEventSelectors: unknown field": advanced_of(
                condition("eventCategory", "Management"), condition("color", "red")
            ),
            "PutEventSelectors: data without type": advanced_of(condition("eventCategory", "Data")),
            "PutEventSelectors: data of two types": advanced_of(DATA[0], two_types),
            "PutEventSelectors: condition without operator": advanced_of(
                condition("eventCategory", "Management"), {"Field": "readOnly"}
            ),
        }
    )
