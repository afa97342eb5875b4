"""Roles, their sessions, and who is who."""

from datetime import datetime, timedelta, timezone

from server import assume, client, of, role_arn, succeeded


def probes():
    def credentials():
        answer = assume()
        keys = answer["Credentials"]
        left = keys["Expiration"] - datetime.now(timezone.utc)
        good = timedelta(seconds=880) < left <= timedelta(seconds=905)
        return f"{keys['AccessKeyId'][:4]}, expires {'as asked' if good else left}, {sorted(answer['AssumedRoleUser'])}"

    def user():
        return assume()["AssumedRoleUser"]["Arn"]

    def identity():
        answer = of("sts").get_caller_identity()
        return f"{answer['Account']} {answer['Arn']}"

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
