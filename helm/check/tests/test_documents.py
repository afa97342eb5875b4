"""The check of README.md sees values that are refused, dead links, and scenarios that it does not have."""

import tempfile
import unittest
from pathlib import Path

from check import documents


class Refusing:
    """An engine that refuses values with `bad`."""

    def __init__(self, path):
        self.path = path

    def refusal(self, chosen):
        return "no" if "bad" in chosen else None


class Readme(unittest.TestCase):
    def problems(self, text):
        with tempfile.TemporaryDirectory() as work:
            chart = Path(work) / "trailplane"
            (chart / "ci").mkdir(parents=True)
            (chart / "ci/redis-values.yaml").touch()
            file = Path(work) / "README.md"
            file.write_text(text)
            return documents.readme(Refusing(chart), file)

    good = "```yaml\ngood: 1\n```\n[redis](trailplane/ci/redis-values.yaml), [elsewhere](https://example.org)\n"

    def test_a_good_one(self):
        self.assertEqual(self.problems(self.good), [])

    def test_values_that_are_refused(self):
        self.assertEqual(self.problems(self.good.replace("good", "bad")), ["shows values that are refused: no"])

    def test_no_values(self):
        self.assertEqual(self.problems(self.good.replace("yaml\n", "text\n")), ["shows no values"])

    def test_a_link_that_leads_nowhere(self):
        self.assertEqual(self.problems(self.good + "[x](gone.md#y)"), ["leads to gone.md, which is not there"])

    def test_a_scenario_that_is_not_there(self):
        text = self.good.replace("trailplane/ci/redis-values.yaml", ".")
        self.assertEqual(self.problems(text), ["does not have trailplane/ci/redis-values.yaml"])


if __name__ == "__main__":
    unittest.main()
