"""Dashboards and alerts come as files: the chart works with them and without."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml
from helm_python.errors import HelmError

from .engine import Engine, Rendered, staged

# Large ConfigMaps are refused by the API server.
MOST_BYTES = 1_000_000
ON: dict[str, Any] = {"dashboards": {"enabled": True}, "prometheusRule": {"enabled": True}}


def with_and_without(chart: Path, work: Path) -> list[str]:
    """What is wrong with dashboards and alerts: the stand-ins, none, and those that are shipped."""
    least = yaml.safe_load((chart / "ci/default-values.yaml").read_text()) | ON
    fixtures = Path(__file__).parent / "fixtures"
    try:
        with_them = Engine(staged(chart, work / "with", fixtures)).render(least)
        without = Engine(staged(chart, work / "without", None)).render(least)
        shipped = Engine(chart).render(least)
    except HelmError as error:
        return [str(error)]
    problems = [f"stand-ins: {problem}" for problem in missing(with_them, fixtures)]
    problems += [f"as shipped: {problem}" for problem in missing(shipped, chart)]
    if dashboards(without) or without.of_kind("PrometheusRule"):
        problems.append("without files there is something all the same")
    if "no dashboards" not in without.notes or "no alerts" not in without.notes:
        problems.append("without files the notes do not say so")
    return problems


def dashboards(one: Rendered) -> list[dict[str, Any]]:
    """The ConfigMaps that Grafana would find."""
    return [found for found in one.of_kind("ConfigMap") if "grafana_dashboard" in found["metadata"]["labels"]]


def missing(one: Rendered, folder: Path) -> list[str]:
    """Files of `folder` that are not in the objects as they are."""
    problems = []
    shown = {name: text for found in dashboards(one) for name, text in found["data"].items()}
    for file in sorted(folder.glob("dashboards/*.json")):
        if file.name not in shown or json.loads(shown[file.name]) != json.loads(file.read_text()):
            problems.append(f"{file.name} is not in a ConfigMap as it is")
        elif len(shown[file.name]) > MOST_BYTES:
            problems.append(f"{file.name} is too large for a ConfigMap")
    groups = [group for found in one.of_kind("PrometheusRule") for group in found["spec"]["groups"]]
    for file in sorted(folder.glob("alerts/*.yaml")):
        for group in yaml.safe_load(file.read_text())["groups"]:
            if group not in groups:
                problems.append(f"{file.name}: group {group['name']} is not in the PrometheusRule as it is")
    return problems
