"""Asks one server what Trailplane relies on, and prints each outcome as one short text.

usage: contract.py ENDPOINT sandbox|ministack|moto

What is printed is normalized: no ids, times or counts that differ by the set-up. A server that lacks a whole service
prints nothing for it. The comparison, with what is known to differ, is in tests/contract.rs.
"""

import json
import sys
from datetime import datetime, timedelta, timezone

import botocore.exceptions
import botocore.session
from botocore.config import Config

import contract_prerequisites as prerequisites

ENDPOINT, KIND = sys.argv[1], sys.argv[2]
SESSION = botocore.session.Session()
# One attempt, and what the model forbids goes out all the same: the server's answer is what is asked for.
CONFIG = Config(parameter_validation=False, retries={"mode": "standard", "total_max_attempts": 1})

# The key of the caller, a member account, and the role in it.
CALLER, MEMBER, ROLE = {
    "sandbox": ("AKIATRAILPLANEHUB000", "100000000010", "TrailplaneReader"),
    "ministack": ("111111111111", "222222222222", "Trailplane"),
    "moto": ("AKIDEXAMPLE", "222222222222", "Trailplane"),
}[KIND]
EXTERNAL_ID = "trailplane-sandbox"


def client(service, key=CALLER, secret="any-secret", token=None, region="us-east-1"):
    return SESSION.create_client(
        service,
        region_name=region,
        endpoint_url=ENDPOINT,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=CONFIG,
    )


def outcome(call):
    """What the call returned, or how it failed: the error's code, as the SDKs see it."""
    try:
        return call()
    except botocore.exceptions.ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return f"{error.response['Error']['Code']} ({status})"


def role_arn(name=ROLE):
    return f"arn:aws:iam::{MEMBER}:role/{name}"


def assume(arn=None, external_id=EXTERNAL_ID, duration=900):
    arguments = {"ExternalId": external_id} if external_id else {}
    return client("sts").assume_role(
        RoleArn=arn or role_arn(), RoleSessionName="contract", DurationSeconds=duration, **arguments
    )


def member(service, **more):
    keys = assume()["Credentials"]
    return client(
        service, keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], **more
    )


def sts():
    def credentials():
        answer = assume()
        keys = answer["Credentials"]
        left = keys["Expiration"] - datetime.now(timezone.utc)
        good = timedelta(seconds=880) < left <= timedelta(seconds=905)
        return f"{keys['AccessKeyId'][:4]}, expires {'as asked' if good else left}, {sorted(answer['AssumedRoleUser'])}"

    def user():
        return assume()["AssumedRoleUser"]["Arn"].replace(MEMBER, "MEMBER").replace(ROLE, "ROLE")

    def identity():
        answer = member("sts").get_caller_identity()
        arn = answer["Arn"].replace(MEMBER, "MEMBER").replace(ROLE, "ROLE")
        return f"{answer['Account'].replace(MEMBER, 'MEMBER')} {arn}"

    def succeeded(call):
        return lambda: "succeeds" if call() else "nothing"

    def with_wrong_token():
        keys = assume()["Credentials"]
        forged = client("sts", keys["AccessKeyId"], keys["SecretAccessKey"], "forged")
        return forged.get_caller_identity()

    return {
        "AssumeRole: credentials": credentials,
        "AssumeRole: assumed role user": user,
        "GetCallerIdentity in the session": identity,
        "GetCallerIdentity with a forged token": succeeded(with_wrong_token),
        "AssumeRole: no such role": succeeded(lambda: assume(role_arn("NoSuchRole"))),
        "AssumeRole: wrong external id": succeeded(lambda: assume(external_id="wrong-one")),
        "AssumeRole: no external id": succeeded(lambda: assume(external_id=None)),
        "AssumeRole: malformed ARN": succeeded(lambda: assume("this-is-not-an-arn-at-all")),
        "AssumeRole: 899 seconds": succeeded(lambda: assume(duration=899)),
        "AssumeRole: 3601 seconds for a role with an hour": succeeded(lambda: assume(duration=3601)),
    }


def events():
    def lookup(**arguments):
        return member("cloudtrail").lookup_events(**arguments)

    def fields():
        event = lookup(MaxResults=1)["Events"][0]
        wanted = ["CloudTrailEvent", "EventId", "EventName", "EventSource", "EventTime", "ReadOnly"]
        missing = [field for field in wanted if field not in event]
        return f"missing: {missing}; read only: {event['ReadOnly'] in ('true', 'false')}"

    def record():
        event = lookup(MaxResults=1)["Events"][0]
        held = json.loads(event["CloudTrailEvent"])
        same = held["eventID"] == event["EventId"] and held["eventName"] == event["EventName"]
        return f"same id and name: {same}; account: {held['recipientAccountId'] == MEMBER}; Region: {held['awsRegion']}"

    def order():
        times = [event["EventTime"] for event in lookup()["Events"]]
        return f"newest first: {times == sorted(times, reverse=True)}, more than one: {len(times) > 1}"

    def pages():
        one = lookup(MaxResults=1)
        more = f"{len(one['Events'])} event, token: {'NextToken' in one}"
        if "NextToken" in one:
            two = lookup(MaxResults=1, NextToken=one["NextToken"])
            more += f", then another: {two['Events'][0]['EventId'] != one['Events'][0]['EventId']}"
        return more

    def by_name():
        name = lookup(MaxResults=1)["Events"][0]["EventName"]
        found = lookup(LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": name}])
        return f"only these: {all(event['EventName'] == name for event in found['Events'])}, some: {bool(found['Events'])}"

    def one_attribute(key):
        return {"AttributeKey": key, "AttributeValue": "x"}

    def count(**arguments):
        return lambda: "succeeds" if "Events" in lookup(**arguments) else "nothing"

    now = datetime.now(timezone.utc)
    return {
        "LookupEvents: fields": fields,
        "LookupEvents: record": record,
        "LookupEvents: order": order,
        "LookupEvents: pages": pages,
        "LookupEvents: by name": by_name,
        "LookupEvents: nothing found": lambda: str(
            lookup(LookupAttributes=[one_attribute("EventName")])["Events"]
        ),
        "LookupEvents: MaxResults 51": count(MaxResults=51),
        "LookupEvents: MaxResults 0": count(MaxResults=0),
        "LookupEvents: two attributes": count(
            LookupAttributes=[one_attribute("EventName"), one_attribute("Username")]
        ),
        "LookupEvents: unknown attribute": count(LookupAttributes=[one_attribute("Color")]),
        "LookupEvents: start after end": count(StartTime=now, EndTime=now - timedelta(hours=1)),
        "LookupEvents: forged token": count(NextToken="forged"),
    }


def trails():
    def describe():
        return sorted(k for k in member("cloudtrail").describe_trails() if k != "ResponseMetadata")

    def unknown():
        return member("cloudtrail").get_trail(Name="no-such-trail")

    return {
        "DescribeTrails: fields": lambda: str(describe()),
        "GetTrail: no such trail": lambda: "succeeds" if unknown() else "nothing",
    }


def organizations():
    api = client("organizations")

    def pages():
        sizes, ids, token = [], [], None
        while True:
            arguments = {"NextToken": token} if token else {}
            page = api.list_accounts(MaxResults=3, **arguments)
            sizes.append(len(page["Accounts"]))
            ids += [account["Id"] for account in page["Accounts"]]
            token = page.get("NextToken")
            if not token:
                break
        return f"at most 3: {max(sizes) <= 3}, several: {len(sizes) > 1}, each once: {len(ids) == len(set(ids))}"

    def fields():
        page = api.list_accounts(MaxResults=1)["Accounts"]
        wanted = ["Arn", "Email", "Id", "JoinedMethod", "JoinedTimestamp", "Name", "State", "Status"]
        return f"missing: {[field for field in wanted if field not in page[0]]}"

    def root():
        found = api.list_roots()["Roots"]
        return f"{len(found)} root, {found[0]['Id'][:2]}, {found[0]['Name']}"

    def whole():
        answer = api.describe_organization()["Organization"]
        return f"{answer['Id'][:2]}, {answer['FeatureSet']}, master: {len(answer['MasterAccountId'])} digits"

    def units():
        found = api.list_organizational_units_for_parent(ParentId=api.list_roots()["Roots"][0]["Id"])
        unit = found["OrganizationalUnits"][0]
        return f"{unit['Id'][:3]}, {sorted(k for k in unit if k in ('Arn', 'Id', 'Name'))}"

    def succeeded(call):
        return lambda: "succeeds" if call() else "nothing"

    return {
        "ListAccounts: pages": pages,
        "ListAccounts: fields": fields,
        "ListAccounts: forged token": succeeded(lambda: api.list_accounts(NextToken="forged")),
        "ListAccounts: 21 a page": succeeded(lambda: api.list_accounts(MaxResults=21)),
        "ListAccounts from a member": succeeded(lambda: member("organizations").list_accounts()),
        "ListRoots": root,
        "ListOrganizationalUnitsForParent": units,
        "DescribeOrganization": whole,
        "DescribeOrganization from a member": lambda: member("organizations").describe_organization()[
            "Organization"
        ]["FeatureSet"],
        "DescribeAccount: unknown": succeeded(lambda: api.describe_account(AccountId="999999999999")),
        "ListTagsForResource: none": lambda: str(
            api.list_tags_for_resource(ResourceId=api.list_accounts()["Accounts"][0]["Id"])["Tags"] is not None
        ),
    }


def account():
    def regions(**arguments):
        return member("account").list_regions(**arguments)

    def fields():
        found = regions()["Regions"]
        first = next(r for r in found if r["RegionName"] == "us-east-1")
        return f"us-east-1: {first['RegionOptStatus']}"

    def pages():
        page = regions(MaxResults=1)
        return f"{len(page['Regions'])} Region, token: {'NextToken' in page}"

    return {"ListRegions: fields": fields, "ListRegions: pages": pages}


def switches():
    return prerequisites.switches(client, member, lambda: MEMBER)


def features():
    return prerequisites.features(client)


def policies():
    return prerequisites.policies(client)


def seed_ministack():
    prerequisites.seed(client)
    iam = client("iam", MEMBER)
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{CALLER}:root"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}},
    }
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    policy = lambda statement: json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=policy(trust))
    iam.put_role_policy(RoleName=ROLE, PolicyName="all", PolicyDocument=policy(everything))
    buckets = client("s3", MEMBER)
    for number in range(5):
        buckets.create_bucket(Bucket=f"contract-{number}")


def seed_moto():
    prerequisites.seed(client)
    api = client("organizations")
    api.create_organization(FeatureSet="ALL")
    api.create_organizational_unit(ParentId=api.list_roots()["Roots"][0]["Id"], Name="Prod")
    for number in range(7):
        made = api.create_account(AccountName=f"account-{number}", Email=f"a{number}@example.com")
    global MEMBER  # moto chooses the ids
    MEMBER = made["CreateAccountStatus"]["AccountId"]


def main():
    seed, parts = {
        "sandbox": (lambda: None, (sts, events, trails, organizations, account, switches, features, policies)),
        "ministack": (seed_ministack, (sts, events, trails, account, policies)),
        "moto": (seed_moto, (sts, trails, organizations, switches, policies)),
    }[KIND]
    seed()
    probes = {name: probe for part in parts for name, probe in part().items()}
    print(json.dumps({name: outcome(probe) for name, probe in probes.items()}, indent=1))


main()
