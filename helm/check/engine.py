"""The real engine of Helm: what a scenario renders to, and what its lint says."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from helm_python import Chart, lint
from helm_python.errors import HelmError

RELEASE = "trailplane"
NAMESPACE = "audit"

# Severities of Helm's lint.
WARNING = 2

# Lint asks for an icon; a service without a face needs none.
ALLOWED_LINT = {"icon is recommended"}


@dataclass(frozen=True)
class Rendered:
    """What the templates make of some values."""

    documents: dict[str, str]
    notes: str

    def objects(self) -> list[dict[str, Any]]:
        """Every Kubernetes object, in the order of the templates' names."""
        return [found for text in self.documents.values() for found in yaml.safe_load_all(text) if found]

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        """The objects of one kind."""
        return [found for found in self.objects() if found["kind"] == kind]

    def server(self) -> dict[str, Any]:
        """The Deployment of Trailplane itself."""
        return next(
            found
            for found in self.of_kind("Deployment")
            if found["metadata"]["labels"]["app.kubernetes.io/component"] == "server"
        )


class Engine:
    """A chart, loaded once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.chart = Chart.load(path)

    def render(self, chosen: dict[str, Any]) -> Rendered:
        """The rendering. Raises HelmError if the values are refused."""
        raw = self.chart.render(chosen, name=RELEASE, namespace=NAMESPACE)
        short = {name.split("/templates/", 1)[1]: text for name, text in raw.items() if "/templates/" in name}
        documents = {
            name: text for name, text in sorted(short.items()) if name.endswith(".yaml") and yaml_is_something(text)
        }
        return Rendered(documents, short.get("NOTES.txt", ""))

    def render_all(self, found: dict[str, dict[str, Any]]) -> tuple[dict[str, Rendered], list[str]]:
        """The renderings by name, and what Helm says against the others."""
        rendered, refused = {}, []
        for name, chosen in found.items():
            try:
                rendered[name] = self.render(chosen)
            except HelmError as error:
                refused.append(f"{name}: {error}")
        return rendered, refused

    def refusal(self, chosen: dict[str, Any]) -> str | None:
        """What Helm says against these values; None if it renders them."""
        try:
            self.render(chosen)
        except HelmError as error:
            return str(error)
        return None

    def lint_all(self, found: dict[str, dict[str, Any]]) -> list[str]:
        """What `helm lint --strict` has against the scenarios."""
        problems = []
        for name, chosen in found.items():
            report = lint(self.path, chosen, strict=True, namespace=NAMESPACE)
            problems += [f"{name}: {error}" for error in report["errors"]]
            problems += [
                f"{name}: {message['path']}: {message['error']}"
                for message in report["messages"]
                if message["severity"] >= WARNING or message["error"] not in ALLOWED_LINT
            ]
        return problems


def yaml_is_something(text: str) -> bool:
    """Whether there is more than comments and space."""
    return any(document for document in yaml.safe_load_all(text))


def scenarios(chart: Path) -> dict[str, dict[str, Any]]:
    """The values of every scenario, by name."""
    files = [*sorted(chart.glob("ci/*-values.yaml")), *sorted(chart.glob("values-*.yaml"))]
    return {file.stem.removesuffix("-values"): yaml.safe_load(file.read_text()) for file in files}


def staged(chart: Path, into: Path, extra: Path | None) -> Path:
    """A copy of the chart, with the dashboards and alerts of `extra` instead of its own; with none if None."""
    shutil.copytree(chart, into)
    for folder in ("dashboards", "alerts"):
        shutil.rmtree(into / folder, ignore_errors=True)
        if extra:
            shutil.copytree(extra / folder, into / folder)
    return into
