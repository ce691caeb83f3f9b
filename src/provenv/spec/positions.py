"""Where each key and value of a TOML text stands.

tomllib says what a file means and no library says where: this is a scanner
over the same text (TOML 1.0, https://toml.io/en/v1.0.0, and 1.1's looser inline
tables) which knows spans and no meanings. It never fails on a broken file: it
stops there, and what it has seen until then is right.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ..toml_library import tomllib

Path = tuple[str | int, ...]

DEEPEST = 32
"""Nested arrays, inline tables or parts of a dotted key; no declared file needs more than five."""
MOST = 20_000
"""Statements, keys or values."""


@dataclass(frozen=True)
class Span:
    """Characters `start` up to, not including, `end`."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """Return how many characters that is."""
        return self.end - self.start


@dataclass
class Positions:
    """Spans by path. `statements` are the starts of key/value lines and headers, in order.

    `stopped` is the offset at which the text stopped being TOML (None: nowhere);
    `excess` says that a limit ended the scan: `depth` or `count`.
    """

    keys: dict[Path, Span] = field(default_factory=dict)
    values: dict[Path, Span] = field(default_factory=dict)
    statements: list[int] = field(default_factory=list)
    stopped: int | None = None
    excess: str = ""

    def key(self, path: Path) -> Span | None:
        """Return where the last key of `path` stands, or the nearest table around it that stands anywhere."""
        for length in range(len(path), 0, -1):
            found = self.keys.get(path[:length]) or self.values.get(path[:length])
            if found:
                return found
        return None

    def value(self, path: Path) -> Span | None:
        """Return where the value of `path` stands, or else its key."""
        return self.values.get(path) or self.key(path)


def scan(text: str) -> Positions:
    """Return the positions of all keys and values in `text`."""
    scanner = _Scanner(text)
    try:
        scanner.document()
    except _Stop as stop:
        scanner.found.stopped = scanner.at
        scanner.found.excess = str(stop)
    return scanner.found


class _Stop(Exception):
    """The text is not TOML from here on, or more than the limits allow."""


_BLANK = re.compile(r"[ \t]*")
_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_LINE_END = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\r?\n|\Z)")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_STRINGS = (
    re.compile(r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*"{3,5}', re.DOTALL),
    re.compile(r"'''(?:[^']|'{1,2}(?!'))*'{3,5}"),
    re.compile(r'"(?!"")(?:[^"\\\n]|\\[^\n])*"'),
    re.compile(r"'(?!'')[^'\n]*'"),
)
_PLAIN = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}[^\s,\]}#]*|[^\s,\]}#=\[{\"']+")


class _Scanner:
    """One pass over one text; methods consume from `at` on."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found = Positions()
        self.elements: dict[Path, int] = {}

    def document(self) -> None:
        table: Path = ()
        while True:
            self.skip(_SPACE)
            if self.at >= len(self.text):
                return
            self.found.statements.append(self.at)
            if len(self.found.statements) > MOST:
                raise _Stop("count")
            if self.peek() == "[":
                table = self.header()
            else:
                self.pair(table, 0)
            if not (match := _LINE_END.match(self.text, self.at)):
                raise _Stop
            self.at = match.end()

    def header(self) -> Path:
        start = self.at
        double = self.text.startswith("[[", start)
        self.at += 2 if double else 1
        parts = self.dotted()
        self.expect("]]" if double else "]")
        span = Span(start, self.at)
        path: Path = ()
        for number, (name, part) in enumerate(parts, start=1):
            path = (*path, name)
            self.note(self.found.keys, path, part)
            if number < len(parts) and path in self.elements:
                path = (*path, self.elements[path])
        if double:
            self.elements[path] = self.elements.get(path, -1) + 1
            path = (*path, self.elements[path])
        elif path in self.elements:
            raise _Stop
        self.note(self.found.values, path, span)
        return path

    def pair(self, table: Path, depth: int) -> None:
        parts = self.dotted()
        self.expect("=")
        self.skip(_BLANK)
        path = table
        for name, part in parts:
            path = (*path, name)
            self.note(self.found.keys, path, part)
        self.value(path, depth)

    def dotted(self) -> list[tuple[str, Span]]:
        parts = []
        while True:
            self.skip(_BLANK)
            parts.append(self.key())
            if len(parts) > DEEPEST:
                raise _Stop("depth")
            self.skip(_BLANK)
            if self.peek() != ".":
                return parts
            self.at += 1

    def key(self) -> tuple[str, Span]:
        start = self.at
        if self.peek() in ("'", '"'):
            token = self.string(_STRINGS[2:])
            name = _unquote(token)
        else:
            name = self.take(_BARE)
        return name, Span(start, self.at)

    def value(self, path: Path, depth: int) -> None:
        if depth > DEEPEST:
            raise _Stop("depth")
        start = self.at
        first = self.peek()
        if first == "[":
            self.items("]", path, depth)
        elif first == "{":
            self.items("}", path, depth)
        elif first in ("'", '"'):
            self.string(_STRINGS)
        else:
            self.take(_PLAIN)
        self.note(self.found.values, path, Span(start, self.at))

    def items(self, close: str, path: Path, depth: int) -> None:
        self.at += 1
        number = 0
        while True:
            self.skip(_SPACE)
            if self.peek() == close:
                self.at += 1
                return
            if close == "]":
                self.value((*path, number), depth + 1)
            else:
                self.pair(path, depth + 1)
            number += 1
            self.skip(_SPACE)
            if self.peek() == ",":
                self.at += 1
            elif self.peek() != close:
                raise _Stop

    def string(self, kinds: tuple[re.Pattern[str], ...]) -> str:
        for kind in kinds:
            if match := kind.match(self.text, self.at):
                self.at = match.end()
                return match[0]
        raise _Stop

    def note(self, table: dict[Path, Span], path: Path, span: Span) -> None:
        table.setdefault(path, span)
        if len(table) > MOST:
            raise _Stop("count")

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def skip(self, pattern: re.Pattern[str]) -> None:
        if match := pattern.match(self.text, self.at):
            self.at = match.end()

    def take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at)
        if not match:
            raise _Stop
        self.at = match.end()
        return match[0]

    def expect(self, token: str) -> None:
        if not self.text.startswith(token, self.at):
            raise _Stop
        self.at += len(token)


def _unquote(token: str) -> str:
    if token[0] == "'" or "\\" not in token:
        return token[1:-1]
    try:
        return str(tomllib.loads(f"key = {token}")["key"])
    except ValueError:
        raise _Stop from None
