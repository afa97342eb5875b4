"""One row: a sandbox of its own, the peer over it, and what both say afterwards."""

import contextlib
import dataclasses
import hashlib
import json
import pathlib
import tempfile

import peers
import processes
import settings

US = "Trailplane"


@dataclasses.dataclass
class Row:
    """What one peer did, and what it took."""

    name: str
    cost: processes.Cost
    # Of ours: the client, whose time is the row's.
    client: processes.Cost | None
    found: int
    expected: int
    # A hash of the ids of the events.
    events: str
    calls: int
    throttled: int
    sessions: int
    # How it failed, if it did.
    said: str

    @property
    def complete(self) -> bool:
        ended_well = (self.client or self.cost).code == 0
        return ended_well and self.found == self.expected

    @property
    def wall(self) -> float:
        return (self.client or self.cost).wall

    def per_event(self, cost: processes.Cost) -> float:
        """Microseconds of CPU an event."""
        return cost.cpu * 1e6 / max(self.found, 1)


@dataclasses.dataclass(frozen=True)
class Run:
    """What all rows of one setting have in common."""

    tools: pathlib.Path
    binaries: pathlib.Path
    setting: settings.Setting
    # The last second that is read.
    end: int

    @property
    def trailplane(self) -> pathlib.Path:
        return self.binaries / "trailplane"


@contextlib.contextmanager
def sandbox(run: Run):
    """A sandbox of the setting, with a folder and the job for one row."""
    with tempfile.TemporaryDirectory(prefix="compare-") as folder:
        work = pathlib.Path(folder)
        (work / "out").mkdir()
        scenario = work / "scenario.json"
        scenario.write_text(run.setting.scenario())
        command = [run.trailplane, "sandbox", "--listen", "127.0.0.1:0", "--scenario", scenario]
        with processes.Server(command, {}, work / "sandbox.log") as server:
            address = server.address("listens on")
            job = run.setting.job(str(work / "out"), run.end)
            place = peers.Place(run.tools, run.binaries, work, job)
            peers.prepare(place)
            yield address, place


def peer(run: Run, one: peers.Peer) -> Row:
    """The row of one peer."""
    with sandbox(run) as (address, place):
        call = one.call(place)
        env = {**peers.environment(address, place.work), **one.env, **call.env}
        log = place.work / "peer.log"
        cost = processes.run(call.command, env, log, call.stdin, one.several)
        return row(one.name, cost, None, one, address, place, log)


def us(run: Run) -> Row:
    """Our row: a service that has read nothing yet, and a client that reads its stream."""
    with sandbox(run) as (address, place):
        config = place.work / "trailplane.json"
        config.write_text(run.setting.service())
        env = {
            **peers.environment(address, place.work),
            "TRAILPLANE_GRPC__LISTEN": "127.0.0.1:0",
            "TRAILPLANE_ADMIN__LISTEN": "127.0.0.1:0",
        }
        command = [run.trailplane, "serve", "--config", config]
        with processes.Server(command, env, place.work / "service.log") as service:
            grpc = service.address("grpc")
            processes.ready(service.address("admin"))
            client = [run.binaries / "trailplane-bench", "compare-read", grpc, place.job_file]
            log = place.work / "client.log"
            spent = processes.run(client, {}, log)
            cost = service.end()
        return row(US, cost, spent, peers.Peer(US, None), address, place, log)


def row(name, cost, client, one: peers.Peer, address: str, place: peers.Place, log: pathlib.Path) -> Row:
    """What the sandbox and the output say afterwards."""
    ledger = json.loads(processes.get(address, "/_sandbox/summary"))
    lookups = [bucket for bucket in ledger["buckets"] if bucket["api"] == "LookupEvents"]
    wanted = [json.loads(processes.get(address, path))["count"] for path in settings.expectations(place.job)]
    found = one.found(pathlib.Path(place.job["out"]))
    code = (client or cost).code
    said = log.read_text(errors="replace").strip().splitlines()
    return Row(
        name=name,
        cost=cost,
        client=client,
        found=len(found),
        expected=sum(wanted),
        events=hashlib.sha256(b"\n".join(sorted(found))).hexdigest(),
        calls=sum(bucket["attempts"] for bucket in lookups),
        throttled=sum(bucket["throttles"] for bucket in lookups),
        sessions=ledger["by_api"].get("AssumeRole", 0),
        said=f"exit code {code}: {said[-1] if said else 'no word'}" if code else "",
    )
