"""Values that contradict each other: each case must be refused, with its key and a fix, and with nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from .engine import Engine

LINE = re.compile(r"^(?P<key>[A-Za-z][\w.\[\]]*): (?P<told>.+)$")
# Every fault of the templates begins with its key at the start of a line.
TEMPLATE_LINE = re.compile(r"^(?P<key>[A-Za-z{][^:]*): .*(;|use) ", re.MULTILINE)


def all_told(engine: Engine, cases: Path) -> list[str]:
    """Cases that are not refused as they should be."""
    data = yaml.safe_load(cases.read_text())
    problems = []
    least = data["base"]
    if (said := engine.refusal(least)) is not None:
        problems.append(f"base: is refused: {said}")
    for case in data["cases"]:
        start = {} if case.get("alone") else least
        said = engine.refusal(overlaid(start, case["values"]))
        problems += [f"{case['name']}: {problem}" for problem in judge(case, said)]
    return problems


def judge(case: dict[str, Any], said: str | None) -> list[str]:
    """What is wrong with what was said about a case."""
    if said is None:
        return ["is not refused"]
    told = faults(said)
    problems = [f"{key} is told, and was not expected" for key in told if key not in case["told"]]
    for key, expected in case["told"].items():
        if key not in told:
            problems.append(f"{key} is not told: {said}")
            continue
        problems += [f"{key}: no `{words}` in `{told[key]}`" for words in phrases(expected) if words not in told[key]]
    return problems


def phrases(expected: str | list[str]) -> list[str]:
    """What must be in what is told: one or more texts."""
    return [expected] if isinstance(expected, str) else expected


def faults(said: str) -> dict[str, str]:
    """Each key that was told of, with all that was said of it."""
    told: dict[str, str] = {}
    for line in said.splitlines():
        if (match := LINE.match(line.strip())) and not line.startswith("execution error"):
            told[match["key"]] = f"{told.get(match['key'], '')} {match['told']}".strip()
    return told


def overlaid(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Values over values, as Helm lays them: mappings are merged, and null takes a value away."""
    whole = dict(base)
    for key, value in over.items():
        below = whole.get(key)
        if value is None:
            whole.pop(key, None)
        elif isinstance(value, dict) and isinstance(below, dict):
            whole[key] = overlaid(below, value)
        else:
            whole[key] = value
    return whole


def all_covered(chart: Path, cases: Path) -> list[str]:
    """Contradictions of the templates that no case brings about, by the words of their lines."""
    data = yaml.safe_load(cases.read_text())
    said = [words for case in data["cases"] for expected in case["told"].values() for words in phrases(expected)]
    lines = fault_lines((chart / "templates/_contradictions.tpl").read_text())
    if not lines:
        return ["no contradictions were found in the templates"]
    return [f"no case for: {line}" for line in lines if not any(words in spoken(line) for words in said)]


def fault_lines(template: str) -> list[str]:
    """The lines of the template that are text for people."""
    return [line for line in template.splitlines() if TEMPLATE_LINE.match(line) and " | fromYaml" not in line]


def spoken(line: str) -> str:
    """A line of the template without what is filled in."""
    return re.sub(r"{{.*?}}", "…", line)
