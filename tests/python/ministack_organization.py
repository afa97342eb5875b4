"""Sets a ministack up as an organization that Trailplane is let into by the documents under docs/.

usage: ministack_organization.py ENDPOINT yes|no [LOG-BUCKET]

The member role is the StackSet template, deployed as a stack in each account, with its write part (yes) or without, and
with what reads the log files of a bucket, if one is named; the hub's policy is the one that docs/iam.md shows. Prints as JSON what the test needs to know: Trailplane's own key, and
which event ids each account's history holds, read with that account's own root key.

The accounts, each one way for it to go:
  222222222222, 333333333333   as documented
  444444444444                 the role's trust policy asks for another external id
  555555555555                 there is no such role
  666666666666                 the role trusts somebody else
  777777777777                 the role lacks the permission
"""

import json
import pathlib
import re
import sys
import time

import botocore.session

ENDPOINT, CHANGE_TRAILS = sys.argv[1], sys.argv[2]
LOG_BUCKET = sys.argv[3] if len(sys.argv) > 3 else ""
HUB = "111111111111"
REGIONS = ["us-east-1", "eu-west-1"]
EXTERNAL_ID = "open-sesame"
HUB_ROLE = f"arn:aws:iam::{HUB}:role/trailplane"
DOCS = pathlib.Path(__file__).parents[2] / "docs"
SESSION = botocore.session.Session()


def client(service, key, secret="root", region=REGIONS[0]):
    """A client; a 12-digit key is the root of that account, with any secret."""
    return SESSION.create_client(
        service,
        region_name=region,
        endpoint_url=ENDPOINT,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
    )


def documented_policy(name):
    """The policy that stands in docs/iam.md under this mark."""
    text = (DOCS / "iam.md").read_text()
    found = re.search(rf"<!-- policy:{name} -->\n```json\n(.*?)```", text, re.DOTALL)
    return json.dumps(json.loads(found.group(1)))


def hub():
    """The hub account: a user as Trailplane's own identity, and the hub role with the documented policy."""
    iam = client("iam", HUB)
    iam.create_user(UserName="pod")
    may_assume = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": HUB_ROLE}
    iam.put_user_policy(
        UserName="pod",
        PolicyName="hub-role",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [may_assume]}),
    )
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{HUB}:user/pod"},
        "Action": "sts:AssumeRole",
    }
    iam.create_role(
        RoleName="trailplane",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )
    iam.put_role_policy(
        RoleName="trailplane", PolicyName="members", PolicyDocument=documented_policy("hub")
    )
    return iam.create_access_key(UserName="pod")["AccessKey"]


def member(account, external_id=EXTERNAL_ID, trusted=HUB_ROLE):
    """Deploys the template in this account."""
    stacks = client("cloudformation", account)
    stacks.create_stack(
        StackName="trailplane-member-role",
        TemplateBody=(DOCS / "member-role.stackset.yaml").read_text(),
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[
            {"ParameterKey": "TrailplaneRoleArn", "ParameterValue": trusted},
            {"ParameterKey": "ExternalId", "ParameterValue": external_id},
            {"ParameterKey": "ChangeTrails", "ParameterValue": CHANGE_TRAILS},
            {"ParameterKey": "LogBucket", "ParameterValue": LOG_BUCKET},
        ],
    )
    until = time.monotonic() + 20
    while True:
        stack = stacks.describe_stacks(StackName="trailplane-member-role")["Stacks"][0]
        if stack["StackStatus"] == "CREATE_COMPLETE":
            break
        if not stack["StackStatus"].endswith("_IN_PROGRESS") or time.monotonic() > until:
            raise SystemExit(f"{account}: {stack['StackStatus']}")
        time.sleep(0.05)
    if CHANGE_TRAILS == "yes":
        may_tag(account)


def may_tag(account):
    """What the template allows on the account's trails, on everything: ministack reads a call's trail from Name and
    TrailName only, and AddTags and RemoveTags have a ResourceId. (AWS knows trails as their resource.)"""
    tagging = {
        "Effect": "Allow",
        "Action": ["cloudtrail:AddTags", "cloudtrail:RemoveTags"],
        "Resource": "*",
    }
    client("iam", account).put_role_policy(
        RoleName="Trailplane",
        PolicyName="tags-in-ministack",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [tagging]}),
    )


def history(account):
    """Makes things happen in this account, and returns the event ids of its history, by Region."""
    ids = {}
    for region in REGIONS:
        buckets = client("s3", account, region=region)
        for number in range(6):
            name = f"history-{account}-{region}-{number}"
            where = {} if region == "us-east-1" else {"LocationConstraint": region}
            extra = {"CreateBucketConfiguration": where} if where else {}
            buckets.create_bucket(Bucket=name, **extra)
            buckets.delete_bucket(Bucket=name)
        trail = client("cloudtrail", account, region=region)
        ids[region] = [e["EventId"] for e in trail.lookup_events(MaxResults=50)["Events"]]
    return ids


def main():
    key = hub()
    member("222222222222")
    member("333333333333")
    member("444444444444", external_id="another-one")
    member("666666666666", trusted="arn:aws:iam::999999999999:role/somebody-else")
    member("777777777777")
    client("iam", "777777777777").delete_role_policy(
        RoleName="Trailplane", PolicyName="trailplane-read"
    )
    print(
        json.dumps(
            {
                "access_key_id": key["AccessKeyId"],
                "secret_access_key": key["SecretAccessKey"],
                "hub_role": HUB_ROLE,
                "external_id": EXTERNAL_ID,
                "regions": REGIONS,
                "histories": {a: history(a) for a in ("222222222222", "333333333333")},
            }
        )
    )


main()
