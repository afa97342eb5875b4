"""Runs every check, tells all problems at once, and ends with 1 if there are any."""

from __future__ import annotations

import os
import sys
import tempfile
import unittest
from collections.abc import Callable
from pathlib import Path

from . import consistency, contradictions, documents, extras, files, golden, installed, kubernetes, program, values
from .engine import Engine, scenarios, staged

HERE = Path(__file__).resolve().parent
HELM = HERE.parent
PROJECT = HELM.parent
CHART = HELM / "trailplane"


def unit_tests() -> list[str]:
    """The tests of the checks themselves."""
    suite = unittest.defaultTestLoader.discover(str(HERE / "tests"), top_level_dir=str(HELM))
    outcome = unittest.TextTestRunner(stream=sys.stderr, verbosity=0).run(suite)
    failed = [str(test) for test, _ in outcome.failures + outcome.errors]
    return failed if outcome.testsRun else ["no tests were found"]


def checks(work: Path) -> list[tuple[str, Callable[[], list[str]]]]:
    """Every check by name, the quick ones first."""
    update = os.environ.get("UPDATE_GOLDEN") == "1"
    binary = Path(os.environ.get("TRAILPLANE_BIN") or PROJECT / "target/debug/trailplane")
    # Dashboards and alerts are stand-ins here, so that golden files are about the chart alone.
    engine = Engine(staged(CHART, work / "staged", HERE / "fixtures"))
    real = Engine(CHART)
    found = scenarios(CHART)
    rendered, refused = engine.render_all(found)
    as_shipped, refused_as_shipped = real.render_all(found)
    everything = rendered | {f"{name} (as shipped)": one for name, one in as_shipped.items()}
    return [
        ("every scenario renders", lambda: refused + refused_as_shipped),
        ("tests of the checks", unit_tests),
        ("values, schema and comments agree", lambda: values.agreement(CHART)),
        ("unknown keys are refused", lambda: values.unknown_keys_are_refused(real)),
        ("table of values", lambda: values.table_is_current(CHART, HELM / "README.md", update)),
        ("README.md", lambda: documents.readme(real, HELM / "README.md")),
        ("helm lint", lambda: real.lint_all(found)),
        ("schemas of Kubernetes", lambda: kubernetes.validate_all(everything, HERE / "crds")),
        ("objects fit each other", lambda: consistency.all_fit(everything)),
        ("golden files", lambda: golden.compare(rendered, HELM / "golden", update)),
        ("contradictions are told", lambda: contradictions.all_told(real, HERE / "contradictions.yaml")),
        ("every contradiction has a case", lambda: contradictions.all_covered(CHART, HERE / "contradictions.yaml")),
        ("dashboards and alerts, with and without", lambda: extras.with_and_without(CHART, work)),
        ("trailplane check-config", lambda: program.accepts_all(binary, rendered)),
        ("what is rendered works", lambda: installed.works(real, binary, PROJECT / ".tools/bin/grpcurl", work / "run")),
        ("Dockerfile", lambda: files.dockerfile(PROJECT / "Dockerfile")),
        ("workflows", lambda: files.workflows(PROJECT / ".github")),
    ]


def main() -> int:
    """Runs all checks, or those whose names hold an argument."""
    wanted = sys.argv[1:]
    total = 0
    with tempfile.TemporaryDirectory() as work:
        for name, check in checks(Path(work)):
            if wanted and not any(word in name for word in wanted):
                continue
            problems = check()
            total += len(problems)
            print(f"{'FAILED' if problems else 'ok':6}  {name}")
            for problem in problems:
                print(f"        {problem}")
    return 1 if total else 0


sys.exit(main())
