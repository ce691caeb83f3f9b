"""The Brown corpus as plain text: its 500 documents, without the tags, with spaces where people put them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .errors import TextError

GENRES = {
    "a": "news",
    "b": "editorials",
    "c": "reviews",
    "d": "religion",
    "e": "hobbies",
    "f": "lore",
    "g": "belles lettres",
    "h": "government",
    "j": "learned",
    "k": "fiction",
    "l": "mystery",
    "m": "science fiction",
    "n": "adventure",
    "p": "romance",
    "r": "humor",
}
NAME = re.compile(r"c[a-r]\d\d")
CLOSING = frozenset((",", ".", ";", ":", "?", "!", ")", "''"))
OPENING = frozenset(("(", "``"))
WRITTEN_TWICE = frozenset((";", "?", "!"))
"""Marks that the corpus' files have twice where the text has them once."""


@dataclass(frozen=True)
class Document:
    """One text of the corpus."""

    name: str
    genre: str
    text: str


def read(folder: Path, count: int = 0) -> list[Document]:
    """Return the documents of the corpus in a folder; with `count`, only so many, taken evenly.

    Raises TextError where none is there.
    """
    paths = sorted(path for path in folder.rglob("c*") if NAME.fullmatch(path.name) and path.is_file())
    if not paths:
        raise TextError(f"{folder} holds no documents of the Brown corpus (files ca01 to cr09)")
    if 0 < count < len(paths):
        paths = [paths[place * len(paths) // count] for place in range(count)]
    try:
        return [
            Document(path.name, GENRES[path.name[1]], plain(path.read_text(encoding="ascii")))
            for path in paths
        ]
    except (KeyError, UnicodeDecodeError) as error:
        raise TextError(f"{folder} does not hold the Brown corpus: {error}") from error


def plain(tagged: str) -> str:
    """Return a document's text: a line for each paragraph and each headline."""
    return "\n".join(spaced(tokens) for tokens in paragraphs(tagged))


def paragraphs(tagged: str) -> Iterator[list[str]]:
    """Yield the words of each paragraph; the corpus has a sentence a line, and blank lines between them."""
    gathered: list[str] = []
    for line in tagged.splitlines():
        pairs = [token.rpartition("/")[::2] for token in line.split()]
        headline = bool(pairs) and all("-hl" in tag for _word, tag in pairs)
        if gathered and (not pairs or headline):
            yield gathered
            gathered = []
        words = [word for word, _tag in pairs]
        gathered += [
            word
            for place, word in enumerate(words)
            if word not in WRITTEN_TWICE or not place or words[place - 1] != word
        ]
        if headline:
            yield gathered
            gathered = []
    if gathered:
        yield gathered


def spaced(words: list[str]) -> str:
    """Return words as a printed line: marks stand at their word, quotation marks at what they enclose."""
    text, glued, quoted = "", True, False
    for word in words:
        if word == "." and text.endswith("."):
            continue  # an abbreviation's stop ends the sentence too
        single = word == "'"  # opens and closes; the corpus has one token for both
        closes, opens = word in CLOSING or (single and quoted), word in OPENING or (single and not quoted)
        text += ("" if glued or closes else " ") + {"``": '"', "''": '"'}.get(word, word)
        glued, quoted = opens, quoted != single
    return text
