"""What the chart renders, started: the real program with the configuration, volumes and variables of its pod, over the
simulated AWS; then the chart's own probes and tests against it, a change of policies, and its end.

Not a cluster: addresses are of loopback, on ports that the system chooses, and paths lead to folders of this machine.
Instead of grpc-health-probe, which no registry of packages has, grpcurl asks for health.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from . import pod
from .engine import Engine, Rendered
from .program import environment

HERE = Path(__file__).resolve().parent
READER = "spiffe://example.org/ns/audit/sa/reader"
ANY_PORT = {"TRAILPLANE_GRPC__LISTEN": "127.0.0.1:0", "TRAILPLANE_ADMIN__LISTEN": "127.0.0.1:0"}
NOBODY = "forbid (principal, action, resource);"


def works(engine: Engine, binary: Path, grpcurl: Path, work: Path) -> list[str]:
    """What does not work of the release that installed-values.yaml makes."""
    for tool in (binary, grpcurl):
        if not tool.is_file():
            return [f"{tool} is not there"]
    work.mkdir()
    one = engine.render(yaml.safe_load((HERE / "installed-values.yaml").read_text()))
    release = Release(one, binary.resolve(), grpcurl.resolve(), work)
    try:
        return release.check()
    except (TimeoutError, subprocess.TimeoutExpired) as error:
        return [str(error)]
    finally:
        release.kill()


class Release:
    """The server's pod of one rendering, and the simulated AWS that it calls."""

    def __init__(self, one: Rendered, binary: Path, grpcurl: Path, work: Path) -> None:
        self.one, self.binary, self.grpcurl, self.work = one, binary, grpcurl, work
        self.spec = one.server()["spec"]["template"]["spec"]
        self.container = self.spec["containers"][0]
        self.sources = {m["metadata"]["name"]: m["data"] for m in one.of_kind("ConfigMap")} | secrets(work)
        self.volumes = pod.Volumes(work / "server", self.sources)
        self.running: list[pod.Process] = []
        self.addresses: dict[str, str] = {}

    def kill(self) -> None:
        """Ends whatever still runs."""
        for process in self.running:
            process.kill()

    def check(self) -> list[str]:
        """Everything in the order of a pod's life; stops where the rest would tell nothing new."""
        server = self.start()
        self.ready(server)
        if problems := self.tests():
            return problems
        self.policies()
        return self.ends(server) + self.audit()

    def start(self) -> pod.Process:
        """Starts both, and learns where they listen."""
        aws = self.spawn("aws", [str(self.binary), "sandbox", "--listen", "127.0.0.1:0"], {})
        variables = {
            "AWS_ENDPOINT_URL": aws.find(r"AWS_ENDPOINT_URL=(\S+)"),
            "AWS_ACCESS_KEY_ID": aws.find(r"AWS_ACCESS_KEY_ID=(\S+)"),
            "AWS_SECRET_ACCESS_KEY": aws.find(r"AWS_SECRET_ACCESS_KEY=(\S+)"),
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        self.volumes.mount(self.spec, self.container)
        for folder in self.volumes.paths.values():
            self.localize(folder)
        arguments = [self.volumes.here(argument) for argument in self.container["args"]]
        own = {name: self.volumes.here(text) for name, text in environment(self.container).items()}
        server = self.spawn("server", [str(self.binary), *arguments], variables | own | ANY_PORT)
        self.addresses = {name: server.find(rf'"{name}":"([0-9.:]+)"') for name in ("grpc", "admin")}
        return server

    def localize(self, folder: Path) -> None:
        """Paths in a file of the configuration lead to this machine's folders."""
        for file in folder.glob("*.yaml"):
            file.write_text(self.volumes.here(file.read_text()))

    def spawn(self, name: str, command: list[str], variables: dict[str, str]) -> pod.Process:
        """Starts a process with these variables and no others."""
        process = pod.Process(command, variables, self.work / f"{name}.log")
        self.running.append(process)
        return process

    def ready(self, server: pod.Process) -> None:
        """Waits until the probes succeed."""
        for kind in ("startupProbe", "livenessProbe", "readinessProbe"):
            self.answers(kind, 200, server)

    def answers(self, kind: str, status: int, server: pod.Process) -> None:
        """Waits until one of the probes gets this status."""
        action = self.container[kind]["httpGet"]
        pod.until(lambda: pod.probe(action, self.addresses) == status, f"{status} for the {kind}", server)

    def tests(self) -> list[str]:
        """Whether the pods of `helm test` end well, having been told what they ask for."""
        expected: dict[str, Callable[[Any], bool]] = {
            "health": lambda answer: answer == {"status": "SERVING"},
            "read": lambda answer: len(answer["accounts"]) == 1,
        }
        problems = []
        for found in self.one.of_kind("Pod"):
            name = found["spec"]["containers"][0]["name"]
            done = self.call(found)
            if done.returncode != 0 or not expected.pop(name)(json.loads(done.stdout)):
                problems.append(f"test {name}: {done.stdout}{done.stderr}")
        return problems + [f"there is no test {name}" for name in expected if not problems]

    def call(self, found: dict[str, Any]) -> subprocess.CompletedProcess[str]:
        """Runs a test's container, with the server's address on loopback and its name in the certificate."""
        container = found["spec"]["containers"][0]
        volumes = pod.Volumes(self.work / f"{found['metadata']['name']}-{time.monotonic_ns()}", self.sources)
        volumes.mount(found["spec"], container)
        arguments = [volumes.here(argument) for argument in container["args"]]
        if container["name"] == "health":
            arguments = as_grpcurl(arguments)
        service = next(argument for argument in arguments if argument.endswith(".svc:50051"))
        arguments[arguments.index(service)] = self.addresses["grpc"]
        return pod.run([str(self.grpcurl), f"-servername={service.split(':')[0]}", *arguments])

    def policies(self) -> None:
        """Waits until other policies are in use, without a restart."""
        read = next(found for found in self.one.of_kind("Pod") if found["metadata"]["name"].endswith("read"))
        pod.write(self.volumes.folders["policies"], {"reader.cedar": NOBODY})
        pod.until(lambda: "PermissionDenied" in self.call(read).stderr, "refusal by the new policies")

    def ends(self, server: pod.Process) -> list[str]:
        """Whether it ends by itself before the kubelet would kill it, having been unready first."""
        problems = []
        grace = self.spec["terminationGracePeriodSeconds"]
        started = time.monotonic()
        server.child.terminate()
        self.answers("readinessProbe", 503, server)
        if (code := server.child.wait(grace)) != 0:
            problems.append(f"ended with {code}: {server.tail()}")
        if (took := time.monotonic() - started) > grace:
            problems.append(f"took {took:.0f} s to end, and {grace} s are allowed")
        return problems

    def audit(self) -> list[str]:
        """Whether the records on the volume verify by the key, and have an end."""
        records = self.volumes.folders["audit"] / "audit.jsonl"
        key = self.volumes.folders["audit-key"] / "audit.key"
        done = pod.run([str(self.binary), "audit", "verify", str(records), "--key-file", str(key), "--ended"])
        return [] if done.returncode == 0 else [f"audit verify: {done.stdout}{done.stderr}"]


def as_grpcurl(arguments: list[str]) -> list[str]:
    """The arguments of grpc-health-probe, in the words of grpcurl."""
    words = {"-tls-ca-cert": "-cacert", "-tls-client-cert": "-cert", "-tls-client-key": "-key"}
    found = dict(argument.split("=", 1) for argument in arguments if "=" in argument)
    kept = [f"{word}={found[flag]}" for flag, word in words.items() if flag in found]
    return [*kept, "-max-time=10", found["-addr"], "grpc.health.v1.Health/Check"]


def secrets(work: Path) -> dict[str, pod.Files]:
    """The Secrets that an operator would have made: keys by chance, certificates by openssl."""
    folder = work / "certificates"
    folder.mkdir()
    openssl(folder, "req -x509 -days 2 -subj /CN=callers -keyout ca.key -out ca.crt")
    issue(folder, "server", "DNS:trailplane.audit.svc")
    issue(folder, "caller", f"URI:{READER}")
    read = {file.name: file.read_text() for file in folder.iterdir()}
    return {
        "trailplane-server": {"tls.crt": read["server.crt"], "tls.key": read["server.key"], "ca.crt": read["ca.crt"]},
        "trailplane-test-caller": {"tls.crt": read["caller.crt"], "tls.key": read["caller.key"]},
        "trailplane-audit": {"audit.key": base64.b64encode(os.urandom(48)).decode()},
    }


def issue(folder: Path, name: str, alternative: str) -> None:
    """A certificate of the CA."""
    (folder / f"{name}.ext").write_text(f"basicConstraints=CA:FALSE\nsubjectAltName={alternative}\n")
    openssl(folder, f"req -subj /CN={name} -keyout {name}.key -out {name}.csr")
    made = f"x509 -req -in {name}.csr -CA ca.crt -CAkey ca.key -CAcreateserial -extfile {name}.ext -out {name}.crt"
    pod.run(["openssl", *made.split()], folder).check_returncode()


def openssl(folder: Path, arguments: str) -> None:
    """A request, or a certificate of itself, with a new key."""
    command, *rest = arguments.split()
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    pod.run(["openssl", command, *key, *rest], folder).check_returncode()
