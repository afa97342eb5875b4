"""What is read: the simulated organizations, and how much of their history."""

import dataclasses
import json
import urllib.parse

ROLE = "TrailplaneReader"
EXTERNAL_ID = "trailplane-sandbox"
MANAGEMENT = "100000000001"
PAGE = 50
REGIONS = ["us-east-1", "us-west-2", "eu-west-1"]
# Higher than anybody reads: what Trailplane takes at most for an override.
NO_QUOTA = 10_000
# Windows end this long ago, so that nothing in them can still become visible.
SETTLED_SECONDS = 3_600
WINDOW_SECONDS = 3_600


@dataclasses.dataclass(frozen=True)
class Setting:
    """One simulated organization and what is read of it."""

    name: str
    title: str
    accounts: int
    regions: int
    # Pages of 50 events in each account and Region.
    pages: int
    latency: float
    quota: bool = True
    # Rows that only wait may run at the same time, each over a sandbox of its own.
    side_by_side: bool = False

    @property
    def account_ids(self) -> list[str]:
        """The management account is left out: botocove can't read its own."""
        return [str(300_000_000_000 + number) for number in range(1, self.accounts + 1)]

    @property
    def region_names(self) -> list[str]:
        return REGIONS[: self.regions]

    def small(self) -> "Setting":
        return dataclasses.replace(self, accounts=min(self.accounts, 3), pages=max(self.pages // 10, 3))

    def scenario(self) -> str:
        """The sandbox's scenario: JSON is YAML."""
        scenario = {
            "regions": self.region_names,
            "generate_accounts": self.accounts,
            "events": {"per_hour": self.pages * PAGE * 3_600 / WINDOW_SECONDS},
            "faults": [],
        }
        if self.latency > 0:
            effect = {"latency": {"constant": {"ms": self.latency * 1_000}}}
            scenario["faults"].append({"scope": {"apis": ["LookupEvents"]}, "effect": effect})
        if not self.quota:
            scenario["quotas"] = {"per_second": {"LookupEvents": NO_QUOTA}}
        return json.dumps(scenario)

    def service(self) -> str:
        """Trailplane's configuration over it."""
        config = {"aws": {"regions": self.region_names, "role_name": ROLE, "external_id": EXTERNAL_ID}}
        if not self.quota:
            config["quotas"] = {"overrides": [{"api": "LookupEvents", "per_second": NO_QUOTA}]}
        return json.dumps(config)

    def job(self, out: str, end: int) -> dict:
        """What every peer is asked to read."""
        return {
            "accounts": self.account_ids,
            "regions": self.region_names,
            "role": ROLE,
            "external_id": EXTERNAL_ID,
            "start": end - WINDOW_SECONDS + 1,
            "end": end,
            "out": out,
        }


def expectations(job: dict) -> list[str]:
    """The sandbox's paths that tell how many events a right answer has, one an account."""
    query = {"start": job["start"], "end": job["end"]}
    return ["/_sandbox/expect?" + urllib.parse.urlencode({"account": a, **query}) for a in job["accounts"]]


SETTINGS = [
    Setting("busy-4s", "one busy account and Region, 4 s a call", 1, 1, 100, 4.0, side_by_side=True),
    Setting("busy-100ms", "one busy account and Region, 0.1 s a call", 1, 1, 40, 0.1),
    Setting("fan-out", "20 accounts in 3 Regions, 0.15 s a call", 20, 3, 6, 0.15),
    Setting("cpu", "one account and Region, no waiting: no latency, no quota", 1, 1, 1_000, 0.0, quota=False),
]
