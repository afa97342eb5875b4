"""Linters of what else is shipped: hadolint for the Dockerfile; for .github the schemas that check-jsonschema carries,
and shellcheck for the scripts in workflows."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

BIN = Path(sys.executable).parent
SECONDS = 60


def dockerfile(path: Path) -> list[str]:
    """What hadolint has against it."""
    return run([BIN / "hadolint", "--no-color", path])


def workflows(folder: Path) -> list[str]:
    """What the schemas have against the files of .github, and shellcheck against the scripts in workflows."""
    found = sorted(folder.glob("workflows/*.yml"))
    if not found:
        return ["there are no workflows"]
    templates = folder / "ISSUE_TEMPLATE"
    forms = [form for form in sorted(templates.glob("*.yml")) if form.name != "config.yml"]
    problems = schema("vendor.github-workflows", found)
    problems += schema("custom.github-workflows-require-timeout", found)
    problems += schema("vendor.dependabot", [folder / "dependabot.yml"])
    problems += schema("vendor.github-issue-forms", forms)
    problems += schema("vendor.github-issue-config", [templates / "config.yml"])
    for file in found:
        workflow = yaml.safe_load(file.read_text())
        problems += [f"{file.name}: {problem}" for problem in permissions(workflow) + scripts(workflow)]
    return problems


def permissions(workflow: dict[str, Any]) -> list[str]:
    """Whether a workflow may nothing unless a job says so."""
    return [] if workflow.get("permissions") == {} else ["permissions: not {}; let each job have what it needs"]


def scripts(workflow: dict[str, Any]) -> list[str]:
    """What shellcheck has against the scripts of the steps, and expressions in them: text from outside would be run."""
    problems = []
    for job, step in ((j, s) for j, body in workflow["jobs"].items() for s in body.get("steps", [])):
        script = step.get("run")
        if script is None:
            continue
        label = f"{job}: {step.get('name', 'a step')}"
        if re.search(r"\$\{\{", script):
            problems.append(f"{label}: an expression in a script; hand it over by env")
        command = ["shellcheck", "--shell=bash", "--format=gcc", "-"]
        problems += [f"{label}: {line}" for line in run(command, "set -euo pipefail\n" + script)]
    return problems


def schema(name: str, paths: list[Path]) -> list[str]:
    """What one of the built-in schemas has against these files."""
    return run([BIN / "check-jsonschema", "--builtin-schema", name, *paths])


def run(command: Sequence[str | Path], text: str = "") -> list[str]:
    """The lines of a linter that ended badly."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=SECONDS, check=False)
    lines = (done.stdout + done.stderr).strip().splitlines()
    return [] if done.returncode == 0 else lines or [f"{command[0]}: exit code {done.returncode}"]
