"""Delivers log files in a ministack that ministack_organization.py has set up, as CloudTrail would: the trails and the
bucket are real, the files are put there with the accounts' own keys.

usage: ministack_log_files.py ENDPOINT

333333333333 keeps the bucket log-archive in eu-west-1. 222222222222 has a trail of all Regions that delivers there under
a prefix, 333333333333 one of us-east-1 alone. Prints each object of the bucket that is a log file, as JSON: its key,
size and trail.
"""

import json
import sys

import botocore.session

ENDPOINT = sys.argv[1]
SESSION = botocore.session.Session()
BUCKET = "log-archive"
MEMBER, ARCHIVE = "222222222222", "333333333333"
TRAILS = [
    (MEMBER, "eu-west-1", "main", "org", ["eu-west-1", "us-east-1"]),
    (ARCHIVE, "us-east-1", "own", "", ["us-east-1"]),
]
DELIVERED = [
    ("2026/11/20", "20261120T2355Z", "Aa0000000000000a"),
    ("2026/11/21", "20261121T0000Z", "Aa0000000000000b"),
    # In the folder of the day after: late by the minute.
    ("2026/11/22", "20261121T2359Z", "Aa0000000000000c"),
    ("2026/11/22", "20261122T0005Z", "Aa0000000000000e"),
    ("2026/11/22", "20261122T0005Z", "Aa0000000000000d"),
    ("2026/11/22", "20261122T1200Z", "Aa0000000000000f"),
    ("2026/11/23", "20261123T0030Z", "Aa0000000000000g"),
    ("2026/11/24", "20261124T0030Z", "Aa0000000000000h"),
]
DIGESTS = ["20261121T235500Z", "20261122T005500Z", "20261122T015500Z"]


def client(service, key, region):
    """A client; a 12-digit key is the root of that account, with any secret."""
    return SESSION.create_client(
        service,
        region_name=region,
        endpoint_url=ENDPOINT,
        aws_access_key_id=key,
        aws_secret_access_key="root",
    )


def delivered(account, home, name, prefix, regions):
    """Each file that this trail delivers, by its key."""
    root = f"{prefix}/AWSLogs" if prefix else "AWSLogs"
    for region in regions:
        for day, minute, unique in DELIVERED:
            file = f"{account}_CloudTrail_{region}_{minute}_{unique}.json.gz"
            yield f"{root}/{account}/CloudTrail/{region}/{day}/{file}"
        for second in DIGESTS:
            day = f"{second[:4]}/{second[4:6]}/{second[6:8]}"
            file = f"{account}_CloudTrail-Digest_{region}_{name}_{home}_{second}.json.gz"
            yield f"{root}/{account}/CloudTrail-Digest/{region}/{day}/{file}"


def main():
    bucket = client("s3", ARCHIVE, "eu-west-1")
    bucket.create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    files = []
    for account, home, name, prefix, regions in TRAILS:
        made = client("cloudtrail", account, home).create_trail(
            Name=name,
            S3BucketName=BUCKET,
            S3KeyPrefix=prefix,
            IsMultiRegionTrail=len(regions) > 1,
            EnableLogFileValidation=True,
        )
        for key in delivered(account, home, name, prefix, regions):
            body = b"x" * (1 + len(files))
            bucket.put_object(Bucket=BUCKET, Key=key, Body=body)
            files.append({"key": key, "size": len(body), "trail": made["TrailARN"]})
    # What others put there is no log file.
    folder = f"org/AWSLogs/{MEMBER}/CloudTrail/eu-west-1/2026/11/22/"
    for name in ("notes.txt", f"{ARCHIVE}_CloudTrail_eu-west-1_20261122T0005Z_Aa0000000000000x.json.gz"):
        bucket.put_object(Bucket=BUCKET, Key=folder + name, Body=b"x")
    print(json.dumps(files))


main()
