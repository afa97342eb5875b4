"""The alerts: well written, with a runbook, and tested both ways by promtool."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import yaml

from .queries import names, problems

SECONDS = 120
ANNOTATIONS = ("summary", "description", "runbook_url")
SEVERITIES = ("critical", "warning")
HEADINGS = ("What it means", "What users notice", "How to look", "What to do", "Whom to call")
URL = "https://github.com/trailplane/trailplane/blob/main/docs/runbooks/{}.md"


def rules(folder: Path) -> list[dict[str, Any]]:
    """Every alert of every group."""
    files = [yaml.safe_load(file.read_text()) for file in sorted(folder.glob("*.yaml"))]
    return [rule for file in files for group in file["groups"] for rule in group["rules"]]


def promtool(*arguments: str | Path) -> list[str]:
    """What promtool has to say against something; nothing if it is content."""
    command = ["promtool", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    return [] if done.returncode == 0 else [f"promtool {arguments[0]} {arguments[1]}:\n{done.stdout}{done.stderr}"]


def parse(folder: Path) -> list[str]:
    """promtool reads the rules, and has nothing against them."""
    files = sorted(folder.glob("*.yaml"))
    return promtool("check", "rules", "--lint-fatal", *files) if files else ["there are no alerts"]


def written_well(folder: Path, metrics: dict[str, set[str]]) -> list[str]:
    """Each has a severity, its annotations, the address of its runbook, and metrics that there are."""
    wrong = []
    found = rules(folder)
    named = [rule["alert"] for rule in found]
    wrong += [f"{name}: there are two" for name in sorted({name for name in named if named.count(name) > 1})]
    for rule in found:
        name, annotations = rule["alert"], rule.get("annotations", {})
        wrong += [f"{name}: no {key}" for key in ANNOTATIONS if not annotations.get(key)]
        if rule.get("labels", {}).get("severity") not in SEVERITIES:
            wrong.append(f"{name}: its severity is none of {', '.join(SEVERITIES)}")
        if annotations.get("runbook_url") != URL.format(name):
            wrong.append(f"{name}: its runbook_url is not {URL.format(name)}")
        wrong += [f"{name}: {problem}" for problem in problems(rule["expr"], metrics)]
    return wrong


def runbooks(folder: Path, pages: Path) -> list[str]:
    """Each alert has a runbook, whole and in the index, and no runbook is without its alert."""
    wrong = []
    severities = {rule["alert"]: rule["labels"]["severity"] for rule in rules(folder)}
    index = (pages / "README.md").read_text()
    there = {page.stem for page in pages.glob("*.md")} - {"README"}
    wrong += [f"{name}.md has no alert" for name in sorted(there - severities.keys())]
    for name, severity in severities.items():
        if name not in there:
            wrong.append(f"{name}: there is no docs/runbooks/{name}.md")
            continue
        text = (pages / f"{name}.md").read_text()
        if not text.startswith(f"# {name}\n\nSeverity: {severity}."):
            wrong.append(f"{name}.md does not begin with its name and severity")
        wrong += [f"{name}.md has no section {heading}" for heading in HEADINGS if f"\n## {heading}\n\n" not in text]
        if f"| [{name}]({name}.md) | {severity} |" not in index:
            wrong.append(f"{name} is not in the index with its severity")
    return wrong


def tested(folder: Path, cases: Path, work: Path) -> list[str]:
    """Each alert fires when it should and does not when it should not, as promtool sees it."""
    given = yaml.safe_load(cases.read_text())
    asked = {rule["alert"]: names(rule["expr"]) for rule in rules(folder)}
    wrong = [f"{name}: has no alert" for name in sorted(given.keys() - asked.keys())]
    for name in sorted(asked):
        wrong += [f"{name}: no test when it {when}" for when in ("fires", "quiet") if not given.get(name, {}).get(when)]
        there = {series.partition("{")[0] for series in given.get(name, {}).get("quiet") or {}}
        # An alert about series that are not there is quiet whatever it says.
        wrong += [f"{name}: {metric} is not among its quiet series" for metric in sorted(asked[name] - there)]
    if wrong:
        return wrong
    file = work / "alerts.test.yaml"
    tests = [test(name, case, when) for name, case in given.items() for when in ("fires", "quiet")]
    file.write_text(yaml.safe_dump({"rule_files": [str(f.resolve()) for f in sorted(folder.glob("*.yaml"))], "tests": tests}))
    return promtool("test", "rules", file)


def test(name: str, case: dict[str, Any], when: str) -> dict[str, Any]:
    """One test of promtool. An alert that fires is a series ALERTS; which labels it has does not matter here."""
    firing = f'count(ALERTS{{alertname="{name}", alertstate="firing"}}) > bool 0'
    return {
        "name": f"{name} {when}",
        "interval": "1m",
        "input_series": [{"series": series, "values": values} for series, values in case[when].items()],
        "promql_expr_test": [
            {
                "expr": firing,
                "eval_time": case["at"],
                "exp_samples": [{"labels": "{}", "value": 1}] if when == "fires" else [],
            }
        ],
    }
