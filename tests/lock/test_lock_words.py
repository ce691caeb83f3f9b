"""Every message of the room has words in both languages, with the same placeholders."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from provenv.lock.failures import CAUSES

ROOT = Path(__file__).resolve().parents[2] / "src" / "provenv"
KEY = re.compile(r'"((?:PV(?:25|3\d)\d(?:\.[a-z_]+)?)|lock\.[a-z_.]+|pipconf\.kind\.[a-z]+)"')
DYNAMIC = {
    *(f"{code}.hint" for code, _ in CAUSES),
    *(f"lock.index.{origin}" for origin in ("mirrors", "requirements", "uv", "pip", "default")),
    *(f"lock.torch.{kind}" for kind in ("mirror", "folder", "index", "public", "default")),
}


def catalogue(language: str):
    with (ROOT / "ui" / "catalogues" / language / "lock.po").open("rb") as stream:
        return {message.id: message.string for message in read_po(stream) if message.id}


def used() -> set[str]:
    sources = [*(ROOT / "lock").rglob("*.py"), ROOT / "pipconf.py"]
    return DYNAMIC.union(*(KEY.findall(path.read_text()) for path in sources))


def words(strings) -> list[str]:
    return [strings] if isinstance(strings, str) else list(strings)


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_every_key_has_words_and_every_word_is_used(language):
    known = {key if isinstance(key, str) else key[0] for key in catalogue(language)}
    assert known == used()


def test_both_languages_fill_the_same_places():
    english, chinese = catalogue("en"), catalogue("zh_CN")
    assert english.keys() == chinese.keys()
    for key, strings in english.items():
        ours = set(re.findall(r"\{\w+\}", " ".join(words(strings))))
        theirs = set(re.findall(r"\{\w+\}", " ".join(words(chinese[key]))))
        assert ours == theirs, key
        assert all(words(strings)), key
        assert all(words(chinese[key])), key
