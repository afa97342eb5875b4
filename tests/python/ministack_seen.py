"""Prints as JSON the trails of these accounts of a ministack, by ARN, as botocore sees them in their home Regions.

usage: ministack_seen.py ENDPOINT ACCOUNT...
"""

import json
import sys

import botocore.session

ENDPOINT, ACCOUNTS = sys.argv[1], sys.argv[2:]
SESSION = botocore.session.Session()


def client(account, region):
    """A client of CloudTrail; a 12-digit key is the root of that account, with any secret."""
    return SESSION.create_client(
        "cloudtrail",
        region_name=region,
        endpoint_url=ENDPOINT,
        aws_access_key_id=account,
        aws_secret_access_key="root",
    )


def seen(trails, trail):
    arn = trail["TrailARN"]
    selectors = trails.get_event_selectors(TrailName=arn)
    tags = trails.list_tags(ResourceIdList=[arn])["ResourceTagList"][0]["TagsList"]
    return {
        # ministack has an empty text where AWS has none.
        "prefix": trail.get("S3KeyPrefix") or None,
        "multi_region": trail["IsMultiRegionTrail"],
        "global_services": trail["IncludeGlobalServiceEvents"],
        "validation": trail["LogFileValidationEnabled"],
        "logging": trails.get_trail_status(Name=arn)["IsLogging"],
        "basic": selectors.get("EventSelectors", []),
        "advanced": selectors.get("AdvancedEventSelectors", []),
        "tags": {tag["Key"]: tag["Value"] for tag in tags},
    }


def main():
    found = {}
    for account in ACCOUNTS:
        for region in ("us-east-1", "eu-west-1"):
            trails = client(account, region)
            for trail in trails.describe_trails(includeShadowTrails=False)["trailList"]:
                found[trail["TrailARN"]] = seen(trails, trail)
    print(json.dumps(found))


main()
