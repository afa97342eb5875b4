"""What README.md shows: its values can be installed, its links lead somewhere, and it has every scenario."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from .engine import Engine

BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def readme(engine: Engine, path: Path) -> list[str]:
    """What is wrong with it."""
    text = path.read_text()
    blocks = BLOCK.findall(text)
    problems = [] if blocks else ["shows no values"]
    for block in blocks:
        if (said := engine.refusal(yaml.safe_load(block))) is not None:
            problems.append(f"shows values that are refused: {said}")
    links = {target for target in LINK.findall(text)}
    problems += [
        f"leads to {target}, which is not there" for target in sorted(links) if not (path.parent / target).exists()
    ]
    scenarios = {file.relative_to(path.parent).as_posix() for file in engine.path.glob("ci/*-values.yaml")}
    not_special = scenarios - {f"{engine.path.name}/ci/default-values.yaml"}
    return problems + [f"does not have {scenario}" for scenario in sorted(not_special - links)]
