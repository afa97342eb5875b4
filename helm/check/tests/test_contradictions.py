"""The check of contradictions sees what is not told, what is told too much, and what has no case."""

import unittest

from check import contradictions

SAID = """execution error at (trailplane/templates/contradictions.yaml:4:4):

These values cannot be installed:

replicas: 3, which is too many; set 2
tls.existingSecret: nothing; name one
"""
CASE = {"told": {"replicas": "set 2", "tls.existingSecret": ["nothing", "name one"]}}


class Judge(unittest.TestCase):
    def test_what_is_told_as_expected(self):
        self.assertEqual(contradictions.judge(CASE, SAID), [])

    def test_values_that_are_not_refused(self):
        self.assertEqual(contradictions.judge(CASE, None), ["is not refused"])

    def test_a_key_that_was_not_expected(self):
        problems = contradictions.judge({"told": {"replicas": "set 2"}}, SAID)
        self.assertEqual(problems, ["tls.existingSecret is told, and was not expected"])

    def test_a_key_that_is_missing(self):
        problems = contradictions.judge({"told": CASE["told"] | {"cache.size": "x"}}, SAID)
        self.assertEqual(len(problems), 1)
        self.assertTrue(problems[0].startswith("cache.size is not told"))

    def test_words_that_are_missing(self):
        problems = contradictions.judge({"told": CASE["told"] | {"replicas": "set 1"}}, SAID)
        self.assertEqual(problems, ["replicas: no `set 1` in `3, which is too many; set 2`"])


class Overlaid(unittest.TestCase):
    def test_mappings_are_merged_and_null_takes_away(self):
        base = {"a": {"b": 1, "c": 2}, "d": 3}
        self.assertEqual(
            contradictions.overlaid(base, {"a": {"c": None, "e": 4}, "d": [5]}), {"a": {"b": 1, "e": 4}, "d": [5]}
        )
        self.assertEqual(base, {"a": {"b": 1, "c": 2}, "d": 3})


class Coverage(unittest.TestCase):
    def test_text_for_people_is_told_from_the_rest(self):
        template = (
            '{{- if x }}\na.b: wrong; fix it\n{{ $key }}: {{ $n }} is wrong; set it\n{{- $m := x ": ; " | fromYaml }}'
        )
        lines = contradictions.fault_lines(template)
        self.assertEqual(lines, ["a.b: wrong; fix it", "{{ $key }}: {{ $n }} is wrong; set it"])
        self.assertEqual(contradictions.spoken(lines[1]), "…: … is wrong; set it")


if __name__ == "__main__":
    unittest.main()
