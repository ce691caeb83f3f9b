"""Every message of the room has words in both languages, and every word has a message."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from provenv.spec.mistakes import _ROWS
from provenv.spec.toml_text import _WHY
from provenv.spec.validate import _EXPECTS

REPOSITORY = Path(__file__).resolve().parents[2]
ROOM = REPOSITORY / "src" / "provenv" / "spec"
CATALOGUES = REPOSITORY / "src" / "provenv" / "ui" / "catalogues"
KEY = re.compile(
    r"(?:PV1(?![5-8]\d)\d\d(?:\.[a-z_]+)?|spec\.(?!mirror)[a-z_0-9]+\.[a-z_0-9]*[a-z0-9]|spec\.[a-z_]+_(?:are|keys)|spec\.allowed)$"
)
# PV150-PV179 are told in adopt.po, PV180-PV189 in mirrors.po, which tests/test_catalogues.py checks
COMPOSED = {
    # keys that are put together where they are used
    *(f"spec.requirement.{key}" for _, key, _ in _ROWS),
    *(f"spec.requirement.{key}" for key in ("empty", "long", "version", "syntax")),
    *(f"spec.toml.{key}" for _, key in _WHY),
    *(f"spec.expects.{key}" for key in {*_EXPECTS.values(), "array", "string"}),
    *(f"PV131.{key}" for key in ("python", "accelerator")),
    *(f"PV136.{key}" for key in ("lock", "conda", "setup")),
    *(f"PV138.{key}" for key in ("why", "trusted_host", "prefer_binary")),
}


def used() -> set[str]:
    """Return every key that stands in the room's code as a whole."""
    found = set(COMPOSED)
    for path in ROOM.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and KEY.match(node.value):
                found.add(node.value)
    return found


def catalogue(language: str) -> dict[str, tuple[str, ...]]:
    """Return the entries of the room's catalogue by key; several words for plurals."""
    with (CATALOGUES / language / "spec.po").open("rb") as file:
        entries = read_po(file, locale=language)
    found = {}
    for entry in entries:
        if not entry.id:
            continue
        key = entry.id if isinstance(entry.id, str) else entry.id[0]
        found[key] = (entry.string,) if isinstance(entry.string, str) else tuple(entry.string)
    return found


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_the_catalogue_has_what_the_code_says_and_nothing_else(language: str) -> None:
    assert set(catalogue(language)) == used()
    assert all(text.strip() for texts in catalogue(language).values() for text in texts)


def test_both_languages_fill_the_same_placeholders() -> None:
    english, chinese = catalogue("en"), catalogue("zh_CN")
    for key, texts in english.items():
        fields = {
            frozenset(re.findall(r"(?<!\{)\{(\w+)\}", text)) - {"n"} for text in (*texts, *chinese[key])
        }
        assert len(fields) == 1, key


def test_english_follows_the_style() -> None:
    for key, texts in catalogue("en").items():
        for text in texts:
            assert not text.endswith("."), key
            assert text.count("`") % 2 == 0, key
