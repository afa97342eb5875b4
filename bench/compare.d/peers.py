"""The peers: how each is told to read everything that a job names."""

import dataclasses
import datetime
import json
import os
import pathlib
import re
import typing

import settings

SDK = "bare Rust SDK"
HUB_KEY = "AKIATRAILPLANEHUB000"
HERE = pathlib.Path(__file__).parent / "peers"
# As many processes as c7n-org starts.
PROCESSES = 4 * (os.cpu_count() or 1)
# So that a peer that throttles itself out of its answer is told from one that was not allowed to wait.
PATIENT = {"AWS_MAX_ATTEMPTS": "10"}


@dataclasses.dataclass(frozen=True)
class Place:
    """Where one row runs."""

    tools: pathlib.Path
    binaries: pathlib.Path
    work: pathlib.Path
    job: dict

    @property
    def job_file(self) -> pathlib.Path:
        return self.work / "job.json"

    def bin(self, environment: str) -> pathlib.Path:
        return self.tools / f"compare-{environment}" / "bin"


@dataclasses.dataclass(frozen=True)
class Call:
    """What is run."""

    command: list
    stdin: str = ""
    env: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Peer:
    """One row."""

    name: str
    call: typing.Callable[[Place], Call]
    env: dict = dataclasses.field(default_factory=lambda: PATIENT)
    # How the ids of events stand in its own output, if it is not a list of them.
    ids: bytes = rb"^(.+)$"
    # Whether it starts processes of its own.
    several: bool = False
    # Only where there is one account and Region: with many there is enough to do side by side.
    one_cell: bool = False

    def found(self, out: pathlib.Path) -> set[bytes]:
        """The ids of the events that it read."""
        pattern = re.compile(self.ids, re.MULTILINE)
        return {found for file in out.rglob("*") if file.is_file() for found in pattern.findall(file.read_bytes())}


def environment(address: str, work: pathlib.Path) -> dict:
    """What every peer finds: where AWS is, who we are, and a profile for each account."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(work),
        "LANG": "C.UTF-8",
        "AWS_ENDPOINT_URL": f"http://{address}",
        "AWS_REGION": settings.REGIONS[0],
        "AWS_DEFAULT_REGION": settings.REGIONS[0],
        "AWS_CONFIG_FILE": str(work / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(work / "credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def prepare(place: Place) -> None:
    """Writes the files that the peers read."""
    place.job_file.write_text(json.dumps(place.job))
    key = f"[default]\naws_access_key_id = {HUB_KEY}\naws_secret_access_key = any\n"
    (place.work / "credentials").write_text(key)
    profiles = [
        f"[profile {account}]\nsource_profile = default\n"
        f"role_arn = {role_arn(place.job, account)}\nexternal_id = {place.job['external_id']}\n"
        for account in place.job["accounts"]
    ]
    (place.work / "config").write_text("\n".join(profiles))


def role_arn(job: dict, account: str) -> str:
    return f"arn:aws:iam::{account}:role/{job['role']}"


def pages(mode: str):
    def call(place: Place) -> Call:
        return Call([place.bin("boto3") / "python", HERE / "pages.py", place.job_file, mode])

    return call


def cove(place: Place) -> Call:
    return Call([place.bin("boto3") / "python", HERE / "cove.py", place.job_file])


def each(environment_name: str, script: str):
    """A process for each account and Region, some at a time."""

    def call(place: Place) -> Call:
        job = place.job
        cells = [f"{account} {region}\n" for account in job["accounts"] for region in job["regions"]]
        env = {
            "PEERS_BIN": str(place.bin(environment_name)),
            "START": moment(job["start"]),
            "END": moment(job["end"]),
            "OUT": job["out"],
        }
        command = ["xargs", "--max-lines=1", f"--max-procs={PROCESSES}", HERE / script]
        return Call(command, "".join(cells), env)

    return call


def moment(second: int) -> str:
    return datetime.datetime.fromtimestamp(second, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def c7n_org(place: Place) -> Call:
    accounts = place.work / "accounts.yml"
    listed = [
        {
            "account_id": account,
            "name": account,
            "role": role_arn(place.job, account),
            "external_id": place.job["external_id"],
            "regions": place.job["regions"],
        }
        for account in place.job["accounts"]
    ]
    accounts.write_text(json.dumps({"accounts": listed}))
    script = [place.bin("boto3") / "python", HERE / "pages.py", place.job_file, "here"]
    org = place.bin("c7n") / "c7n-org"
    return Call([org, "run-script", "-c", accounts, "-s", place.work / "c7n-org", *script])


def bare_sdk(place: Place) -> Call:
    return Call([place.binaries / "trailplane-bench", "compare-sdk", place.job_file])


PEERS = [
    Peer(SDK, bare_sdk),
    Peer("boto3, standard retries, as it comes", pages("pool"), {"AWS_RETRY_MODE": "standard"}),
    Peer("boto3, standard retries", pages("pool"), {"AWS_RETRY_MODE": "standard", **PATIENT}),
    Peer("boto3, adaptive retries", pages("pool"), {"AWS_RETRY_MODE": "adaptive", **PATIENT}),
    Peer("boto3, adaptive, window cut in 8", pages("sliced"), {"AWS_RETRY_MODE": "adaptive", **PATIENT}, one_cell=True),
    Peer("botocove", cove),
    Peer("c7n-org run-script, boto3", c7n_org, several=True),
    Peer("AWS CLI, xargs", each("boto3", "cli"), ids=rb'^\s*"EventId": "([^"]+)"', several=True),
    Peer("trailscraper, xargs", each("trailscraper", "trailscraper"), ids=rb'"eventID": ?"([^"]+)"', several=True),
]
