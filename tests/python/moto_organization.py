"""Sets two organizations up in one moto server.

usage: moto_organization.py ENDPOINT

The first is the default caller's, with more accounts than one page of ListAccounts holds, nested units, tags and a
closed account. The second belongs to account 999999999999, whose role `manager` acts in it. Prints both as JSON, as
they were set up: what Trailplane lists must be the same.
"""

import json
import sys

import botocore.session

ENDPOINT = sys.argv[1]
SECOND = "999999999999"
SESSION = botocore.session.Session()


def client(service, key="AKIDEXAMPLE", secret="any", token=None):
    return SESSION.create_client(
        service,
        region_name="us-east-1",
        endpoint_url=ENDPOINT,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
    )


def organization(api, units, accounts):
    """Creates the units (path to parent path) and the accounts (name to unit path and tags)."""
    master = api.create_organization(FeatureSet="ALL")["Organization"]["MasterAccountId"]
    root = api.list_roots()["Roots"][0]["Id"]
    ids = {"/": root}
    for path, parent in units.items():
        made = api.create_organizational_unit(ParentId=ids[parent], Name=path.rsplit("/", 1)[1])
        ids[path] = made["OrganizationalUnit"]["Id"]
    found = {}
    for name, (path, tags) in accounts.items():
        status = api.create_account(AccountName=name, Email=f"{name}@example.com")
        account = status["CreateAccountStatus"]["AccountId"]
        if path != "/":
            api.move_account(AccountId=account, SourceParentId=root, DestinationParentId=ids[path])
        if tags:
            listed = [{"Key": key, "Value": value} for key, value in tags.items()]
            api.tag_resource(ResourceId=account, Tags=listed)
        found[name] = {"id": account, "path": path, "tags": tags, "state": "ACTIVE"}
    return {"management": master, "root": root, "units": ids, "accounts": found}


def first():
    accounts = {f"plain-{number:02}": ("/", {}) for number in range(23)}
    accounts["ledger"] = ("/Prod/Payments", {"team": "payments", "tier": "1"})
    accounts["cards"] = ("/Prod/Payments", {"team": "payments", "tier": "2"})
    accounts["web"] = ("/Prod", {"team": "web"})
    accounts["lab"] = ("/Lab", {})
    accounts["gone"] = ("/Lab", {})
    units = {"/Prod": "/", "/Prod/Payments": "/Prod", "/Lab": "/"}
    api = client("organizations")
    made = organization(api, units, accounts)
    api.close_account(AccountId=made["accounts"]["gone"]["id"])
    made["accounts"]["gone"]["state"] = "SUSPENDED"
    return made


def second():
    role = f"arn:aws:iam::{SECOND}:role/manager"
    session = client("sts").assume_role(RoleArn=role, RoleSessionName="setup")["Credentials"]
    keys = (session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"])
    made = organization(client("organizations", *keys), {}, {"other-one": ("/", {}), "other-two": ("/", {})})
    made["manager_role"] = role
    return made


print(json.dumps({"first": first(), "second": second()}))
