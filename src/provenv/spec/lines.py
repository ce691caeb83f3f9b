"""Logical lines of a requirements file: continuations joined, comments gone, every character's place kept.

The rules are pip's (pip/_internal/req/req_file.py: join_lines, ignore_comments,
break_args_options), on text that is not expanded yet.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from ..errors import Place
from .source import Source

_COMMENT = re.compile(r"(?:^|(?<=\s))#.*$")
_TOKEN = re.compile(r"(?:[^\s\"']|\"[^\"]*\"?|'[^']*'?)+")


@dataclass(frozen=True)
class Line:
    """A logical line: its text, and where its pieces begin in text and in the file."""

    source: Source
    text: str
    pieces: tuple[tuple[int, int], ...]

    def offset(self, at: int) -> int:
        """Return where the character `at` of this line stands in the file."""
        number = max(0, bisect_right(self.pieces, (at, len(self.source.text))) - 1)
        start, offset = self.pieces[number]
        return offset + at - start

    def place(self, at: int, length: int = 1) -> Place:
        """Return the place of `length` characters from `at`."""
        return self.source.place(self.offset(at), length)


@dataclass(frozen=True)
class Token:
    """A word of an options line, as a shell would split it, without its quotes; `start` is its offset."""

    words: str
    start: int


def logical_lines(source: Source) -> Iterator[Line]:
    """Yield the lines that are not empty once comments are gone."""
    parts: list[tuple[str, int]] = []
    offset = 0
    for physical in source.text.splitlines(keepends=True):
        line, start = physical.rstrip("\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029"), offset
        offset += len(physical)
        comment = re.match(r"(?:^|\s+)#", line)
        if line.endswith("\\") and not comment:
            parts.append((line.rstrip("\\"), start))
            continue
        parts.append((line, start))
        if joined := _join(source, parts):
            yield joined
        parts = []
    if parts and (joined := _join(source, parts)):
        yield joined


def _join(source: Source, parts: list[tuple[str, int]]) -> Line | None:
    words = ""
    pieces = []
    for part, start in parts:
        if re.match(r"(?:^|\s+)#", part):
            # a comment line ends the statement even where the line before runs on
            break
        pieces.append((len(words), start))
        words += part
    words = _COMMENT.sub("", words).rstrip()
    return Line(source, words, tuple(pieces)) if words.strip() else None


def tokens(words: str, start: int = 0) -> list[Token]:
    """Return the words of `words[start:]` as a shell would split them; backslashes are plain characters."""
    return [Token(re.sub("[\"']", "", match[0]), match.start()) for match in _TOKEN.finditer(words, start)]


def options_at(words: str) -> int:
    """Return where the options of a requirement begin: at the first word with a dash, as in pip."""
    if words.lstrip().startswith("-"):
        return len(words) - len(words.lstrip())
    match = re.search(r"\s--?[A-Za-z]", words)
    return match.start() + 1 if match else len(words)
