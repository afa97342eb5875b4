"""UpdateTrail, field by field, and DeleteTrail."""

from server import ABROAD, HOME, Accounts, each, shown, succeeded
from trail_settings import KEY_ID
from trails import all_alone, arn, described, got, new_name, some, trails

FULL = {
    "S3KeyPrefix": "logs",
    "SnsTopicName": "contract",
    "EnableLogFileValidation": True,
}


def probes():
    delivery = {
        "CloudWatchLogsLogGroupArn": f"arn:aws:logs:{HOME}:{Accounts.member}:log-group:trails:*",
        "CloudWatchLogsRoleArn": f"arn:aws:iam::{Accounts.member}:role/Logs",
    }
    key = {"KmsKeyId": f"arn:aws:kms:{HOME}:{Accounts.member}:key/{KEY_ID}"}

    def updated(*fields, before=None, region=HOME, **change):
        """The fields in UpdateTrail's answer, and in GetTrail's if they differ there."""

        def probe():
            made = arn(**(before or {}))
            made_by = trails(region=region).update_trail(Name=made, **change)
            answer = shown(some(made_by, *fields))
            there = shown(some(got(made), *fields))
            return answer if answer == there else f"{answer}, then {there}"

        return probe

    def cleared(fields, *shown_as):
        """Set by an update, then taken away by empty texts."""

        def probe():
            made = arn()
            trails().update_trail(Name=made, **fields)
            there = sorted(some(got(made), *(shown_as or fields)))
            trails().update_trail(Name=made, **{name: "" for name in fields})
            left = some(got(made), *(shown_as or fields))
            return f"{shown(there)}, then {shown(left)}"

        return probe

    def nothing_said():
        made = arn(**FULL, IncludeGlobalServiceEvents=False)
        before = got(made)
        trails().update_trail(Name=made)
        return f"the same: {got(made) == before}"

    def by_name():
        name = new_name()
        arn(name=name)
        return shown(some(trails().update_trail(Name=name, S3KeyPrefix="by"), "S3KeyPrefix"))

    def regions_of(change, **before):
        def probe():
            made = arn(**before)
            answer = trails().update_trail(Name=made, **change)
            flags = some(answer, "IsMultiRegionTrail", "IncludeGlobalServiceEvents")
            return f"{shown(flags)}, abroad: {len(described(region=ABROAD))}"

        return probe

    def refused(before=None, **change):
        def probe():
            made = arn(**(before or {}))
            trails().update_trail(Name=made, **change)

        return succeeded(probe)

    def changes_nothing():
        """A refused update, of which another part was fine."""
        made = arn(S3KeyPrefix="first")
        try:
            trails().update_trail(
                Name=made,
                S3KeyPrefix="second",
                IsMultiRegionTrail=True,
                IncludeGlobalServiceEvents=False,
            )
        except trails().exceptions.InvalidParameterCombinationException:
            pass
        return shown(some(got(made), "S3KeyPrefix", "IsMultiRegionTrail"))

    def deleted(by_arn):
        def probe():
            name = new_name()
            made = arn(name=name)
            trails().delete_trail(Name=made if by_arn else name)
            return f"left: {len(described())}"

        return probe

    def deleted_twice():
        made = arn()
        trails().delete_trail(Name=made)
        trails().delete_trail(Name=made)

    def reborn():
        """A trail that was deleted and made again: nothing of the first is there."""
        name = new_name()
        made = arn(name=name)
        trails().add_tags(ResourceId=made, TagsList=[{"Key": "of", "Value": "the first"}])
        trails().put_event_selectors(
            TrailName=made,
            EventSelectors=[{"ReadWriteType": "ReadOnly", "IncludeManagementEvents": True}],
        )
        trails().start_logging(Name=made)
        trails().delete_trail(Name=name)
        arn(name=name)
        tags = trails().list_tags(ResourceIdList=[made])["ResourceTagList"][0]["TagsList"]
        selectors = trails().get_event_selectors(TrailName=made).get("EventSelectors", [])
        logging = trails().get_trail_status(Name=made)["IsLogging"]
        return f"tags: {len(tags)}, {[s['ReadWriteType'] for s in selectors]}, logging: {logging}"

    def from_abroad():
        made = arn(IsMultiRegionTrail=True)
        abroad = trails(region=ABROAD)
        return each(
            {
                "UpdateTrail": lambda: abroad.update_trail(Name=made, S3KeyPrefix="x"),
                "StartLogging": lambda: abroad.start_logging(Name=made),
                "StopLogging": lambda: abroad.stop_logging(Name=made),
                "PutEventSelectors": lambda: abroad.put_event_selectors(
                    TrailName=made,
                    EventSelectors=[{"ReadWriteType": "All", "IncludeManagementEvents": True}],
                ),
                "DeleteTrail": lambda: abroad.delete_trail(Name=made),
            }
        )

    return all_alone(
        {
            "UpdateTrail: by name": by_name,
            "UpdateTrail: bucket": updated(
                "S3BucketName", S3BucketName=f"contract-{Accounts.other}"
            ),
            "UpdateTrail: prefix": updated("S3KeyPrefix", S3KeyPrefix="later"),
            "UpdateTrail: validation": updated(
                "LogFileValidationEnabled", EnableLogFileValidation=True
            ),
            "UpdateTrail: validation off": updated(
                "LogFileValidationEnabled",
                before={"EnableLogFileValidation": True},
                EnableLogFileValidation=False,
            ),
            "UpdateTrail: recursive logging": updated("RecursiveLogging", RecursiveLogging=False),
            "UpdateTrail: topic": updated("SnsTopicARN", SnsTopicName="contract"),
            "UpdateTrail: key": updated("KmsKeyId", **key),
            "UpdateTrail: log group and role": updated(*delivery, **delivery),
            "UpdateTrail: nothing said": nothing_said,
            "UpdateTrail: prefix cleared": cleared({"S3KeyPrefix": "logs"}),
            "UpdateTrail: topic cleared": cleared({"SnsTopicName": "contract"}, "SnsTopicARN"),
            "UpdateTrail: key cleared": cleared(key),
            "UpdateTrail: log group and role cleared": cleared(delivery),
            "UpdateTrail: single to multi-Region": regions_of({"IsMultiRegionTrail": True}),
            "UpdateTrail: single to multi-Region, global services were off": regions_of(
                {"IsMultiRegionTrail": True}, IncludeGlobalServiceEvents=False
            ),
            "UpdateTrail: multi-Region to single": regions_of(
                {"IsMultiRegionTrail": False}, IsMultiRegionTrail=True
            ),
            "UpdateTrail: multi-Region to single, global services kept": regions_of(
                {"IsMultiRegionTrail": False, "IncludeGlobalServiceEvents": True},
                IsMultiRegionTrail=True,
            ),
            "UpdateTrail: global services off": updated(
                "IncludeGlobalServiceEvents", IncludeGlobalServiceEvents=False
            ),
            "UpdateTrail: multi-Region, global services off": refused(
                {"IsMultiRegionTrail": True}, IncludeGlobalServiceEvents=False
            ),
            "UpdateTrail: no such bucket": refused(S3BucketName="no-such-contract"),
            "UpdateTrail: bucket without policy": refused(
                S3BucketName=f"contract-bare-{Accounts.member}"
            ),
            "UpdateTrail: prefix of 201": refused(S3KeyPrefix="x" * 201),
            "UpdateTrail: no such topic": refused(SnsTopicName="no-such-contract"),
            "UpdateTrail: refused, and nothing changed": changes_nothing,
            "DeleteTrail: by name": deleted(by_arn=False),
            "DeleteTrail: by ARN": deleted(by_arn=True),
            "DeleteTrail: twice": succeeded(deleted_twice),
            "DeleteTrail: and made again": reborn,
            "Changes from another Region than the home": from_abroad,
        }
    )
