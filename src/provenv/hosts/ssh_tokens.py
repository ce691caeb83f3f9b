"""Tells what the wrapper on a host says from what the command prints, on the same two streams.

The wrapper's words are `MARK:word;` or `MARK:word:argument;`, where MARK was made for this one command
and is unknown to everybody else. They are written whole (less than PIPE_BUF), but may arrive in pieces.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

END = b";"


@dataclass(frozen=True)
class Token:
    """One word of the wrapper."""

    word: str
    argument: str = ""


def make_mark() -> str:
    """Return a mark for one command."""
    return f"provenv-{os.urandom(12).hex()}"


class Splitter:
    """Bytes of one stream in; the command's bytes and the wrapper's words out, in their order."""

    def __init__(self, mark: str) -> None:
        self._mark = f"{mark}:".encode()
        self._held = b""

    def feed(self, chunk: bytes) -> list[bytes | Token]:
        """Take the next piece of the stream."""
        found: list[bytes | Token] = []
        data = self._held + chunk
        self._held = b""
        while (at := data.find(self._mark)) >= 0:
            if at:
                found.append(data[:at])
            end = data.find(END, at)
            if end < 0:
                self._held = data[at:]
                return found
            word, _, argument = data[at + len(self._mark) : end].decode("ascii", "replace").partition(":")
            found.append(Token(word, argument))
            data = data[end + 1 :]
        keep = self._begun(data)
        if len(data) > keep:
            found.append(data[: len(data) - keep])
        self._held = data[len(data) - keep :]
        return found

    def close(self) -> bytes:
        """Return what was held back as the beginning of a word that never came."""
        held, self._held = self._held, b""
        return held

    def _begun(self, data: bytes) -> int:
        """Return how many bytes at the end may be the beginning of a mark."""
        for size in range(min(len(self._mark) - 1, len(data)), 0, -1):
            if data.endswith(self._mark[:size]):
                return size
        return 0
