"""Creates trails in two members of a ministack that ministack_organization.py has set up, with the accounts' own keys.

usage: ministack_trails.py ENDPOINT

Prints as JSON, for each trail by its ARN, what botocore says of it in its home Region.
"""

import json
import sys

import botocore.session

ENDPOINT = sys.argv[1]
SESSION = botocore.session.Session()


def client(service, key, region):
    """A client; a 12-digit key is the root of that account, with any secret."""
    return SESSION.create_client(
        service,
        region_name=region,
        endpoint_url=ENDPOINT,
        aws_access_key_id=key,
        aws_secret_access_key="root",
    )


def create(account, region, name, multi_region, logging):
    bucket = f"{name}-{account}"
    extra = {"CreateBucketConfiguration": {"LocationConstraint": region}}
    client("s3", account, region).create_bucket(
        Bucket=bucket, **({} if region == "us-east-1" else extra)
    )
    trails = client("cloudtrail", account, region)
    arn = trails.create_trail(
        Name=name,
        S3BucketName=bucket,
        S3KeyPrefix="logs",
        IsMultiRegionTrail=multi_region,
        EnableLogFileValidation=True,
    )["TrailARN"]
    trails.add_tags(ResourceId=arn, TagsList=[{"Key": "of", "Value": account}])
    if logging:
        trails.start_logging(Name=arn)
    return arn


def described(account, region, arn):
    trails = client("cloudtrail", account, region)
    trail = trails.get_trail(Name=arn)["Trail"]
    tags = trails.list_tags(ResourceIdList=[arn])["ResourceTagList"][0]["TagsList"]
    return {
        "account": account,
        "home_region": trail["HomeRegion"],
        "bucket": trail["S3BucketName"],
        "prefix": trail["S3KeyPrefix"],
        "multi_region": trail["IsMultiRegionTrail"],
        "validation": trail["LogFileValidationEnabled"],
        "logging": trails.get_trail_status(Name=arn)["IsLogging"],
        "selectors": len(trails.get_event_selectors(TrailName=arn)["EventSelectors"]),
        "tags": {tag["Key"]: tag["Value"] for tag in tags},
    }


def main():
    trails = {}
    for account, region, name, multi_region, logging in (
        ("222222222222", "eu-west-1", "main", True, True),
        ("222222222222", "us-east-1", "local", False, False),
        ("333333333333", "us-east-1", "main", True, False),
        ("333333333333", "eu-west-1", "far-away", False, True),
    ):
        arn = create(account, region, name, multi_region, logging)
        trails[arn] = described(account, region, arn)
    print(json.dumps(trails))


main()
