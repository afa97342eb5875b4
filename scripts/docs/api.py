"""docs/api.md, made of the comments in the .proto files, which buf hands over as a descriptor set in JSON."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HEAD = """# API reference

<!-- Generated from proto/; `UPDATE_API=1 scripts/check-docs` writes it anew. -->

Package `trailplane.v1`. The server has reflection too: `grpcurl -plaintext 127.0.0.1:50051 describe`.
[api-errors.md](api-errors.md) has the reasons of errors.

"""
Comments = dict[tuple[int, ...], str]


def described(project: Path) -> dict[str, Any]:
    """The descriptors of our files."""
    command = [project / ".tools/client/bin/buf", "build", "--exclude-imports", "-o", "-#format=json"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=120, check=True)
    return json.loads(done.stdout)


def comments(file: dict[str, Any]) -> Comments:
    """The comment before each thing, by its path in the descriptor."""
    located = file["sourceCodeInfo"]["location"]
    return {tuple(one.get("path", [])): one.get("leadingComments", "") for one in located if one.get("leadingComments")}


def prose(text: str) -> str:
    """A comment as paragraphs."""
    return "\n".join(line.removeprefix(" ").rstrip() for line in text.strip("\n").splitlines())


def cell(text: str) -> str:
    """A comment in one cell of a table."""
    return " ".join(prose(text).split()).replace("|", "\\|")


def short(name: str) -> str:
    """A type's name, without our own package."""
    return name.removeprefix(".trailplane.v1.").removeprefix(".")


def type_of(field: dict[str, Any], nested: list[dict[str, Any]]) -> str:
    """What a field of a message with these nested types holds."""
    name = short(field["typeName"]) if "typeName" in field else field["type"].removeprefix("TYPE_").lower()
    entries = {one["name"]: one["field"] for one in nested if one.get("options", {}).get("mapEntry")}
    if entry := entries.get(name.rpartition(".")[2]):
        return f"map<{type_of(entry[0], [])}, {type_of(entry[1], [])}>"
    if field["label"] == "LABEL_REPEATED":
        return f"list of {name}"
    return f"optional {name}" if field.get("proto3Optional") else name


def services(file: dict[str, Any]) -> Iterator[str]:
    """A section for each service, with its RPCs."""
    said = comments(file)
    for at, service in enumerate(file.get("service", [])):
        yield f"## {service['name']}\n\n{prose(said.get((6, at), ''))}\n"
        for number, method in enumerate(service["method"]):
            answer = "stream of " if method.get("serverStreaming") else ""
            types = f"`{short(method['inputType'])}` → {answer}`{short(method['outputType'])}`"
            yield f"### {service['name']}.{method['name']}\n\n{types}\n\n{prose(said.get((6, at, 2, number), ''))}\n"


def messages(all_of: list[dict[str, Any]], said: Comments, path: tuple[int, ...], outer: str) -> Iterator[tuple[str, str]]:
    """A section for each message, those within it after it."""
    nested = 4 if not path else 3
    for at, message in enumerate(all_of):
        here, name = (*path, nested, at), outer + message["name"]
        if message.get("options", {}).get("mapEntry"):
            continue
        fields = "".join(
            f"| `{field['name']}` | {field['number']} | `{type_of(field, message.get('nestedType', []))}` | {cell(said.get((*here, 2, number), ''))} |\n"
            for number, field in enumerate(message.get("field", []))
        )
        table = f"| field | number | type | meaning |\n|---|---|---|---|\n{fields}" if fields else "Has no fields.\n"
        comment = prose(said.get(here, ""))
        yield name, f"### {name}\n\n{comment}{chr(10) * 2 if comment else ''}{table}"
        yield from messages(message.get("nestedType", []), said, here, f"{name}.")
        yield from enums(message.get("enumType", []), said, (*here, 4), f"{name}.")


def enums(all_of: list[dict[str, Any]], said: Comments, path: tuple[int, ...], outer: str) -> Iterator[tuple[str, str]]:
    """A section for each enum."""
    for at, enum in enumerate(all_of):
        here, name = (*path, at), outer + enum["name"]
        values = "".join(
            f"| `{value['name']}` | {value.get('number', 0)} | {cell(said.get((*here, 2, number), ''))} |\n"
            for number, value in enumerate(enum["value"])
        )
        yield name, f"### {name}\n\n{prose(said.get(here, ''))}\n\n| value | number | meaning |\n|---|---|---|\n{values}"


def page(project: Path) -> str:
    """The whole page."""
    files = sorted(described(project)["file"], key=lambda file: file["name"])
    parts = [section for file in files for section in services(file)]
    types: list[tuple[str, str]] = []
    for file in files:
        said = comments(file)
        types += messages(file.get("messageType", []), said, (), "")
        types += enums(file.get("enumType", []), said, (5,), "")
    parts += ["## Messages and enums\n", *(text for _, text in sorted(types))]
    return HEAD + "\n".join(parts)


def current(project: Path, update: bool) -> list[str]:
    """The page is what the .proto files say; with `update` it is made so."""
    file, text = project / "docs/api.md", page(project)
    if update:
        file.write_text(text)
    is_current = file.exists() and file.read_text() == text
    return [] if is_current else ["docs/api.md is not current: UPDATE_API=1 scripts/check-docs"]
