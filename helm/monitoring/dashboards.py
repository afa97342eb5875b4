"""The dashboards' files: made of shown.py, sound as Grafana wants them, and with queries that can be answered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from . import shown
from .alerts import promtool
from .panels import COLUMNS
from .queries import problems

# What Grafana puts in for its variables, or something like it.
VARIABLES = {"$__rate_interval": "5m", "$instance": ".*"}


def current(folder: Path, update: bool) -> list[str]:
    """The files are what shown.py makes; with `update` they are made so."""
    made = {f"{one.name}.json": json.dumps(one.json(), indent=2, ensure_ascii=False) + "\n" for one in shown.ALL}
    if update:
        for name, text in made.items():
            (folder / name).write_text(text)
    there = {file.name for file in folder.glob("*.json")}
    wrong = [f"{name} is not made by shown.py" for name in sorted(there - made.keys())]
    stale = [name for name, text in made.items() if name not in there or (folder / name).read_text() != text]
    return wrong + [f"{name} is not current: UPDATE_DASHBOARDS=1 scripts/check-alerts" for name in stale]


def panels(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every panel that is not a row, with where it is."""
    for file in sorted(folder.glob("*.json")):
        for panel in json.loads(file.read_text())["panels"]:
            if panel["type"] != "row":
                yield f"{file.name}, {panel['title']}", panel


def sound(folder: Path) -> list[str]:
    """Ids and places are unique, and every panel has what a reader needs."""
    wrong = []
    for file in sorted(folder.glob("*.json")):
        dashboard = json.loads(file.read_text())
        ids = [panel["id"] for panel in dashboard["panels"]]
        if len(set(ids)) != len(ids):
            wrong.append(f"{file.name}: two panels have one id")
        variables = [variable["name"] for variable in dashboard["templating"]["list"]]
        wrong += [f"{file.name}: no variable {name}" for name in ("datasource", "instance") if name not in variables]
        wrong += [f"{file.name}: {problem}" for problem in overlaps(dashboard["panels"])]
    for where, panel in panels(folder):
        wrong += [f"{where}: no {key}" for key in ("title", "description", "targets") if not panel.get(key)]
        if not panel["fieldConfig"]["defaults"].get("unit"):
            wrong.append(f"{where}: no unit")
        sources = [panel["datasource"], *(target["datasource"] for target in panel["targets"])]
        if any(source["uid"] != "${datasource}" for source in sources):
            wrong.append(f"{where}: its data source is not the variable")
    return wrong


def overlaps(placed: list[dict[str, Any]]) -> list[str]:
    """Panels on top of each other, or past the edge."""
    wrong = []
    taken: dict[tuple[int, int], str] = {}
    for panel in placed:
        at = panel["gridPos"]
        if at["x"] + at["w"] > COLUMNS:
            wrong.append(f"{panel['title']} is past the edge")
        fields = [(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])]
        others = sorted({taken[one] for one in fields if one in taken})
        wrong += [f"{panel['title']} lies on {other}" for other in others]
        taken |= dict.fromkeys(fields, panel["title"])
    return wrong


def answerable(folder: Path, metrics: dict[str, set[str]], work: Path) -> list[str]:
    """promtool parses every query, and each names metrics and labels that there are."""
    wrong, rules = [], []
    for where, panel in panels(folder):
        for target in panel["targets"]:
            query = target["expr"]
            for variable, value in VARIABLES.items():
                query = query.replace(variable, value)
            if "$" in query:
                wrong.append(f"{where}: a variable that is not known: {query}")
            wrong += [f"{where}: {problem}" for problem in problems(query, metrics)]
            # Labels keep equal queries apart.
            rules.append({"record": f"query_{len(rules)}", "expr": query, "labels": {"panel": where}})
    file = work / "dashboards.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboards", "rules": rules}]}))
    return wrong + promtool("check", "rules", file)
