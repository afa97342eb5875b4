"""Runs every check of alerts and dashboards, tells all problems at once, and ends with 1 if there are any."""

from __future__ import annotations

import os
import sys
import tempfile
import unittest
from collections.abc import Callable
from pathlib import Path

from . import alerts, dashboards, queries

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
CHART = HERE.parent / "trailplane"
DOCS = PROJECT / "docs"


def unit_tests() -> list[str]:
    """The tests of the checks themselves."""
    suite = unittest.defaultTestLoader.discover(str(HERE / "tests"), top_level_dir=str(HERE.parent))
    outcome = unittest.TextTestRunner(stream=sys.stderr, verbosity=0).run(suite)
    failed = [str(test) for test, _ in outcome.failures + outcome.errors]
    return failed if outcome.testsRun else ["no tests were found"]


def checks(work: Path) -> list[tuple[str, Callable[[], list[str]]]]:
    """Every check by name."""
    metrics = queries.known(DOCS / "METRICS.md")
    rules, shown = CHART / "alerts", CHART / "dashboards"
    update = os.environ.get("UPDATE_DASHBOARDS") == "1"
    return [
        ("tests of the checks", unit_tests),
        ("metrics are known", lambda: [] if len(metrics) > 20 + len(queries.FOREIGN) else ["docs/METRICS.md has no table"]),
        ("promtool reads the alerts", lambda: alerts.parse(rules)),
        ("alerts are written well", lambda: alerts.written_well(rules, metrics)),
        ("alerts have runbooks", lambda: alerts.runbooks(rules, DOCS / "runbooks")),
        ("alerts fire, and do not", lambda: alerts.tested(rules, HERE / "tests.yaml", work)),
        ("dashboards are current", lambda: dashboards.current(shown, update)),
        ("dashboards are sound", lambda: dashboards.sound(shown)),
        ("dashboards ask for metrics that there are", lambda: dashboards.answerable(shown, metrics, work)),
    ]


def main() -> int:
    """Runs them all."""
    failed = False
    with tempfile.TemporaryDirectory(prefix="trailplane-monitoring-") as work:
        for name, check in checks(Path(work)):
            found = check()
            failed = failed or bool(found)
            print(f"{'FAILED' if found else 'ok':6}  {name}")
            for problem in found:
                print(f"        {problem}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
