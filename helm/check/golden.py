"""What scenarios render to, compared with files that people have read."""

from __future__ import annotations

import difflib
from pathlib import Path

from .engine import Rendered

# Of a difference, so many lines are shown.
SHOWN = 20


def text_of(one: Rendered) -> str:
    """A rendering as one file: the notes as comments, and each template under its name."""
    notes = "".join(f"# {line}".rstrip() + "\n" for line in one.notes.strip().splitlines())
    parts = [f"---\n# {name}\n{tidy(text)}" for name, text in one.documents.items()]
    return notes + "".join(parts)


def tidy(text: str) -> str:
    """Without the empty lines and the separator that templates begin with."""
    return text.strip().removeprefix("---").strip() + "\n"


def compare(rendered: dict[str, Rendered], folder: Path, update: bool) -> list[str]:
    """Where a rendering is not as its file has it, or a file has no scenario. With `update` the files are written."""
    problems = []
    files = {folder / f"{name}.yaml": text_of(one) for name, one in rendered.items()}
    for path in sorted(set(folder.glob("*.yaml")) - set(files)):
        if update:
            path.unlink()
        else:
            problems.append(f"{path.name}: no scenario has this name")
    for path, text in files.items():
        if update:
            path.write_text(text)
        elif not path.exists():
            problems.append(f"{path.name}: is not there; UPDATE_GOLDEN=1 writes it")
        elif path.read_text() != text:
            problems += [f"{path.name}: {line}" for line in difference(path.read_text(), text)]
    return problems


def difference(before: str, after: str) -> list[str]:
    """The first lines of what changed."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), "golden", "rendered", lineterm="", n=1)
    return list(lines)[:SHOWN]
