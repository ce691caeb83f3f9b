"""What the processes of a group print, on its way to the user: one as it is, several by lines with a rank."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress

LONGEST = 1 << 16
"""Bytes of a line after which it is shown though it hasn't ended."""


class Shown:
    """Takes the bytes of each process and writes what is to be seen: `write(stream, bytes)`.

    Of a lone process nothing is changed, so colours and bars that go back in their line survive. Of several
    each whole line gets `[rank] ` in front; of what a bar wrote over itself in a line only the last is shown.
    What can't be written (whoever read has left) is dropped: a run outlives its viewers. `labels` are what
    stands in place of a rank, where it has one.
    """

    def __init__(
        self, world: int, write: Callable[[int, bytes], object], labels: Mapping[int, str] | None = None
    ) -> None:
        self._write = write
        self._labels = labels
        self._one = world == 1 and labels is None
        self._begun: dict[tuple[int, int], bytes] = {}

    def __call__(self, rank: int, stream: int, words: bytes) -> None:
        """Take what a process wrote to its standard output (1) or error (2)."""
        if self._one:
            self._put(stream, words)
            return
        *lines, rest = (self._begun.get((rank, stream), b"") + words).split(b"\n")
        if len(rest) > LONGEST:
            lines, rest = [*lines, rest], b""
        # a bar that is drawn for hours in one line: what it drew over is of no use to anybody
        body = rest.rstrip(b"\r")
        self._begun[rank, stream] = body.rpartition(b"\r")[2] + rest[len(body) :]
        if lines:
            self._put(stream, b"".join(self._line(rank, line) for line in lines))

    def end(self) -> None:
        """Show what was begun and never ended by a newline."""
        for (rank, stream), rest in sorted(self._begun.items()):
            if rest.strip(b"\r"):
                self._put(stream, self._line(rank, rest))
        self._begun.clear()

    def _put(self, stream: int, words: bytes) -> None:
        with suppress(OSError, ValueError):
            self._write(stream, words)

    def _line(self, rank: int, line: bytes) -> bytes:
        label = (self._labels or {}).get(rank, str(rank)).encode()
        return b"[%s] %s\n" % (label, line.rstrip(b"\r").rpartition(b"\r")[2])
