"""Puts log files into a ministack that ministack_organization.py has set up: two trails of one account that deliver to one
folder, and the files that it is told.

usage: ministack_log_events.py ENDPOINT FILES

FILES is JSON: objects with a key, and a body in base64; one with `"denied": true` may not be read by the role.
"""

import base64
import json
import sys

import botocore.session

ENDPOINT = sys.argv[1]
SESSION = botocore.session.Session()
BUCKET = "log-archive"
MEMBER, ARCHIVE = "222222222222", "333333333333"


def client(service, key, region="eu-west-1"):
    """A client; a 12-digit key is the root of that account, with any secret."""
    return SESSION.create_client(
        service,
        region_name=region,
        endpoint_url=ENDPOINT,
        aws_access_key_id=key,
        aws_secret_access_key="root",
    )


def main():
    bucket = client("s3", ARCHIVE)
    bucket.create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    for name in ("main", "second"):
        client("cloudtrail", MEMBER).create_trail(
            Name=name, S3BucketName=BUCKET, S3KeyPrefix="org", IsMultiRegionTrail=True
        )
    with open(sys.argv[2]) as file:
        files = json.load(file)
    for put in files:
        body = base64.b64decode(put["body"])
        bucket.put_object(Bucket=BUCKET, Key=put["key"], Body=body)
    denied = [f"arn:aws:s3:::{BUCKET}/{put['key']}" for put in files if put["denied"]]
    if denied:
        statement = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": denied}
        client("iam", ARCHIVE).put_role_policy(
            RoleName="Trailplane",
            PolicyName="Denied",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        )


main()
