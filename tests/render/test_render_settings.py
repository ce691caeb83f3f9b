"""Editors' settings and marked blocks: what is ours goes in, every other byte stays."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from provenv.render import INTERPRETER, conflict, jsonc, merged
from provenv.render.block import Unbalanced, with_block

PYTHON = "${workspaceFolder}/.venv/bin/python"

PUT = [
    ("{}", ("a",), 1, '{\n    "a": 1\n}'),
    ("{ }\n", ("a",), 1, '{\n    "a": 1\n}\n'),
    ("{\n  // nothing yet\n}", ("a",), 1, '{\n  // nothing yet\n    "a": 1\n}'),
    ('{"b": 2}', ("a",), 1, '{"b": 2, "a": 1}'),
    ('{\n  "b": 2\n}\n', ("a",), 1, '{\n  "b": 2,\n  "a": 1\n}\n'),
    ('{\n\t"b": 2, // why\n}\n', ("a",), 1, '{\n\t"b": 2, // why\n\t"a": 1,\n}\n'),
    ('{\n  "b": 2 // why\n}\n', ("a",), 1, '{\n  "b": 2, // why\n  "a": 1\n}\n'),
    ('{\r\n  "b": 2\r\n}\r\n', ("a",), 1, '{\r\n  "b": 2,\r\n  "a": 1\r\n}\r\n'),
    ('{\n  "a": 2, /* kept */\n  "b": [1, 2,],\n}', ("a",), 1, '{\n  "a": 1, /* kept */\n  "b": [1, 2,],\n}'),
    ('{\n  "o": {\n    "x": 1\n  }\n}', ("o", "y"), 2, '{\n  "o": {\n    "x": 1,\n    "y": 2\n  }\n}'),
    ('{\n  "b": 2\n}', ("o", "y"), 2, '{\n  "b": 2,\n  "o": {\n      "y": 2\n  }\n}'),
    ('\ufeff{"b": "//no comment"}', ("a",), 1, '\ufeff{"b": "//no comment", "a": 1}'),
]


@pytest.mark.parametrize(("text", "path", "value", "made"), PUT)
def test_a_value_is_put_and_nothing_else_changes(text, path, value, made):
    assert jsonc.put(text, path, value) == made
    assert jsonc.find(jsonc.read(made), path)[1].value == value


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("", 0), ("{", 1), ('{"a" 1}', 5), ('{"a": 1 "b": 2}', 8), ("{a: 1}", 1), ('{"a": }', 6), ("{} x", 3),
        ('{"a": nope}', 6), ("[1", 2), ('{"a": 1} /* open', 9),
    ],
)  # fmt: skip
def test_what_is_no_json_is_told_with_its_place(text, offset):
    with pytest.raises(jsonc.Broken) as broken:
        jsonc.read(text)
    assert broken.value.offset == offset


@pytest.mark.parametrize("text", ["[1]", '{"o": 1}'])
def test_nothing_is_put_where_no_object_is(text):
    with pytest.raises(jsonc.Broken):
        jsonc.put(text, ("o", "x"), 1)


VALUES = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(), inner, max_size=3),
    max_leaves=10,
)


@settings(max_examples=100, deadline=None)
@given(
    some.dictionaries(some.text(), VALUES, max_size=5),
    some.text(),
    VALUES,
    some.sampled_from([None, 2, "\t"]),
)
def test_what_is_put_is_what_json_reads(document, key, value, indent):
    made = jsonc.put(json.dumps(document, indent=indent, ensure_ascii=False), (key,), value)
    assert json.loads(made) == {**document, key: value}
    assert jsonc.read(made).value == {**document, key: value}


def test_settings_are_merged_once():
    user = '{\n  // mine\n  "files.watcherExclude": {"**/data/**": true},\n'
    user += '  "python.testing.pytestEnabled": false\n}\n'
    made = merged(user, PYTHON, pytest=True)
    assert "// mine" in made
    told = jsonc.read(made).value
    assert told[INTERPRETER] == PYTHON
    assert told["python.testing.pytestEnabled"] is False
    assert told["files.watcherExclude"] == {"**/data/**": True, "**/.provenv/**": True}
    assert merged(made, PYTHON, pytest=True) == made
    assert conflict(made, PYTHON) is None
    assert conflict(made, "/other")[1] == PYTHON


BEGIN, END = "# >>> x >>>", "# <<< x <<<"


@pytest.mark.parametrize(
    ("text", "lines", "made"),
    [
        ("", ("a",), f"{BEGIN}\na\n{END}\n"),
        ("mine", ("a",), f"mine\n{BEGIN}\na\n{END}\n"),
        (f"one\n{BEGIN}\nold\n{END}\ntwo", ("new",), f"one\n{BEGIN}\nnew\n{END}\ntwo"),
        (f"one\n{BEGIN}\nold\n{END}\ntwo\n", (), "one\ntwo\n"),
        ("mine\n", (), "mine\n"),
        (f"one\r\n{BEGIN}\r\nold\r\n{END}\r\n", ("new",), f"one\r\n{BEGIN}\r\nnew\r\n{END}\r\n"),
    ],
)
def test_a_block_is_put_in_renewed_and_taken_out(text, lines, made):
    assert with_block(text, "x", lines) == made
    assert with_block(made, "x", lines) == made


@pytest.mark.parametrize("text", [BEGIN, f"{END}\n", f"{BEGIN}\n{BEGIN}\n{END}\n", f"{END}\n{BEGIN}\n"])
def test_a_broken_block_is_left_alone(text):
    with pytest.raises(Unbalanced):
        with_block(text, "x", ("a",))
