"""CreateTrail, setting by setting, and what it refuses."""

from server import ABROAD, HOME, KIND, Accounts, each, of, shown, succeeded
from trails import all_alone, arn, bucket, create, got, new_name, some, trails

KEY_ID = "11111111-2222-3333-4444-555555555555"
BAD_NAMES = {
    "two letters": "ab",
    "129 letters": "x" * 129,
    "a blank": "my trail",
    "two marks": "my--trail",
    "two different marks": "my-_trail",
    "begins with a mark": "-trail",
    "ends with a mark": "trail.",
    "an IP address": "192.168.5.4",
}


def key():
    """The ARN of a key in the member; the sandbox has every key that no list names."""
    if KIND == "sandbox":
        return f"arn:aws:kms:{HOME}:{Accounts.member}:key/{KEY_ID}"
    return of("kms").create_key()["KeyMetadata"]["Arn"]


def logs():
    """A log group and the role for it; the sandbox has every one that no list names."""
    if KIND != "sandbox":
        of("logs").create_log_group(logGroupName="trails")
        trust = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "cloudtrail.amazonaws.com"}}]}'
        of("iam").create_role(RoleName="Logs", AssumeRolePolicyDocument=trust)
    return {
        "CloudWatchLogsLogGroupArn": f"arn:aws:logs:{HOME}:{Accounts.member}:log-group:trails:*",
        "CloudWatchLogsRoleArn": f"arn:aws:iam::{Accounts.member}:role/Logs",
    }


def probes():
    delivery = logs()

    def stored(*fields, **settings):
        """The fields in CreateTrail's answer, and in GetTrail's if they differ there."""

        def probe():
            answer = create(**settings)
            made = shown(some(answer, *fields))
            there = shown(some(got(answer["TrailARN"]), *fields))
            return made if made == there else f"{made}, then {there}"

        return probe

    def basics():
        answer = create()
        fields = ("Name", "TrailARN", "S3BucketName", "LogFileValidationEnabled")
        flags = ("IncludeGlobalServiceEvents", "IsMultiRegionTrail", "IsOrganizationTrail")
        return shown(some(answer, *fields, *flags))

    def absent():
        fields = ("S3KeyPrefix", "SnsTopicARN", "KmsKeyId", "CloudWatchLogsLogGroupArn")
        return shown(some(create(), *fields, "CloudWatchLogsRoleArn"))

    def key_is_kept():
        wanted = key()
        answer = create(KmsKeyId=wanted)
        return str(answer.get("KmsKeyId") == got(answer["TrailARN"]).get("KmsKeyId") == wanted)

    def tags():
        made = arn(TagsList=[{"Key": "team", "Value": "audit"}, {"Key": "cost"}])
        listed = trails().list_tags(ResourceIdList=[made])["ResourceTagList"][0]["TagsList"]
        return shown(sorted(f"{tag['Key']}={tag.get('Value', '')}" for tag in listed))

    def twice(region=HOME, **more):
        def probe():
            name = new_name()
            create(name, **more)
            create(name, region=region)

        return succeeded(probe)

    def overwritten():
        """What a second CreateTrail leaves of the first."""
        name = new_name()
        made = arn(name=name, S3KeyPrefix="first")
        trails().start_logging(Name=made)
        try:
            create(name, S3KeyPrefix="second")
        except trails().exceptions.TrailAlreadyExistsException:
            pass
        logging = trails().get_trail_status(Name=made)["IsLogging"]
        return f"{got(made).get('S3KeyPrefix')}, logging: {logging}"

    def refused(**settings):
        return succeeded(lambda: create(**settings))

    log_group = delivery["CloudWatchLogsLogGroupArn"]
    return all_alone(
        {
            "CreateTrail: what is not said": basics,
            "CreateTrail: what is not there": absent,
            "CreateTrail: multi-Region": stored(
                "IsMultiRegionTrail", "IncludeGlobalServiceEvents", IsMultiRegionTrail=True
            ),
            "CreateTrail: without global services": stored(
                "IncludeGlobalServiceEvents", IncludeGlobalServiceEvents=False
            ),
            "CreateTrail: prefix": stored("S3KeyPrefix", S3KeyPrefix="logs/of"),
            "CreateTrail: validation": stored(
                "LogFileValidationEnabled", EnableLogFileValidation=True
            ),
            "CreateTrail: recursive logging": stored("RecursiveLogging", RecursiveLogging=False),
            "CreateTrail: topic": stored("SnsTopicARN", SnsTopicName="contract"),
            "CreateTrail: topic by ARN": stored(
                "SnsTopicARN", SnsTopicName=f"arn:aws:sns:{HOME}:{Accounts.member}:contract"
            ),
            "CreateTrail: key": key_is_kept,
            "CreateTrail: log group and role": stored(*delivery, **delivery),
            "CreateTrail: tags": tags,
            "CreateTrail: a name that there is": twice(),
            "CreateTrail: a name that there is, in another Region": twice(ABROAD),
            "CreateTrail: what a name that there is leaves": overwritten,
            "CreateTrail: bad names": lambda: each(
                {label: lambda name=name: create(name) for label, name in BAD_NAMES.items()}
            ),
            "CreateTrail: no such bucket": refused(S3BucketName="no-such-contract"),
            "CreateTrail: bucket without policy": refused(
                S3BucketName=bucket().replace("contract", "contract-bare")
            ),
            "CreateTrail: bad bucket name": refused(S3BucketName="Upper_Case"),
            "CreateTrail: prefix of 201": refused(S3KeyPrefix="x" * 201),
            "CreateTrail: no such topic": refused(SnsTopicName="no-such-contract"),
            "CreateTrail: bad topic name": refused(SnsTopicName="a topic"),
            "CreateTrail: topic name of 257": refused(SnsTopicName="x" * 257),
            "CreateTrail: bad key": refused(KmsKeyId="not a key"),
            "CreateTrail: no such key": refused(
                KmsKeyId="alias/no-such-contract"
            ),
            "CreateTrail: multi-Region without global services": refused(
                IsMultiRegionTrail=True, IncludeGlobalServiceEvents=False
            ),
            "CreateTrail: log group that is none": refused(
                **{**delivery, "CloudWatchLogsLogGroupArn": "trails"}
            ),
            "CreateTrail: log group of another account": refused(
                **{
                    **delivery,
                    "CloudWatchLogsLogGroupArn": log_group.replace(Accounts.member, Accounts.other),
                }
            ),
            "CreateTrail: role that is none": refused(
                **{**delivery, "CloudWatchLogsRoleArn": "Logs"}
            ),
        }
    )
