"""GetTrail, DescribeTrails and ListTrails: which trails an account sees where, and by which names."""

from server import ABROAD, HOME, Accounts, shown, succeeded
from trails import all_alone, arn, described, got, new_name, some, trails

UNKNOWN = "no-such-trail"
# An ARN, but not of a trail.
OTHER_ARN = "arn:aws:s3:::contract"


def probes():
    def fields(call):
        """The fields of a trail, other than the unused SnsTopicName."""

        def probe():
            made = arn(IsMultiRegionTrail=True, S3KeyPrefix="logs", EnableLogFileValidation=True)
            return shown(sorted(field for field in call(made) if field != "RecursiveLogging"))

        return probe

    def get(name=lambda name, made: made, region=HOME, **settings):
        """What GetTrail finds, by name or ARN."""

        def probe():
            called = new_name()
            made = arn(name=called, **settings)
            found = got(name(called, made), region=region)
            return shown(some(found, "TrailARN", "IsMultiRegionTrail"))

        return probe

    by_name = lambda name, made: name

    def homes(account=None, region=HOME, **arguments):
        found = described(account, region, **arguments)
        return shown(sorted(f"{t['TrailARN'].split(':')[3]} of {t['TrailARN'].split(':')[4]}" for t in found))

    def three_trails():
        """A multi-Region trail at home, a single-Region trail at home, and one abroad."""
        return (
            arn(IsMultiRegionTrail=True),
            arn(),
            arn(region=ABROAD),
        )

    def describe(region=HOME, **arguments):
        def probe():
            three_trails()
            return homes(region=region, **arguments)

        return probe

    def describe_some(pick, region=HOME):
        def probe():
            made = three_trails()
            return homes(region=region, trailNameList=pick(made))

        return probe

    def name_of(made):
        return made.split("/")[1]

    def listed(region=HOME):
        def probe():
            three_trails()
            found = trails(region=region).list_trails()["Trails"]
            return shown(sorted(trail["HomeRegion"] for trail in found))

        return probe

    def list_fields():
        arn()
        return shown(sorted(trails().list_trails()["Trails"][0]))

    def same_name_in_two_accounts():
        name = new_name()
        arn(name=name, S3KeyPrefix="mine")
        arn(name=name, account=Accounts.other, S3KeyPrefix="theirs")
        mine, theirs = got(name), got(name, Accounts.other)
        seen = [homes(), homes(Accounts.other)]
        return f"{mine['S3KeyPrefix']}, {theirs['S3KeyPrefix']}, {shown(seen)}"

    def same_name_in_two_regions():
        name = new_name()
        arn(name=name, S3KeyPrefix="here")
        arn(name=name, region=ABROAD, S3KeyPrefix="there")
        return f"{got(name)['S3KeyPrefix']}, {got(name, region=ABROAD)['S3KeyPrefix']}"

    def theirs(call):
        """A call on another account's trail, by its ARN."""
        return succeeded(lambda: call(arn(account=Accounts.other)))

    def started_theirs():
        """The same name in both: what is started is one's own."""
        name = new_name()
        arn(name=name)
        arn(name=name, account=Accounts.other)
        trails().start_logging(Name=name)
        states = [
            trails(account).get_trail_status(Name=name)["IsLogging"]
            for account in (Accounts.member, Accounts.other)
        ]
        return shown(states)

    by = {"Name": UNKNOWN}
    by_trail = {"TrailName": UNKNOWN}
    basic = [{"ReadWriteType": "All", "IncludeManagementEvents": True}]
    calls = {
        "GetTrail": lambda name: trails().get_trail(Name=name),
        "GetTrailStatus": lambda name: trails().get_trail_status(Name=name),
        "UpdateTrail": lambda name: trails().update_trail(Name=name, S3KeyPrefix="x"),
        "DeleteTrail": lambda name: trails().delete_trail(Name=name),
        "StartLogging": lambda name: trails().start_logging(Name=name),
        "StopLogging": lambda name: trails().stop_logging(Name=name),
        "GetEventSelectors": lambda name: trails().get_event_selectors(TrailName=name),
        "PutEventSelectors": lambda name: trails().put_event_selectors(
            TrailName=name, EventSelectors=basic
        ),
    }
    unknown = {
        f"{operation}: no such trail": succeeded(lambda call=call: call(UNKNOWN))
        for operation, call in calls.items()
    }
    not_a_trail = {
        f"{operation}: ARN of something else": succeeded(lambda call=call: call(OTHER_ARN))
        for operation, call in calls.items()
    }
    return all_alone(
        {
            "DescribeTrails: fields": lambda: shown(
                sorted(k for k in trails().describe_trails() if k != "ResponseMetadata")
            ),
            "GetTrail: fields": fields(got),
            "DescribeTrails: fields of a trail": fields(lambda _: described()[0]),
            "ListTrails: fields of a trail": list_fields,
            **unknown,
            **not_a_trail,
            "GetTrail: by name": get(by_name),
            "GetTrail: by ARN": get(),
            "GetTrail: by ARN from another Region": get(region=ABROAD),
            "GetTrail: by name from another Region": get(by_name, region=ABROAD),
            "GetTrail: a shadow copy by ARN": get(region=ABROAD, IsMultiRegionTrail=True),
            "DescribeTrails: at home": describe(),
            "DescribeTrails: in another Region": describe(ABROAD),
            "DescribeTrails: at home, no shadows": describe(includeShadowTrails=False),
            "DescribeTrails: in another Region, no shadows": describe(
                ABROAD, includeShadowTrails=False
            ),
            "DescribeTrails: by name": describe_some(lambda made: [name_of(made[1])]),
            "DescribeTrails: by a name of another Region": describe_some(
                lambda made: [name_of(made[2])]
            ),
            "DescribeTrails: by ARN from another Region": describe_some(
                lambda made: [made[1]], ABROAD
            ),
            "DescribeTrails: by a name that there is not": describe_some(lambda _: [UNKNOWN]),
            "DescribeTrails: by a bad name": succeeded(
                lambda: described(trailNameList=["my--trail"])
            ),
            "ListTrails": listed(),
            "ListTrails: in another Region": listed(ABROAD),
            "The same name in two accounts": same_name_in_two_accounts,
            "The same name in two Regions": same_name_in_two_regions,
            "GetTrail: another account's": theirs(lambda made: got(made)),
            "StartLogging: another account's": theirs(
                lambda made: trails().start_logging(Name=made)
            ),
            "StartLogging: a name that another account has too": started_theirs,
        }
    )
