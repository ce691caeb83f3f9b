"""Files read for secrets, in bounded memory: text in any encoding, notebooks, binary files."""

from __future__ import annotations

import codecs
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from .rules import Rule, rules

BLOCK = 4 << 20
OVERLAP = 16 << 10
"""What is read twice where two blocks meet: longer than any secret that a rule knows but whole keys' ends."""
BEFORE, BEHIND = 2 << 10, 8 << 10
"""How far around a keyword its pattern is tried: from the start of its line, at most so many bytes before."""
LONGEST_SHOWN = 500
ALLOWANCE = re.compile(rb"provenv:\s*allow-secret\b")
_TOKEN = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789+/=_.~-")
_FLAT = bytes(ord("x") if one in _TOKEN else ord(" ") for one in range(256))
_LEAST = b"x" * 20


@dataclass(frozen=True)
class Secret:
    """One that was found: by which rule, 1-based line and column, how long.

    `shown` is what may be shown of it: how all of its kind begin, empty where that says nothing.
    `source` is its line with every secret on it masked, None where the line is too long to be read.
    `allowed` tells that its line says so.
    """

    rule: Rule
    line: int
    column: int
    length: int
    shown: str
    source: str | None
    allowed: bool = False


@dataclass(frozen=True)
class _Found:
    """What a rule found in a block: where the secret begins and ends, and what place is told for it."""

    rule: Rule
    begin: int
    end: int
    at: int


def scan(file: BinaryIO, name: str) -> Iterator[Secret]:
    """Yield the secrets in a file that is called `name`, in their order. Raises OSError."""
    line, done = 1, 0
    for block, final in _blocks(file):
        binary = b"\0" in block[:8192]
        keep = len(block) if final else len(block) - OVERLAP
        found = [one for one in _matches(block, name, binary=binary) if done <= one.begin <= keep]
        yield from _placed(block, found, line)
        line += block.count(b"\n", 0, keep)
        # offsets of the next block, which begins with this one's end
        done = max(0, max((one.end for one in found), default=0) - keep)


def _blocks(file: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """Yield a file in blocks that overlap, as UTF-8 where it is UTF-16 or -32; and whether it is the last."""
    first = file.read(BLOCK)
    encoding = _encoding(first)
    decoder = codecs.getincrementaldecoder(encoding)("replace") if encoding else None
    kept, fresh = b"", first
    while True:
        more = file.read(BLOCK) if len(first) == BLOCK else b""
        text = decoder.decode(fresh, final=not more).encode("utf-8", "replace") if decoder else fresh
        block = kept + text
        yield block, not more
        if not more:
            return
        kept, fresh = block[-OVERLAP:], more


def _encoding(start: bytes) -> str:
    for mark, encoding in (
        (codecs.BOM_UTF32_LE, "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if start.startswith(mark):
            return encoding
    head = start[:512]
    half = len(head) // 2
    if half >= 8:
        # text of few scripts has a zero in every second byte
        if head[1::2].count(0) > half * 0.8 and head[0::2].count(0) < half * 0.1:
            return "utf-16-le"
        if head[0::2].count(0) > half * 0.8 and head[1::2].count(0) < half * 0.1:
            return "utf-16-be"
    return ""


def _matches(block: bytes, name: str, *, binary: bool) -> list[_Found]:
    """Return what the rules find in a block."""
    small = block.lower()
    runs = b" ".join(_runs(small))
    # a word is looked for once, however many rules it leads to
    known: dict[tuple[bytes, bool], bool] = {}
    text = ""
    taken: list[_Found] = []
    for rule in rules():
        if not rule.reads(name, binary=binary) or not all(one in small for one in rule.needs):
            continue
        words = [one for one in rule.keywords if _stands(one, rule, small, runs, known)]
        if not words:
            continue
        text = text or block.decode("latin-1")
        for start, end in _windows(small, words, lines=rule.lines):
            for match in rule.pattern.finditer(text, start, end):
                begin, finish = match.span("secret")
                if any(begin < other.end and finish > other.begin for other in taken):
                    continue
                if rule.is_secret(match["secret"]):
                    head = rule.head and "\n" in text[match.start() : begin]
                    taken.append(_Found(rule, begin, finish, match.start() if head else begin))
    return sorted(taken, key=lambda one: one.begin)


def _runs(small: bytes) -> Iterator[bytes]:
    """Yield what has the form of a token, 20 characters or more without a break: most text has little."""
    flat = small.translate(_FLAT)
    at = flat.find(_LEAST)
    while at >= 0:
        end = flat.find(b" ", at)
        end = len(flat) if end < 0 else end
        yield small[at:end]
        at = flat.find(_LEAST, end)


def _stands(
    word: bytes, rule: Rule, small: bytes, runs: bytes, known: dict[tuple[bytes, bool], bool]
) -> bool:
    found = known.get((word, rule.alone))
    if found is None:
        found = known[word, rule.alone] = word in (runs if rule.alone else small)
    return found


def _windows(small: bytes, keywords: Iterable[bytes], *, lines: bool) -> Iterator[tuple[int, int]]:
    """Yield the parts of a block that lie near a keyword, those that touch as one: its line, or more."""
    spans: list[tuple[int, int]] = []
    for word in keywords:
        at = small.find(word)
        while at >= 0:
            front = max(0, at - BEFORE)
            start = max(small.rfind(b"\n", front, at) + 1, front)
            stop = min(at + BEHIND, len(small))
            line = -1 if lines else small.find(b"\n", at, stop)
            end = stop if line < 0 else line
            spans.append((start, end))
            at = small.find(word, at + len(word) if lines else end)
    spans.sort()
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    yield from merged


def _placed(block: bytes, found: list[_Found], first: int) -> Iterator[Secret]:
    """Yield what was found with its line, in which all that was found is masked."""
    if not found:
        return
    masked = bytearray(block)
    for one in found:
        masked[one.begin : one.end] = re.sub(rb"[^\r\n]", b"*", block[one.begin : one.end])
        shown = min(one.begin + one.rule.show, one.end)
        masked[one.begin : shown] = block[one.begin : shown]
    starts = [0, *(match.end() for match in re.finditer(b"\n", block))]
    for one in found:
        number = bisect_right(starts, one.at)
        start = starts[number - 1]
        stop = _end_of_line(block, one.at)
        said = block[start:stop] + block[one.begin : _end_of_line(block, one.begin)]
        source = bytes(masked[start:stop]).decode("utf-8", "replace").rstrip("\r")
        yield Secret(
            rule=one.rule,
            line=first + number - 1,
            column=len(block[start : one.at].decode("utf-8", "replace")) + 1,
            length=min(one.end, stop) - one.at,
            shown=f"{block[one.begin : one.begin + one.rule.show].decode('latin-1')}****"
            if one.rule.show
            else "",
            source=source if len(source) <= LONGEST_SHOWN else None,
            allowed=ALLOWANCE.search(said) is not None,
        )


def _end_of_line(block: bytes, at: int) -> int:
    end = block.find(b"\n", at)
    return len(block) if end < 0 else end
