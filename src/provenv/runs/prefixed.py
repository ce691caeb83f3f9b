"""What several write at the same time, by whole lines, each behind who wrote it."""

from __future__ import annotations

from collections.abc import Callable

LONGEST = 1 << 20
"""Bytes of a line without an end that wait for it."""


class Prefixed:
    """Puts who wrote it in front of every line, and keeps the lines of several apart."""

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write = write
        self._open: dict[bytes, bytes] = {}

    def take(self, lead: bytes, data: bytes) -> None:
        """Write the lines that a piece completes; `lead` is what stands before each of one writer."""
        whole, newline, rest = (self._open.pop(lead, b"") + data).rpartition(b"\n")
        if newline:
            self._lines(lead, whole + newline)
        if len(rest) >= LONGEST:
            self._lines(lead, rest + b"\n")
        elif rest:
            self._open[lead] = rest

    def close(self, lead: bytes | None = None) -> None:
        """Write what has no end (yet), of one writer or of all."""
        for one in [lead] if lead is not None else list(self._open):
            if rest := self._open.pop(one, b""):
                self._lines(one, rest + b"\n")

    def _lines(self, lead: bytes, data: bytes) -> None:
        self._write(b"".join(lead + line for line in data.splitlines(keepends=True) if line))
