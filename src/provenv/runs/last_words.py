"""What of a log tells how a process ended: its last exception or line, without what differs each time."""

from __future__ import annotations

import re
from pathlib import Path

KEPT = 1 << 18
"""Bytes of a log's beginning, and as many of its end, that are read for a diagnosis."""
LONGEST = 300

_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07")
_RANK = re.compile(r"^\[(?:rank)?\d+\]:? ?")
_EXCEPTION = re.compile(
    r"^(?:[A-Za-z_]\w*\.)*(?P<name>[A-Z]\w*(?:Error|Exception|Interrupt|Exit|Warning))(?::|$)"
)
# addresses, times, numbers of processes and ports
_DIFFERS = re.compile(r"0x[0-9a-fA-F]+|\d+")


def kept(log: Path) -> bytes:
    """Return a log, or its beginning and its end where it is long; nothing where it can't be read."""
    try:
        with log.open("rb") as file:
            head = file.read(KEPT)
            size = file.seek(0, 2)
            if size <= 2 * KEPT:
                file.seek(len(head))
                return head + file.read()
            file.seek(size - KEPT)
            # its first line is torn
            return head + b"\n" + file.read().partition(b"\n")[2]
    except OSError:
        return b""


def last_words(log: bytes) -> tuple[str, str]:
    """Return the name of the exception that a log ends with, empty if it doesn't, and its last words."""
    words = ""
    for raw in reversed(log[-KEPT:].decode("utf-8", "replace").splitlines()):
        line = _RANK.sub("", _CODES.sub("", raw)).rstrip()
        if not line:
            continue
        words = words or line
        found = _EXCEPTION.match(line)
        if found:
            return found["name"], _without_numbers(line)
    return "", _without_numbers(words)


def _without_numbers(line: str) -> str:
    return _DIFFERS.sub("#", line)[:LONGEST]
