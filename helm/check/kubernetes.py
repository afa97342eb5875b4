"""Rendered objects against the schemas of Kubernetes, the oldest version that the chart allows and the newest known.

Those of cert-manager and of the Prometheus operator are not Kubernetes' own: crds/ has schemas of ours for the fields
that the chart sets, written after their documentation. They refuse any other field.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
from kubernetes_validate import utils

from .engine import Rendered

OLDEST = "1.29"


def validate_all(rendered: dict[str, Rendered], crds: Path) -> list[str]:
    """What any schema has against any object. Equal objects are looked at once."""
    # Each validation reads megabytes of definitions again otherwise.
    utils.schema_contents = functools.lru_cache(maxsize=None)(utils.schema_contents)
    ours = {schema["title"]: schema for schema in map(_load, sorted(crds.glob("*.json")))}
    seen: dict[str, str] = {}
    for name, one in rendered.items():
        for found in one.objects():
            seen.setdefault(json.dumps(found, sort_keys=True), name)
    problems = []
    for text, name in seen.items():
        found = json.loads(text)
        problems += [f"{name}: {problem}" for problem in validate(found, ours)]
    return problems


def validate(found: dict[str, Any], ours: dict[str, dict[str, Any]]) -> list[str]:
    """What the schemas have against one object."""
    title = f"{found['apiVersion']} {found['kind']}"
    label = f"{found['kind']} {found['metadata']['name']}"
    if title in ours:
        errors = jsonschema.Draft7Validator(ours[title]).iter_errors(found)
        return [f"{label}: {error.json_path}: {error.message}" for error in errors]
    problems = []
    for version in (OLDEST, kubernetes_validate.latest_version()):
        try:
            kubernetes_validate.validate(found, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            problems.append(f"{label}: Kubernetes {version}: {error.json_path}: {error.message}")
        except kubernetes_validate.SchemaNotFoundError as error:
            problems.append(f"{label}: {error.message}")
    return problems


def _load(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text())
