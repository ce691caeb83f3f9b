"""The position index agrees with tomllib on what is a key and what its value is."""

from __future__ import annotations

from typing import Any

import pytest
import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st

from provenv.spec.positions import DEEPEST, MOST, Path, Positions, scan
from provenv.toml_library import tomllib

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12)
SCALARS = st.one_of(
    WORDS,
    st.booleans(),
    st.integers(-(2**40), 2**40),
    st.floats(allow_nan=False),
    st.datetimes(),
    st.dates(),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(WORDS, inner, max_size=4)),
    max_leaves=12,
)


def entries(value: Any, path: Path = ()) -> list[tuple[Path, Any]]:
    """Return every path under `value` with its value."""
    inner: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    found = [((*path, key), entry) for key, entry in inner]
    return found + [deeper for key, entry in inner for deeper in entries(entry, (*path, key))]


def agrees(text: str) -> None:
    data = tomllib.loads(text)
    positions = scan(text)
    assert positions.stopped is None
    for path, value in entries(data):
        if isinstance(path[-1], str):
            key = positions.keys[path]
            spelt = text[key.start : key.end]
            assert tomllib.loads(f"{spelt} = 1") == {path[-1]: 1}
        if isinstance(value, dict):
            continue
        if isinstance(value, list) and path not in positions.values:
            # an array of tables: each element has its header
            assert all((*path, number) in positions.values for number in range(len(value)))
            continue
        span = positions.values[path]
        assert tomllib.loads(f"v = {text[span.start : span.end]}")["v"] == value


@given(st.dictionaries(WORDS, VALUES, max_size=6))
@settings(max_examples=150, deadline=None)
def test_every_key_and_value_has_its_place(data: dict[str, Any]) -> None:
    agrees(tomlkit.dumps(data))


SNIPPETS = st.lists(
    st.sampled_from(
        [
            "a", "b", ".", "=", " ", "\n", "\r\n", "\t", "[", "]", "[[", "]]", "{", "}", ",", "#x", '"', "'",
            '"""', "'''", "\\", "1", "-", "1.5", "true", "1979-05-27 07:32:00Z", "é", "[a]\n", "a = 1\n",
'"q" = "x"\n',
            "k = [1, # c\n 2]\n", "[[t]]\n", "n = {a = 1, b.c = 'x'}\n", 's = """\n""x"" """\n',
        ]
    ),
    max_size=14,
).map("".join)  # fmt: skip


@given(SNIPPETS)
@settings(max_examples=600, deadline=None)
def test_what_tomllib_takes_the_scanner_takes_too(text: str) -> None:
    positions = scan(text)
    try:
        tomllib.loads(text)
    except ValueError:
        assert isinstance(positions, Positions)
    else:
        agrees(text)


@pytest.mark.parametrize(
    ("text", "path", "marked"),
    [
        ('a = "x"', ("a",), '"x"'),
        ("a.b . c = 1 # d = 2", ("a", "b", "c"), "1"),
        ('"a b" . c = [1, 2]', ("a b", "c", 1), "2"),
        ("[t]\nx = { y = { z = 3 } }", ("t", "x", "y", "z"), "3"),
        ("[[t]]\na = 1\n[[t]]\na = 2", ("t", 1, "a"), "2"),
        ("[[t]]\n[[t.u]]\na = 1\n[[t.u]]\n[t.u.v]\na = 2", ("t", 0, "u", 1, "v", "a"), "2"),
        ('a = """\nb = 1\n"""\nc = 2', ("c",), "2"),
        ("a = '''x''''\nb = 1", ("a",), "'''x''''"),
        ("a = 1979-05-27 07:32:00\nb = 1", ("a",), "1979-05-27 07:32:00"),
        ("a = [\n  # ]\n  ']', # x\n  2,\n]\n", ("a", 1), "2"),
        ('a = "\\"b = 1"\r\nb = 2\r\n', ("b",), "2"),
        ('"\\u0061" = 1', ("a",), "1"),
    ],
)
def test_places_of_values(text: str, path: Path, marked: str) -> None:
    span = scan(text).values[path]
    assert text[span.start : span.end] == marked


@pytest.mark.parametrize(
    ("text", "excess"),
    [
        ("a = " + "[" * (DEEPEST + 2), "depth"),
        ("a = " + "{a = " * (DEEPEST + 2), "depth"),
        ("a" + ".a" * DEEPEST + " = 1", "depth"),
        ("[" + "a." * DEEPEST + "a]", "depth"),
        ("".join(f"k{number} = 1\n" for number in range(MOST + 1)), "count"),
        ("a = [" + "1," * (MOST + 1) + "]", "count"),
        ("[[a]]\n" * (MOST + 1), "count"),
    ],
)
def test_limits_end_the_scan(text: str, excess: str) -> None:
    positions = scan(text)
    assert positions.excess == excess
    assert len(positions.keys) <= MOST + 1
    assert len(positions.values) <= MOST + 1


@pytest.mark.parametrize("text", ["a = [" * 5 + "x", "a = 1 b = 2", "[a", "= 1", "a", 'a = "', "a = [1 2]"])
def test_broken_text_stops_the_scan_without_a_limit(text: str) -> None:
    positions = scan(text)
    assert positions.stopped is not None
    assert positions.excess == ""
