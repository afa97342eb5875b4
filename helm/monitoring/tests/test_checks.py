"""Each check finds what it is for: something is spoilt in a copy of what is shipped."""

from __future__ import annotations

import re
import tempfile
import unittest
from collections.abc import Callable
from pathlib import Path

import yaml

from .. import alerts, dashboards, queries

MONITORING = Path(__file__).resolve().parent.parent
CHART = MONITORING.parent / "trailplane"
DOCS = MONITORING.parent.parent / "docs"
METRICS = queries.known(DOCS / "METRICS.md")
RULES, SHOWN, RUNBOOKS, CASES = CHART / "alerts", CHART / "dashboards", DOCS / "runbooks", MONITORING / "tests.yaml"


class Spoilt(unittest.TestCase):
    """A folder of copies."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="trailplane-monitoring-")
        self.addCleanup(folder.cleanup)
        self.work = Path(folder.name)

    def spoilt(self, source: Path, edit: Callable[[str], str]) -> Path:
        """A copy of the folder in which `edit` changed something."""
        copy = self.work / source.name
        copy.mkdir()
        changed = False
        for file in source.iterdir():
            text = file.read_text()
            (copy / file.name).write_text(edit(text))
            changed = changed or edit(text) != text
        self.assertTrue(changed, "nothing was spoilt")
        return copy

    def replaced(self, source: Path, old: str, new: str) -> Path:
        """A copy of the folder with something else in place of `old`."""
        return self.spoilt(source, lambda text: text.replace(old, new))


class Alerts(Spoilt):
    """Checks of alerts and runbooks."""

    def all_asking(self, query: str) -> Path:
        """The alerts, but each with this query."""

        def edit(text: str) -> str:
            file = yaml.safe_load(text)
            for group in file["groups"]:
                group["rules"] = [rule | {"expr": query} for rule in group["rules"]]
            return yaml.safe_dump(file)

        return self.spoilt(RULES, edit)

    def test_every_case_can_fail(self) -> None:
        """An alert that always fires fails each quiet case, and one that never does each other."""
        for query in ("vector(1) == 1", "vector(1) == 0"):
            with self.subTest(query):
                told = "\n".join(alerts.tested(self.all_asking(query), CASES, self.work))
                self.assertEqual(told.count("got:"), len(alerts.rules(RULES)))
            self.doCleanups()
            self.setUp()

    def test_a_case_is_missing(self) -> None:
        cases = yaml.safe_load(CASES.read_text())
        del cases["TrailplaneSlow"]["quiet"]
        (self.work / "cases.yaml").write_text(yaml.safe_dump(cases))
        told = alerts.tested(RULES, self.work / "cases.yaml", self.work)
        self.assertIn("TrailplaneSlow: no test when it quiet", told)

    def test_promtool_cannot_read_it(self) -> None:
        self.assertTrue(alerts.parse(self.replaced(RULES, "trailplane_ready == 0", "trailplane_ready == (")))

    def test_a_metric_was_renamed(self) -> None:
        page = self.work / "METRICS.md"
        page.write_text((DOCS / "METRICS.md").read_text().replace("`trailplane_fleet_stale`", "`trailplane_fleet_cold`"))
        metrics = queries.known(page)
        told = alerts.written_well(RULES, metrics)
        self.assertEqual(told, ["TrailplaneFleetStale: there is no metric trailplane_fleet_stale"])
        told = dashboards.answerable(SHOWN, metrics, self.work)
        self.assertEqual(told, ["fleet.json, List of accounts: there is no metric trailplane_fleet_stale"])

    def test_an_annotation_or_severity_is_wrong(self) -> None:
        for old, new in (("runbooks/TrailplaneSlow.md", "runbooks"), ("severity: critical", "severity: page"), ("summary:", "title:")):
            with self.subTest(old):
                self.assertTrue(alerts.written_well(self.replaced(RULES, old, new), METRICS))
            self.doCleanups()
            self.setUp()

    def test_runbooks_and_alerts_are_not_the_same(self) -> None:
        told = alerts.runbooks(self.replaced(RULES, "TrailplaneSlow", "TrailplaneLate"), RUNBOOKS)
        self.assertIn("TrailplaneSlow.md has no alert", told)
        self.assertIn("TrailplaneLate: there is no docs/runbooks/TrailplaneLate.md", told)

    def test_a_section_is_missing(self) -> None:
        told = alerts.runbooks(RULES, self.replaced(RUNBOOKS, "## What to do", "## Else"))
        self.assertEqual(len(told), len(alerts.rules(RULES)))


class Dashboards(Spoilt):
    """Checks of dashboards."""

    def test_a_file_was_edited(self) -> None:
        self.assertTrue(dashboards.current(self.replaced(SHOWN, "Memory", "Storage"), False))

    def test_a_panel_lacks_something(self) -> None:
        for old, new in (('"unit": "s"', '"unit": ""'), ("${datasource}", "mine"), ('"w": 4', '"w": 9')):
            with self.subTest(old):
                self.assertTrue(dashboards.sound(self.replaced(SHOWN, old, new)))
            self.doCleanups()
            self.setUp()

    def test_a_panel_is_not_described(self) -> None:
        edit = re.compile(r'"description": "[^"]*"')
        self.assertTrue(dashboards.sound(self.spoilt(SHOWN, lambda text: edit.sub('"description": ""', text))))

    def test_a_query_cannot_be_answered(self) -> None:
        for old, new in (("- time()", "- time(("), ("by (rpc_method)", "by (rpc_metod)"), ("$instance", "$replica")):
            with self.subTest(old):
                self.assertTrue(dashboards.answerable(self.replaced(SHOWN, old, new), METRICS, self.work))
            self.doCleanups()
            self.setUp()
