"""A log as a stream of bytes -> what of it matters: the lines that patterns know, its beginning and its end.

It takes seconds and constant memory for a log of 200 MB: a block is cut into
words at once, and only a line with a pattern's anchor meets that pattern; lines
that differ only in their numbers are tried a few times and then counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from .rule import Pattern

BLOCK = 1 << 20
# a longer line is cut, its pieces overlapping
LONGEST = 4000
OVERLAP = 400
KEPT = 1 << 18
# lines of one shape (their digits removed) that are tried before the shape is believed to be known
TRIES = 40
REMEMBERED = 100_000
FOLD = bytes(
    byte if byte >= 0x80 or 97 <= byte <= 122 else byte + 32 if 65 <= byte <= 90 else 32
    for byte in range(256)
)
DIGITS = b"0123456789"
ESCAPES = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]{0,4000}(?:\x07|\x1b\\)|[@-Z\\-_])")
# a paste that a terminal wrapped: the next line goes on in the middle of a word or sentence
WRAPPED = 60
AROUND = 8


@dataclass
class Hit:
    """One pattern's match: where first and last, the line's text, what it captured, how often."""

    cause: str
    pattern: Pattern
    line: int
    text: str
    captured: dict[str, str]
    last: int
    times: int = 1
    # the line before, which tells an echoed line of source code from a message
    before: str = ""
    # which characters of the text matched; none where the match runs over several lines
    start: int = 0
    length: int = 0


@dataclass
class Log:
    """What was kept of a log: the hits by `cause/pattern`, its beginning and end, and its size."""

    hits: dict[str, list[Hit]] = field(default_factory=dict)
    head: str = ""
    tail: str = ""
    lines: int = 0
    size: int = 0
    zeros: int = 0

    @property
    def text(self) -> str:
        """Beginning and end; the whole log where it is short."""
        return self.head + self.tail

    @property
    def binary(self) -> bool:
        """Whether so many bytes were zero that it can't be a text."""
        return self.zeros * 100 > self.size


MOST_HITS = 20


class Index:
    """The patterns of all rules by their anchors."""

    def __init__(self, patterns: Iterable[tuple[str, Pattern]]) -> None:
        self.by_word: dict[bytes, list[tuple[str, Pattern]]] = {}
        for cause, pattern in patterns:
            for anchor in pattern.anchors:
                self.by_word.setdefault(anchor.encode(), []).append((cause, pattern))
        self.words = frozenset(word for word in self.by_word if word.isascii())
        self.wide = tuple(word for word in self.by_word if not word.isascii())

    def found(self, block: bytes) -> set[bytes]:
        """Return the anchors that stand in the block."""
        found = set(block.translate(FOLD).split()) & self.words
        if self.wide and not block.isascii():
            found |= {word for word in self.wide if word in block}
        return found


def scan(blocks: Iterable[bytes], index: Index) -> Log:
    """Return what matters of a log that comes in blocks of any size."""
    scanner = _Scanner(index)
    for block in _whole_lines(blocks):
        scanner.block(block)
    return scanner.log


def _whole_lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield blocks that end with a line's end, except the last; a line longer than a block is cut."""
    rest = b""
    for block in blocks:
        for start in range(0, len(block), BLOCK):
            rest += block[start : start + BLOCK]
            end = rest.rfind(b"\n") + 1
            if end:
                yield rest[:end]
                rest = rest[end:]
            elif len(rest) > BLOCK:
                yield rest
                rest = b""
    if rest:
        yield rest


class _Scanner:
    def __init__(self, index: Index) -> None:
        self.log = Log()
        self._index = index
        self._known: dict[bytes, int] = {}
        self._shapes: dict[bytes, tuple[Hit, ...]] = {}
        self._before: list[bytes] = []

    def block(self, block: bytes) -> None:
        log = self.log
        log.size += len(block)
        if b"\0" in block:
            log.zeros += block.count(b"\0")
            # PowerShell writes a redirected log as UTF-16
            block = block.replace(b"\0", b"")
        if b"\x1b" in block:
            block = ESCAPES.sub(b"", block)
        if b"\r" in block:
            block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        self._keep(block)
        lines = block.split(b"\n")
        if block.endswith(b"\n"):
            lines.pop()
        if self._index.found(block):
            self._lines(lines)
        self._before = lines[-AROUND:]
        log.lines += len(lines)

    def _keep(self, block: bytes) -> None:
        log = self.log
        if len(log.head) < KEPT:
            room = KEPT - len(log.head)
            log.head += block[:room].decode("utf-8", "replace")
            block = block[room:]
        if block:
            log.tail = (log.tail + block[-KEPT:].decode("utf-8", "replace"))[-KEPT:]

    def _lines(self, lines: Sequence[bytes]) -> None:
        start = self.log.lines + 1
        shapes, known = self._shapes, self._known
        joining = self.log.size <= 2 * BLOCK
        for place, line in enumerate(lines):
            shape = line.translate(None, DIGITS)
            tries = known.get(shape, 0)
            if tries >= TRIES:
                for hit in shapes.get(shape, ()):
                    hit.times += 1
                    hit.last = start + place
                continue
            if len(known) > REMEMBERED:
                known.clear()
                shapes.clear()
            found = self._index.found(line)
            if not found and not joining:
                known[shape] = TRIES
                continue
            known[shape] = tries + 1
            hits = self._line(line, place, lines, found, joining=joining)
            if hits:
                shapes[shape] = hits

    def _line(
        self, line: bytes, place: int, lines: Sequence[bytes], found: set[bytes], *, joining: bool
    ) -> tuple[Hit, ...]:
        hits: list[Hit] = []
        tried: set[int] = set()
        for piece in _pieces(line):
            words = piece.decode("utf-8", "replace")
            for cause, pattern in self._wanted(found):
                near = words
                if pattern.span > 1:
                    near = self._near(place, lines, pattern.span)
                hits += self._try(cause, pattern, near, words, place, lines)
                tried.add(id(pattern))
        if joining and WRAPPED <= len(line) <= LONGEST and place + 1 < len(lines):
            # each join is tried for the patterns that neither line alone can show
            for joined in (
                line + lines[place + 1][:LONGEST],
                line + b" " + lines[place + 1][:LONGEST].lstrip(),
            ):
                words = joined.decode("utf-8", "replace")
                for cause, pattern in self._wanted(self._index.found(joined)):
                    if pattern.span == 1 and not self._seen(cause, pattern, place, lines):
                        hits += self._try(cause, pattern, words, words, place, lines)
        return tuple(hits)

    def _seen(self, cause: str, pattern: Pattern, place: int, lines: Sequence[bytes]) -> bool:
        """Whether one of the two lines shows the pattern by itself."""
        both = (lines[place], lines[place + 1][:LONGEST])
        return any(pattern.compiled.search(one.decode("utf-8", "replace")) for one in both)

    def _wanted(self, found: set[bytes]) -> Iterator[tuple[str, Pattern]]:
        given: set[tuple[str, str]] = set()
        for word in found:
            for cause, pattern in self._index.by_word[word]:
                if (cause, pattern.id) not in given:
                    given.add((cause, pattern.id))
                    yield cause, pattern

    def _near(self, place: int, lines: Sequence[bytes], span: int) -> str:
        """Return the line with those around it, `span` lines before and behind."""
        around = [*self._before, *lines[max(0, place - span) : place]][-span + 1 :] if place < span else None
        before = around if around is not None else list(lines[place - span + 1 : place])
        near = [*before, *lines[place : place + span]]
        return "\n".join(one[:LONGEST].decode("utf-8", "replace") for one in near)

    def _try(
        self, cause: str, pattern: Pattern, near: str, words: str, place: int, lines: Sequence[bytes]
    ) -> Iterator[Hit]:
        match = pattern.compiled.search(near)
        if match is None:
            return
        number = self.log.lines + 1 + place
        kept = self.log.hits.setdefault(f"{cause}/{pattern.id}", [])
        same = next((hit for hit in kept if hit.text == words), None)
        if same is not None:
            same.times += same.last != number
            same.last = number
            yield same
        else:
            before = lines[place - 1] if place else (self._before or [b""])[-1]
            captured = {name: value for name, value in match.groupdict().items() if value}
            hit = Hit(
                cause,
                pattern,
                number,
                words,
                captured,
                number,
                before=before[:LONGEST].decode("utf-8", "replace"),
                start=match.start() if near is words else 0,
                length=match.end() - match.start() if near is words else 0,
            )
            if len(kept) < MOST_HITS:
                kept.append(hit)
            else:
                # the first ones and the newest one are kept
                kept[-1] = hit
            yield hit


def _pieces(line: bytes) -> Iterator[bytes]:
    if len(line) <= LONGEST:
        yield line
        return
    for start in range(0, len(line), LONGEST - OVERLAP):
        yield line[start : start + LONGEST]
