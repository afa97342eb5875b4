"""Objects of one rendering that must fit each other, and rules that no schema knows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .engine import Rendered

POD_SOURCES = {"Deployment", "Pod"}


def all_fit(rendered: dict[str, Rendered]) -> list[str]:
    """What does not fit, over all renderings."""
    problems = []
    for name, one in rendered.items():
        found = one.objects()
        for rule in (twice, selectors, ports, mounts, restricted, labels, probes):
            problems += [f"{name}: {problem}" for problem in rule(found)]
    return list(dict.fromkeys(problems))


def pods(objects: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Each pod that the objects make: whose it is, its metadata and its spec."""
    for found in objects:
        if found["kind"] not in POD_SOURCES:
            continue
        label = f"{found['kind']} {found['metadata']['name']}"
        if found["kind"] == "Pod":
            yield label, found["metadata"], found["spec"]
        else:
            template = found["spec"]["template"]
            yield label, template["metadata"], template["spec"]


def twice(objects: list[dict[str, Any]]) -> list[str]:
    """Names that two objects of a kind have."""
    names = [(found["kind"], found["metadata"]["name"]) for found in objects]
    return [f"{kind} {name} is there twice" for kind, name in sorted({n for n in names if names.count(n) > 1})]


def selectors(objects: list[dict[str, Any]]) -> list[str]:
    """Selectors of Services, budgets and policies that find no pod, and ServiceMonitors that find no Service."""
    of_pods = [metadata["labels"] for _, metadata, _ in pods(objects)]
    of_services = [found["metadata"]["labels"] for found in objects if found["kind"] == "Service"]
    problems = []
    for found in objects:
        spec = found.get("spec", {})
        wanted, among = {
            "Service": (spec.get("selector"), of_pods),
            "Deployment": (spec.get("selector", {}).get("matchLabels"), of_pods),
            "PodDisruptionBudget": (spec.get("selector", {}).get("matchLabels"), of_pods),
            "NetworkPolicy": (spec.get("podSelector", {}).get("matchLabels"), of_pods),
            "ServiceMonitor": (spec.get("selector", {}).get("matchLabels"), of_services),
        }.get(found["kind"], (None, []))
        if wanted and sum(wanted.items() <= has.items() for has in among) != 1:
            problems.append(f"{found['kind']} {found['metadata']['name']}: its selector finds not exactly one")
    return problems


def ports(objects: list[dict[str, Any]]) -> list[str]:
    """Ports of Services and probes that no container has."""
    problems = []
    named = {
        port["name"]
        for _, _, spec in pods(objects)
        for container in spec["containers"]
        for port in container.get("ports", [])
    }
    for found in objects:
        if found["kind"] == "Service":
            for port in found["spec"]["ports"]:
                if port["targetPort"] not in named:
                    problems.append(f"Service {found['metadata']['name']}: no container has {port['targetPort']}")
    for label, _, spec in pods(objects):
        for container in spec["containers"]:
            own = {port["name"] for port in container.get("ports", [])}
            for kind in ("livenessProbe", "readinessProbe", "startupProbe"):
                action = container.get(kind, {}).get("httpGet") or container.get(kind, {}).get("tcpSocket")
                if action and action["port"] not in own:
                    problems.append(f"{label}: {kind} asks port {action['port']}, which is not there")
    return problems


def mounts(objects: list[dict[str, Any]]) -> list[str]:
    """Mounts without a volume, volumes without a mount, and two mounts at one path."""
    problems = []
    for label, _, spec in pods(objects):
        volumes = [volume["name"] for volume in spec.get("volumes", [])]
        used = [mount for container in spec["containers"] for mount in container.get("volumeMounts", [])]
        names, paths = {mount["name"] for mount in used}, [mount["mountPath"] for mount in used]
        problems += [f"{label}: no volume {name}" for name in sorted(names - set(volumes))]
        problems += [f"{label}: volume {name} is nowhere mounted" for name in sorted(set(volumes) - names)]
        problems += [f"{label}: two mounts at {path}" for path in sorted({p for p in paths if paths.count(p) > 1})]
        problems += [f"{label}: {m['mountPath']} by subPath is never renewed" for m in used if "subPath" in m]
    return problems


def restricted(objects: list[dict[str, Any]]) -> list[str]:
    """What the restricted Pod Security Standard would refuse, and a root file system that can be written."""
    problems = []
    for label, _, spec in pods(objects):
        own = spec.get("securityContext", {})
        if own.get("runAsNonRoot") is not True or own.get("runAsUser") == 0:
            problems.append(f"{label}: may run as root")
        if own.get("seccompProfile", {}).get("type") != "RuntimeDefault":
            problems.append(f"{label}: no seccomp profile")
        for container in spec["containers"]:
            context = container.get("securityContext", {})
            if context.get("allowPrivilegeEscalation") is not False:
                problems.append(f"{label}: may gain privileges")
            if context.get("capabilities", {}).get("drop") != ["ALL"]:
                problems.append(f"{label}: keeps capabilities")
            if context.get("readOnlyRootFilesystem") is not True:
                problems.append(f"{label}: writes its root file system")
            if not container.get("resources", {}).get("limits", {}).get("memory"):
                problems.append(f"{label}: its memory has no bound")
    return problems


def labels(objects: list[dict[str, Any]]) -> list[str]:
    """Objects that lack a recommended label."""
    wanted = {"name", "instance", "component", "version", "part-of", "managed-by"}
    problems = []
    for found in objects:
        has = {label.removeprefix("app.kubernetes.io/") for label in found["metadata"].get("labels", {})}
        if wanted - has:
            problems.append(f"{found['kind']} {found['metadata']['name']}: no label {', '.join(sorted(wanted - has))}")
    return problems


def probes(objects: list[dict[str, Any]]) -> list[str]:
    """Deployments without probes, or that are killed before they have ended by themselves."""
    problems = []
    for found in objects:
        if found["kind"] != "Deployment":
            continue
        spec = found["spec"]["template"]["spec"]
        for container in spec["containers"]:
            for kind in ("livenessProbe", "readinessProbe"):
                if kind not in container:
                    problems.append(f"Deployment {found['metadata']['name']}: no {kind}")
        rolling = found["spec"]["strategy"]["type"] == "RollingUpdate"
        if rolling and found["spec"]["minReadySeconds"] < spec["terminationGracePeriodSeconds"]:
            problems.append(f"Deployment {found['metadata']['name']}: two steps of an update overlap")
        if rolling and found["spec"]["progressDeadlineSeconds"] <= found["spec"]["minReadySeconds"]:
            problems.append(f"Deployment {found['metadata']['name']}: an update cannot end in time")
    return problems
