"""The checks of other files see what they are for."""

import tempfile
import unittest
from pathlib import Path

from check import files, golden
from check.engine import Rendered


class Workflows(unittest.TestCase):
    def test_a_workflow_that_may_too_much(self):
        self.assertEqual(files.permissions({"permissions": {}}), [])
        self.assertEqual(len(files.permissions({"permissions": "write-all"})), 1)
        self.assertEqual(len(files.permissions({})), 1)

    def test_scripts(self):
        def told(script):
            return files.scripts({"jobs": {"a": {"steps": [{"run": script}]}}})

        self.assertEqual(told('echo "$A"'), [])
        self.assertIn("SC2086", told("echo $A")[0])
        self.assertIn("an expression", told("echo ${{ github.event.issue.title }}")[0])


class Dockerfile(unittest.TestCase):
    def test_what_hadolint_finds(self):
        with tempfile.TemporaryDirectory() as work:
            file = Path(work) / "Dockerfile"
            file.write_text("FROM debian:latest\n")
            self.assertIn("DL3007", files.dockerfile(file)[0])
            file.write_text("FROM debian:12\n")
            self.assertEqual(files.dockerfile(file), [])


class Golden(unittest.TestCase):
    def test_differences_missing_files_and_files_too_many(self):
        one = {"one": Rendered({"a.yaml": "---\nkind: A\n"}, "Hello\n")}
        with tempfile.TemporaryDirectory() as work:
            folder = Path(work)
            self.assertIn("is not there", golden.compare(one, folder, update=False)[0])
            self.assertEqual(golden.compare(one, folder, update=True), [])
            self.assertEqual(golden.compare(one, folder, update=False), [])
            self.assertEqual((folder / "one.yaml").read_text(), "# Hello\n---\n# a.yaml\nkind: A\n")
            changed = {"one": Rendered({"a.yaml": "kind: B\n"}, "Hello\n")}
            self.assertIn("one.yaml: -kind: A", golden.compare(changed, folder, update=False))
            (folder / "two.yaml").write_text("")
            self.assertEqual(golden.compare(one, folder, update=False), ["two.yaml: no scenario has this name"])


if __name__ == "__main__":
    unittest.main()
