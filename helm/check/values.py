"""The values: each has a default, a comment and an entry in the schema; and the table of them for people."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .engine import Engine

BEGIN, END = "<!-- values: made by UPDATE_GOLDEN=1 scripts/check-helm -->", "<!-- /values -->"
KEY = re.compile(r"^( *)([A-Za-z][A-Za-z0-9]*):")
# Helm puts it there by itself.
NOT_OURS = {"global"}


@dataclass(frozen=True)
class Value:
    """One value of values.yaml."""

    path: tuple[str, ...]
    default: Any
    comment: str

    @property
    def name(self) -> str:
        """Its path as `--set` has it."""
        return ".".join(self.path)


def agreement(chart: Path) -> list[str]:
    """Where values.yaml and values.schema.json do not have the same values, or one has no comment."""
    text = (chart / "values.yaml").read_text()
    schema = json.loads((chart / "values.schema.json").read_text())
    return compare(text, schema)


def compare(text: str, schema: dict[str, Any]) -> list[str]:
    """The same, of what the files hold."""
    defaults, notes = yaml.safe_load(text), comments(text)
    in_values, in_schema = set(paths_of(defaults, schema, schema)), set(declared(schema, schema))
    problems = [f"{'.'.join(path)}: not in values.schema.json" for path in sorted(in_values - in_schema)]
    problems += [f"{'.'.join(path)}: not in values.yaml" for path in sorted(in_schema - in_values)]
    problems += [f"{'.'.join(path)}: no comment" for path in sorted(in_values) if not notes.get(path)]
    problems += [f"{'.'.join(path)}: other keys are let through" for path in open_objects(schema, schema)]
    return problems


def resolved(entry: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """An entry, looked up if it is a reference."""
    reference = entry.get("$ref")
    return schema["definitions"][reference.rsplit("/", 1)[1]] if reference else entry


def declared(entry: dict[str, Any], schema: dict[str, Any], path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The paths of all values that the schema has."""
    found = []
    for name, child in resolved(entry, schema).get("properties", {}).items():
        if path or name not in NOT_OURS:
            found += [(*path, name), *declared(child, schema, (*path, name))]
    return found


def open_objects(entry: dict[str, Any], schema: dict[str, Any], path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Objects with properties that let through other keys too."""
    entry = resolved(entry, schema)
    found = [path] if "properties" in entry and entry.get("additionalProperties") is not False else []
    for name, child in entry.get("properties", {}).items():
        found += open_objects(child, schema, (*path, name))
    return found


def objects(entry: dict[str, Any], schema: dict[str, Any], path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The paths of all objects that have keys of their own, the whole first."""
    properties = resolved(entry, schema).get("properties", {})
    found = [path] if properties else []
    for name, child in properties.items():
        found += objects(child, schema, (*path, name))
    return found


def unknown_keys_are_refused(engine: Engine) -> list[str]:
    """Objects in which Helm lets an unknown key through."""
    schema = json.loads((engine.path / "values.schema.json").read_text())
    problems = []
    for path in objects(schema, schema):
        chosen: dict[str, Any] = {"unknownKey": 1}
        for name in reversed(path):
            chosen = {name: chosen}
        said = engine.refusal(chosen) or ""
        if "additional properties 'unknownKey' not allowed" not in said:
            problems.append(f"{'.'.join(path) or 'the whole'}: an unknown key is let through: {said[:200]}")
    return problems


def paths_of(
    defaults: dict[str, Any], entry: dict[str, Any], schema: dict[str, Any], path: tuple[str, ...] = ()
) -> list[tuple[str, ...]]:
    """The paths of all values that values.yaml has, down to where the schema goes."""
    found = []
    properties = resolved(entry, schema).get("properties", {})
    for name, default in defaults.items():
        found.append((*path, name))
        child = properties.get(name, {})
        if isinstance(default, dict) and "properties" in resolved(child, schema):
            found += paths_of(default, child, schema, (*path, name))
    return found


def comments(text: str) -> dict[tuple[str, ...], str]:
    """The comment right above each key, by path."""
    found: dict[tuple[str, ...], str] = {}
    path: list[tuple[int, str]] = []
    above: list[str] = []
    for line in text.splitlines():
        if line.strip().startswith("#"):
            above.append(line.strip().removeprefix("#").strip())
            continue
        key = KEY.match(line)
        if key:
            depth = len(key[1])
            path = [*(part for part in path if part[0] < depth), (depth, key[2])]
            found[tuple(name for _, name in path)] = " ".join(above)
        above = []
    return found


def values(chart: Path) -> list[Value]:
    """Every value that has no values below it, as values.yaml has them."""
    text = (chart / "values.yaml").read_text()
    schema = json.loads((chart / "values.schema.json").read_text())
    defaults, notes = yaml.safe_load(text), comments(text)
    found = paths_of(defaults, schema, schema)
    leaves = [path for path in found if not any(other[: len(path)] == path and other != path for other in found)]
    return [Value(path, at(defaults, path), full_comment(notes, path)) for path in leaves]


def at(tree: Any, path: tuple[str, ...]) -> Any:
    """What is at a path."""
    for name in path:
        tree = tree[name]
    return tree


def full_comment(notes: dict[tuple[str, ...], str], path: tuple[str, ...]) -> str:
    """The comment of a value; for one of a Secret also what the Secret is for."""
    own, parent = notes.get(path, ""), notes.get(path[:-1], "")
    return f"{parent} {own}" if path[-1] == "existingSecret" and path[0] in ("secrets", "tests") else own


def table(found: list[Value]) -> str:
    """The table for people."""
    rows = [f"| `{one.name}` | `{shown(one.default)}` | {cell(one.comment)} |" for one in found]
    return "\n".join(["| value | default | meaning |", "|---|---|---|", *rows])


def shown(default: Any) -> str:
    """A default as YAML would have it in one line."""
    text = yaml.safe_dump(default, default_flow_style=True, width=10_000).strip().removesuffix("...").strip()
    return text.replace("|", "\\|")


def cell(text: str) -> str:
    """A text that fits into a table."""
    return text.replace("|", "\\|")


def table_is_current(chart: Path, readme: Path, update: bool) -> list[str]:
    """Whether the README has the table of these values. With `update` it is written."""
    text = readme.read_text()
    if BEGIN not in text or END not in text:
        return [f"{readme.name}: no place for the table of values"]
    before, rest = text.split(BEGIN, 1)
    _, after = rest.split(END, 1)
    wanted = f"{before}{BEGIN}\n\n{table(values(chart))}\n\n{END}{after}"
    if update:
        readme.write_text(wanted)
        return []
    return [] if text == wanted else [f"{readme.name}: the table is not that of values.yaml; UPDATE_GOLDEN=1 writes it"]
