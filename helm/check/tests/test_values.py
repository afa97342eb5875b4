"""The checks of values see what they are for."""

import unittest

from check import values

SCHEMA = {
    "additionalProperties": False,
    "properties": {
        "image": {"$ref": "#/definitions/image"},
        "labels": {"type": "object"},
        "global": {"type": "object"},
    },
    "definitions": {
        "image": {"additionalProperties": False, "properties": {"tag": {"type": "string"}}},
    },
}
TEXT = """\
# The image.
image:
  # Its tag,
  # or none.
  tag: ""
# Any labels.
labels: {a: b}
"""


class Agreement(unittest.TestCase):
    def test_what_agrees_is_let_through(self):
        self.assertEqual(values.compare(TEXT, SCHEMA), [])

    def test_a_value_that_the_schema_does_not_have(self):
        self.assertEqual(values.compare(TEXT + "# More.\nmore: 1\n", SCHEMA), ["more: not in values.schema.json"])

    def test_an_entry_that_is_no_value(self):
        text = TEXT.replace('  tag: ""\n', "").replace("image:", "image: {}")
        self.assertEqual(values.compare(text, SCHEMA), ["image.tag: not in values.yaml"])

    def test_a_value_without_a_comment(self):
        text = TEXT.replace("# Any labels.\n", "")
        self.assertEqual(values.compare(text, SCHEMA), ["labels: no comment"])

    def test_a_comment_with_an_empty_line_after_it_is_of_no_value(self):
        text = TEXT.replace("# Any labels.\n", "# Any labels.\n\n")
        self.assertEqual(values.compare(text, SCHEMA), ["labels: no comment"])

    def test_a_section_that_lets_through_other_keys(self):
        image = {"properties": {"tag": {"type": "string"}}}
        schema = SCHEMA | {"definitions": {"image": image}}
        self.assertEqual(values.compare(TEXT, schema), ["image: other keys are let through"])


class Table(unittest.TestCase):
    def test_a_row_has_the_path_the_default_and_the_whole_comment(self):
        rows = values.table([values.Value(("image", "tag"), "", "Its tag, a|b.")]).splitlines()
        self.assertEqual(rows[-1], "| `image.tag` | `''` | Its tag, a\\|b. |")

    def test_defaults_are_in_one_line(self):
        self.assertEqual(values.shown({"a": [1, {"b": None}]}), "{a: [1, {b: null}]}")
        self.assertEqual(values.shown("x"), "x")


if __name__ == "__main__":
    unittest.main()
