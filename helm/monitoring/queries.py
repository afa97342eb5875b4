"""What a PromQL query names, and which metrics and labels there are. Whether a query parses is promtool's to say."""

from __future__ import annotations

import re
from pathlib import Path

# Of other programs: kube-state-metrics, the kubelet's cAdvisor. With the labels that we use of them.
FOREIGN: dict[str, set[str]] = {
    "container_cpu_usage_seconds_total": {"container"},
    "container_memory_working_set_bytes": {"container"},
    "kube_deployment_spec_replicas": {"deployment"},
    "kube_deployment_status_replicas_available": {"deployment"},
    "kube_pod_container_resource_limits": {"container", "resource"},
    "kube_pod_container_status_last_terminated_reason": {"container", "reason"},
    "kube_pod_container_status_restarts_total": {"container"},
}
# What a scrape adds to every series.
SCRAPED = {"instance", "job", "namespace", "pod"}

ROW = re.compile(r"^\| `[^`]+` \| `(?P<name>\w+)` \| (?P<kind>[a-z ]+) \| `[^`]+` \| (?P<attributes>[^|]*) \|", re.MULTILINE)
STRING = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'")
LABELS_OF_OPERATOR = re.compile(r"\b(by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
RANGE = re.compile(r"\[[^\]]*\]")
SELECTOR = re.compile(r"([A-Za-z_:][\w:]*)\s*\{([^}]*)\}")
WORD = re.compile(r"(?<![\w.])([A-Za-z_:][\w:]*)\b(?!\s*\()")
KEYWORDS = {"and", "bool", "by", "group_left", "group_right", "ignoring", "inf", "nan", "offset", "on", "or", "unless", "without"}


def known(page: Path) -> dict[str, set[str]]:
    """Every name that a query may use, with its labels: those of docs/METRICS.md, and FOREIGN."""
    found: dict[str, set[str]] = {}
    for row in ROW.finditer(page.read_text()):
        labels = {name.replace(".", "_") for name in re.findall(r"`([^`]+)`", row["attributes"])}
        if row["kind"].strip() == "histogram":
            found[f"{row['name']}_bucket"] = labels | {"le"}
            found[f"{row['name']}_sum"] = found[f"{row['name']}_count"] = labels
        else:
            found[row["name"]] = labels
    return found | FOREIGN


def names(query: str) -> set[str]:
    """The metrics that a query names."""
    bare = LABELS_OF_OPERATOR.sub(" ", RANGE.sub(" ", STRING.sub('""', query)))
    bare = re.sub(r"\{[^}]*\}", " ", bare)
    return {word for word in WORD.findall(bare) if word.lower() not in KEYWORDS}


def problems(query: str, metrics: dict[str, set[str]]) -> list[str]:
    """Metrics that there are not, and labels that they do not have."""
    used = names(query)
    if not used:
        return ["names no metric"]
    wrong = [f"there is no metric {name}" for name in sorted(used - metrics.keys())]
    for name, selected in SELECTOR.findall(STRING.sub('""', query)):
        labels = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selected))
        wrong += [f"{name} has no label {label}" for label in sorted(labels - metrics.get(name, labels) - SCRAPED)]
    may = set().union(SCRAPED, *(metrics.get(name, set()) for name in used))
    for operator, listed in LABELS_OF_OPERATOR.findall(STRING.sub('""', query)):
        labels = {label.strip() for label in listed.split(",") if label.strip()}
        wrong += [f"{operator} ({label}): no metric here has it" for label in sorted(labels - may)]
    return wrong
