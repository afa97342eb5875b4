"""Creates trails in two accounts of a moto, by the role that Trailplane assumes, and prints them as JSON, by ARN.

usage: moto_trails.py ENDPOINT ACCOUNT ACCOUNT
"""

import json
import sys

import botocore.session

ENDPOINT, ACCOUNTS = sys.argv[1], sys.argv[2:]
SESSION = botocore.session.Session()


def client(service, keys, region="us-east-1"):
    return SESSION.create_client(
        service,
        region_name=region,
        endpoint_url=ENDPOINT,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys.get("SessionToken"),
    )


def session(account):
    """The role's session in an account; moto makes both up."""
    sts = client("sts", {"AccessKeyId": "AKIDEXAMPLE", "SecretAccessKey": "any"})
    role = f"arn:aws:iam::{account}:role/Trailplane"
    return sts.assume_role(RoleArn=role, RoleSessionName="set-up")["Credentials"]


def create(account, region, name, multi_region, put):
    """A trail, with what `put` says: arguments of PutEventSelectors, types of Insights, whether it logs."""
    selectors, insights, logging = put
    keys, bucket = session(account), f"{name}-{account}"
    client("s3", keys).create_bucket(Bucket=bucket)
    trails = client("cloudtrail", keys, region)
    tags = {"of": account}
    arn = trails.create_trail(
        Name=name,
        S3BucketName=bucket,
        IsMultiRegionTrail=multi_region,
        TagsList=[{"Key": key, "Value": value} for key, value in tags.items()],
    )["TrailARN"]
    if selectors:
        trails.put_event_selectors(TrailName=arn, **selectors)
    if insights:
        trails.put_insight_selectors(
            TrailName=arn, InsightSelectors=[{"InsightType": kind} for kind in insights]
        )
    if logging:
        trails.start_logging(Name=arn)
    return arn, {
        "account": account,
        "bucket": bucket,
        "multi_region": multi_region,
        "logging": trails.get_trail_status(Name=arn)["IsLogging"],
        "basic": len(selectors.get("EventSelectors", [])),
        "advanced": len(selectors.get("AdvancedEventSelectors", [])),
        "insights": insights,
        "tags": tags,
    }


def main():
    basic = {"EventSelectors": [{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True}]}
    management = {"Field": "eventCategory", "Equals": ["Management"]}
    advanced = {"AdvancedEventSelectors": [{"Name": "all", "FieldSelectors": [management]}]}
    both = ["ApiCallRateInsight", "ApiErrorRateInsight"]
    first, second = ACCOUNTS
    made = [
        create(first, "eu-west-1", "main", True, (basic, both, True)),
        create(first, "us-east-1", "local", False, ({}, [], False)),
        create(second, "us-east-1", "main", False, (advanced, ["ApiErrorRateInsight"], True)),
    ]
    print(json.dumps(dict(made)))


main()
