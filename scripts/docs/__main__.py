"""Runs every check of the documents, tells all problems at once, and ends with 1 if there are any."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from . import api, links, member_role, quickstart

PROJECT = Path(__file__).resolve().parent.parent.parent


def main() -> int:
    """Runs them all."""
    program = Path(os.environ.get("TRAILPLANE_BIN") or PROJECT / "target/debug/trailplane")
    checks = [
        ("docs/api.md is current", lambda: api.current(PROJECT, os.environ.get("UPDATE_API") == "1")),
        ("links lead somewhere", lambda: links.alive(PROJECT)),
        ("the index has every page", lambda: links.index(PROJECT)),
        ("member roles are the same", lambda: member_role.same(PROJECT / "docs")),
        ("the quick start works", lambda: quickstart.works(PROJECT / "docs/quickstart.md", program, PROJECT / ".tools/bin")),
    ]
    failed = False
    for name, check in checks:
        found = check()
        failed = failed or bool(found)
        print(f"{'FAILED' if found else 'ok':6}  {name}")
        for problem in found:
            print(f"        {problem}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
