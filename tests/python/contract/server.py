"""The server that is asked: its accounts, clients in them, and what an answer comes down to."""

import re
import sys

import botocore.exceptions
import botocore.session
from botocore.config import Config

ENDPOINT, KIND = sys.argv[1], sys.argv[2]
SESSION = botocore.session.Session()
# One attempt, and what the model forbids goes out all the same: the server's answer is what is asked for.
CONFIG = Config(parameter_validation=False, retries={"mode": "standard", "total_max_attempts": 1})

ROLE = "TrailplaneReader" if KIND == "sandbox" else "Trailplane"
EXTERNAL_ID = "trailplane-sandbox"
# Two Regions: the home of most trails, and another.
HOME, ABROAD = "us-east-1", "eu-west-1"


class Accounts:
    """The caller's key, the management account (whose key it is), and two members. Seeding may set the members."""

    key, management, member, other = {
        "sandbox": ("AKIATRAILPLANEHUB000", "100000000001", "100000000010", "100000000011"),
        "ministack": ("111111111111", "111111111111", "222222222222", "333333333333"),
        "moto": ("AKIDEXAMPLE", "123456789012", None, None),
    }[KIND]


def client(service, key=None, secret="any-secret", token=None, region=HOME):
    """A client with a key; without one, with the caller's."""
    return SESSION.create_client(
        service,
        region_name=region,
        endpoint_url=ENDPOINT,
        aws_access_key_id=key or Accounts.key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=CONFIG,
    )


def role_arn(name=ROLE, account=None):
    return f"arn:aws:iam::{account or Accounts.member}:role/{name}"


def assume(arn=None, external_id=EXTERNAL_ID, duration=900):
    arguments = {"ExternalId": external_id} if external_id else {}
    return client("sts").assume_role(
        RoleArn=arn or role_arn(), RoleSessionName="contract", DurationSeconds=duration, **arguments
    )


_clients = {}


def of(service, account=None, region=HOME):
    """A client in an account (the first member without one): by the role there, or the caller's own."""
    account = account or Accounts.member
    known = (service, account, region)
    if known not in _clients:
        if account == Accounts.management:
            _clients[known] = client(service, region=region)
        else:
            keys = assume(role_arn(account=account))["Credentials"]
            _clients[known] = client(
                service,
                keys["AccessKeyId"],
                keys["SecretAccessKey"],
                keys["SessionToken"],
                region,
            )
    return _clients[known]


def plain(text):
    """A text without what differs by the set-up: ids of accounts, names that are made up."""
    for name in ("management", "member", "other"):
        text = text.replace(getattr(Accounts, name) or "no account", name.upper())
    return re.sub(r"probe-\d+", "NAME", text.replace(ROLE, "ROLE"))


def outcome(call):
    """What the call returned, or how it failed: the error's code, as the SDKs see it."""
    try:
        answer = call()
    except botocore.exceptions.ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        answer = f"{error.response['Error']['Code']} ({status})"
    except (KeyError, IndexError) as missing:
        answer = f"lacks {missing}"
    return plain(answer)


def succeeded(call):
    """For calls that should fail."""

    def probe():
        call()
        return "succeeds"

    return probe


def each(calls):
    """The outcome of each of these calls; one text if all have the same."""
    said = {label: outcome(succeeded(call)) for label, call in calls.items()}
    if len(set(said.values())) == 1:
        return f"each: {next(iter(said.values()))}"
    return "; ".join(f"{label}: {what}" for label, what in said.items())


def shown(value):
    """A value as a short text, the same for all servers: without the answer's metadata, its keys in order."""
    if isinstance(value, dict):
        pairs = sorted((k, v) for k, v in value.items() if k != "ResponseMetadata")
        return "{" + ", ".join(f"{k}: {shown(v)}" for k, v in pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(shown(item) for item in value) + "]"
    return str(value)
