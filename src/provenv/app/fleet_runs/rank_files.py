"""What one process on a host prints and tells of itself, written into the record here as if it ran here."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

LONGEST = 1 << 16
"""Bytes of a line that are kept before it ends."""


class RankFiles:
    """The log of a rank, what was seen from within it, and its stacks."""

    def __init__(self, log: Path, seen: Path, stacks: Path) -> None:
        """Open the log. Raises OSError where it can't be made."""
        self.lost = False
        self._log = _opened(log)
        self._paths = {"seen": seen, "stacks": stacks}
        self._begun: dict[int, bytes] = {}

    def printed(self, stream: int, words: bytes) -> None:
        """Keep what came, line by whole line: two streams write into one log."""
        words = self._begun.pop(stream, b"") + words
        end = 1 + max(words.rfind(b"\n"), words.rfind(b"\r"))
        whole = len(words) if len(words) > LONGEST else end
        if words[whole:]:
            self._begun[stream] = words[whole:]
        self._write(self._log, words[:whole])

    def told(self, kind: str, lines: bytes) -> None:
        """Add whole lines to the file of that kind."""
        try:
            handle = _opened(self._paths[kind])
        except OSError:
            self.lost = True
            return
        try:
            self._write(handle, lines)
        finally:
            os.close(handle)

    def close(self) -> None:
        """Keep what has no end, and let the log go."""
        for words in self._begun.values():
            self._write(self._log, words)
        self._begun.clear()
        with suppress(OSError):
            os.close(self._log)

    def _write(self, handle: int, words: bytes) -> None:
        try:
            while words:
                words = words[os.write(handle, words) :]
        except OSError:
            # a full disk here does not end a training there
            self.lost = True


def _opened(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
