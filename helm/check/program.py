"""Rendered configurations, given to the real program: what the chart writes, Trailplane reads."""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import yaml

from .engine import Rendered

# What a Secret of each kind might hold. The program parses these too.
SAMPLE_SECRETS = {
    "TRAILPLANE_CURSOR__KEYS": ",".join(["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="] * 2),
    "TRAILPLANE_AWS__EXTERNAL_ID": "an-external-id",
    "TRAILPLANE_FLEET__ACCOUNTS": "[{id: '111122223333', external_id: another}]",
    "TRAILPLANE_BUDGET__REDIS__PASSWORD": "a password: with {everything}",
    "TRAILPLANE_BUDGET__REDIS__SENTINEL_PASSWORD": "another",
}
SAMPLE_FIELDS = {"metadata.name": "trailplane-5d4f8c7b9-x2x2x"}
SECONDS = 30


def accepts_all(binary: Path, rendered: dict[str, Rendered]) -> list[str]:
    """What the program has against any rendering."""
    if not binary.is_file():
        return [f"{binary} is not there: build it (cargo build), or set TRAILPLANE_BIN"]
    problems = []
    for name, one in rendered.items():
        problems += [f"{name}: {problem}" for problem in accepts(binary, one)]
    return problems


def accepts(binary: Path, one: Rendered) -> list[str]:
    """What the program has against the configuration, the environment and the policies of one rendering."""
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        container = one.server()["spec"]["template"]["spec"]["containers"][0]
        data = next(found["data"] for found in one.of_kind("ConfigMap") if "trailplane.yaml" in found["data"])
        (folder / "trailplane.yaml").write_text(data["trailplane.yaml"])
        try:
            variables = environment(container)
        except KeyError as missing:
            return [f"no sample for {missing}: see program.py"]
        problems = run(binary, ["check-config", "--config", "trailplane.yaml"], folder, variables)
        problems += policies(binary, one, folder)
    config = yaml.safe_load(data["trailplane.yaml"])
    return problems + bounds(config, one.server()["spec"], how_many(one))


def policies(binary: Path, one: Rendered, folder: Path) -> list[str]:
    """What the program has against policies that are values."""
    found = [m["data"] for m in one.of_kind("ConfigMap") if any(name.endswith(".cedar") for name in m["data"])]
    if not found:
        return []
    directory = folder / "policies"
    directory.mkdir()
    for name, text in found[0].items():
        (directory / name).write_text(text)
    return run(binary, ["policy", "check", "--directory", str(directory)], folder, {})


def run(binary: Path, arguments: list[str], folder: Path, variables: dict[str, str]) -> list[str]:
    """The program with exactly these variables: those of this process might be keys too."""
    done = subprocess.run(
        [binary.resolve(), *arguments],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode == 0:
        return []
    return [f"{arguments[0]}: {line}" for line in (done.stderr or f"exit code {done.returncode}").splitlines()]


def environment(container: dict[str, Any]) -> dict[str, str]:
    """The container's variables as the kubelet would set them, with samples for what is in Secrets."""
    variables: dict[str, str] = {}
    for entry in container.get("env", []):
        source = entry.get("valueFrom", {})
        if "secretKeyRef" in source:
            variables[entry["name"]] = SAMPLE_SECRETS[entry["name"]]
        elif "fieldRef" in source:
            variables[entry["name"]] = SAMPLE_FIELDS[source["fieldRef"]["fieldPath"]]
        else:
            variables[entry["name"]] = re.sub(r"\$\((\w+)\)", lambda m: variables.get(m[1], m[0]), entry["value"])
    return variables


def bounds(config: dict[str, Any], deployment: dict[str, Any], pods: range) -> list[str]:
    """How many pods there should be, against how many the quotas are shared among; and how they are replaced."""
    budget, strategy = config["budget"], deployment["strategy"]
    if budget["store"] == "embedded":
        alone = deployment["replicas"] == 1 and strategy["type"] == "Recreate"
        return [] if alone else ["two processes could each spend the whole quota"]
    problems = []
    if budget["replicas"] not in pods:
        problems.append(f"budget.replicas is {budget['replicas']}, and there should be {pods.start} to {pods[-1]} pods")
    if strategy.get("rollingUpdate", {}).get("maxSurge", 0) != 0:
        problems.append("an update starts a pod before the one that it replaces has ended")
    return problems


def how_many(one: Rendered) -> range:
    """How many pods there may be, by the Deployment or by what scales it."""
    for scaler in one.of_kind("HorizontalPodAutoscaler"):
        return range(scaler["spec"]["minReplicas"], scaler["spec"]["maxReplicas"] + 1)
    replicas = one.server()["spec"]["replicas"]
    return range(replicas, replicas + 1)
