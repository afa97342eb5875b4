"""Trails for the probes: each probe begins without any, and with names that no probe had before."""

import itertools

from server import ABROAD, HOME, Accounts, of

_numbers = itertools.count()


def trails(account=None, region=HOME):
    """CloudTrail in an account and Region."""
    return of("cloudtrail", account, region)


def new_name():
    return f"probe-{next(_numbers)}"


def bucket(account=None):
    return f"contract-{account or Accounts.member}"


def create(name=None, account=None, region=HOME, **more):
    """Creates a trail; what CreateTrail answers."""
    arguments = {"Name": name or new_name(), "S3BucketName": bucket(account), **more}
    return trails(account, region).create_trail(**arguments)


def arn(**more):
    """Creates a trail; its ARN."""
    return create(**more)["TrailARN"]


def got(name, account=None, region=HOME):
    """The trail, as GetTrail shows it."""
    return trails(account, region).get_trail(Name=name)["Trail"]


def some(answer, *fields):
    """Only these fields of an answer, those that it has."""
    return {field: answer[field] for field in fields if field in answer}


def described(account=None, region=HOME, **arguments):
    """DescribeTrails."""
    return trails(account, region).describe_trails(**arguments)["trailList"]


def clear():
    """Deletes every trail that a probe may have left."""
    for account in (Accounts.management, Accounts.member, Accounts.other):
        for region in (HOME, ABROAD):
            # Not includeShadowTrails: shown is what can be deleted here, by its name.
            for trail in described(account, region, includeShadowTrails=False):
                if trail.get("HomeRegion", region) == region:
                    trails(account, region).delete_trail(Name=trail["Name"])


def alone(probe):
    """The probe, with no trail there when it begins."""

    def run():
        clear()
        return probe()

    return run


def all_alone(probes):
    return {name: alone(probe) for name, probe in probes.items()}
