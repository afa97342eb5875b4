"""Reads event histories with boto3's paginator, and notes the ids of the events.

pages.py JOB pool     every account and Region of the job, a thread each, at most 64
pages.py JOB sliced   the same, and each window cut into SLICES that are read side by side
pages.py JOB here     the Region of the environment, with the credentials of the environment
"""

import concurrent.futures
import json
import os
import sys
import threading

import boto3

SLICES = 8
MOST_THREADS = 64


def main() -> int:
    with open(sys.argv[1], encoding="utf-8") as file:
        job = json.load(file)
    if sys.argv[2] == "here":
        name = f"{os.environ['AWS_ACCOUNT_ID']}-{os.environ['AWS_REGION']}"
        read(boto3.Session(), job, name, job["start"], job["end"])
        return 0
    return pool(job, SLICES if sys.argv[2] == "sliced" else 1)


def pool(job: dict, slices: int) -> int:
    """Reads everything, and goes on where one account or Region fails; returns the exit code."""
    windows = list(cut(job["start"], job["end"], slices))
    work = len(job["accounts"]) * len(job["regions"]) * len(windows)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(min(work, MOST_THREADS)) as threads:
        keys = threads.map(lambda account: assume(job, account), job["accounts"])
        reads = [
            threads.submit(one, job, (account, region), key, start, end)
            for account, key in zip(job["accounts"], keys)
            for region in job["regions"]
            for start, end in windows
        ]
        for done in concurrent.futures.as_completed(reads):
            if done.exception():
                failed += 1
                print(done.exception(), file=sys.stderr)
    return 1 if failed else 0


def cut(start: int, end: int, parts: int):
    """The window in so many parts, both ends of each inclusive."""
    edges = [start + (end + 1 - start) * i // parts for i in range(parts + 1)]
    return ((a, b - 1) for a, b in zip(edges, edges[1:]))


# boto3's default session is not made for several threads.
_hub = threading.local()


def assume(job: dict, account: str) -> dict:
    if not hasattr(_hub, "sts"):
        _hub.sts = boto3.Session().client("sts")
    answer = _hub.sts.assume_role(
        RoleArn=f"arn:aws:iam::{account}:role/{job['role']}",
        RoleSessionName="pages",
        ExternalId=job["external_id"],
    )
    return answer["Credentials"]


def session(key: dict, region: str) -> boto3.Session:
    return boto3.Session(
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        aws_session_token=key["SessionToken"],
        region_name=region,
    )


def one(job: dict, cell: tuple[str, str], key: dict, start: int, end: int) -> None:
    account, region = cell
    read(session(key, region), job, f"{account}-{region}-{start}", start, end)


def read(at: boto3.Session, job: dict, name: str, start: int, end: int) -> None:
    pages = at.client("cloudtrail").get_paginator("lookup_events").paginate(StartTime=start, EndTime=end)
    with open(os.path.join(job["out"], f"{name}.ids"), "w", encoding="ascii") as ids:
        for page in pages:
            ids.writelines(event["EventId"] + "\n" for event in page["Events"])


if __name__ == "__main__":
    sys.exit(main())
