"""Trails of the whole organization: who may make them, and who sees them."""

from server import ABROAD, Accounts, shown, succeeded
from trails import all_alone, arn, create, described, some, trails

WHOLE = {"IsOrganizationTrail": True, "IsMultiRegionTrail": True}


def probes():
    def own(**more):
        """The organization's trail, by the management account."""
        return arn(account=Accounts.management, **{**WHOLE, **more})

    def made():
        answer = create(account=Accounts.management, **WHOLE)
        return shown(some(answer, "IsOrganizationTrail", "IsMultiRegionTrail", "TrailARN"))

    def seen_by_member(region="us-east-1", **arguments):
        def probe():
            own()
            found = described(region=region, **arguments)
            return shown([some(t, "TrailARN", "IsOrganizationTrail", "HomeRegion") for t in found])

        return probe

    def listed_by_member():
        own()
        return shown([t["TrailARN"] for t in trails().list_trails()["Trails"]])

    def by_member(call):
        """A member's call on the organization's trail, by its ARN."""
        return lambda: call(own())

    def status(whole):
        trails(Accounts.management).start_logging(Name=whole)
        return str(trails().get_trail_status(Name=whole)["IsLogging"])

    def converted():
        mine = arn(account=Accounts.management, IsMultiRegionTrail=True)
        admin = trails(Accounts.management)
        flags = [
            admin.update_trail(Name=mine, IsOrganizationTrail=to)["IsOrganizationTrail"]
            for to in (True, False)
        ]
        return f"{shown(flags)}, a member sees: {len(described())}"

    return all_alone(
        {
            "Organization trail: made by the management account": made,
            "Organization trail: made by a member": succeeded(lambda: create(**WHOLE)),
            "Organization trail: shown to a member": seen_by_member(),
            "Organization trail: shown to a member, another Region": seen_by_member(ABROAD),
            "Organization trail: shown to a member, no shadows": seen_by_member(
                includeShadowTrails=False
            ),
            "Organization trail: listed to a member": listed_by_member,
            "Organization trail: its status, by a member": by_member(status),
            "Organization trail: stopped by a member": succeeded(
                by_member(lambda whole: trails().stop_logging(Name=whole))
            ),
            "Organization trail: deleted by a member": succeeded(
                by_member(lambda whole: trails().delete_trail(Name=whole))
            ),
            "Organization trail: converted, and back": converted,
        }
    )
