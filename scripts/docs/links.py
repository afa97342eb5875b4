"""Relative links of the documents lead to files that are there, and to headings that are in them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """What GitHub calls the headings of a page."""
    headings = HEADING.findall(FENCED.sub("", page.read_text()))
    plain = [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in headings]
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in plain}


def alive(project: Path) -> list[str]:
    """Links that lead nowhere, in every page that is kept in Git."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=project, capture_output=True, text=True, timeout=60, check=True,
    )
    dead = []
    for name in listed.stdout.splitlines():
        page = project / name
        for link in LINK.findall(FENCED.sub("", page.read_text())):
            file, _, anchor = link.partition("#")
            target = page.parent / file if file else page
            if "://" in link or link.startswith("mailto:"):
                continue
            if not target.exists():
                dead.append(f"{name}: {link}")
            elif anchor and target.suffix == ".md" and anchor not in anchors(target):
                dead.append(f"{name}: {link}: no such heading")
    return dead


def index(project: Path) -> list[str]:
    """Pages of docs/ that docs/README.md does not lead to."""
    docs = project / "docs"
    linked = {(docs / link.partition("#")[0]).resolve() for link in LINK.findall((docs / "README.md").read_text())}
    pages = [page for page in sorted(docs.glob("*.md")) if page.name != "README.md"]
    pages += [docs / "member-role.stackset.yaml", docs / "member-role.tf", docs / "adr/README.md", docs / "runbooks/README.md"]
    return [f"docs/README.md does not lead to {page.relative_to(docs)}" for page in pages if page.resolve() not in linked]
