"""Reading lines of JSON that may be many, torn, or written to right now: one at a time, never all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LONGEST = 1 << 20
"""Bytes of the longest line that is believed; a longer one is passed over."""
BLOCK = 1 << 16


def records(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a file of JSON lines.

    A last line without its end is torn and counts for nothing; so do lines that are no object. A file
    that is not there, or may not be read, has none.
    """
    try:
        file = path.open("rb")
    except OSError:
        return
    with file:
        whole = True
        while line := file.readline(LONGEST):
            ends = line.endswith(b"\n")
            if whole and ends and (found := _object(line)) is not None:
                yield found
            # the rest of a line that was too long is no line
            whole = ends


def last_records(path: Path, *, most: int = 1 << 20) -> Iterator[dict[str, Any]]:
    """Yield the objects of the last `most` bytes of a file of JSON lines, the last line first."""
    try:
        file = path.open("rb")
    except OSError:
        return
    with file:
        place = file.seek(0, os.SEEK_END)
        least = max(place - most, 0)
        rest, torn = b"", True
        while place > least:
            size = min(BLOCK, place - least)
            place -= size
            file.seek(place)
            lines = (file.read(size) + rest).split(b"\n")
            rest = lines[0]
            for line in reversed(lines[1:]):
                # what stands behind the last newline is torn, if it is anything
                if not torn and (found := _object(line)) is not None:
                    yield found
                torn = False
        if place == 0 and not torn and (found := _object(rest)) is not None:
            yield found


def number(found: dict[str, Any], key: str) -> float | None:
    """Return a figure of an object, None where it has none (a truth value is none)."""
    value = found.get(key)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def whole(found: dict[str, Any], key: str) -> int | None:
    """Return a whole number of an object, None where it has none."""
    value = found.get(key)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def words(found: dict[str, Any], key: str) -> str:
    """Return a text of an object, empty where it has none; what UTF-8 cannot write becomes `\\udcff`."""
    value = found.get(key)
    return writable(value) if isinstance(value, str) else ""


def writable(text: str) -> str:
    """Return a text without the halves of characters that JSON, and file names, may hold."""
    return text.encode("utf-8", "backslashreplace").decode()


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
