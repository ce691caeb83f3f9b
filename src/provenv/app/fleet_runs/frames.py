"""What the agent on a host sends, taken apart: lines of JSON, each with so many bytes behind it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

LONGEST = 1 << 16
"""Bytes of a frame's first line: what has no end by then is no agent's."""

Frame = tuple[str, Mapping[str, Any], bytes]


class NotAFrame(ValueError):
    """Raised where something else than the agent writes."""


class Frames:
    """Bytes in as they come, whole frames out."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, piece: bytes) -> Iterator[Frame]:
        """Yield kind, what is told, and body of each frame that is whole by now. Raises NotAFrame."""
        self._held += piece
        while (end := self._held.find(b"\n")) >= 0:
            told = _line(bytes(self._held[:end]))
            whole = end + 1 + told["n"]
            if len(self._held) < whole:
                return
            body = bytes(self._held[end + 1 : whole])
            del self._held[:whole]
            yield str(told["k"]), told, body
        if len(self._held) > LONGEST:
            raise NotAFrame


def _line(line: bytes) -> Mapping[str, Any]:
    try:
        told = json.loads(line)
    except ValueError:
        raise NotAFrame from None
    if not isinstance(told, dict) or not isinstance(told.get("n"), int) or "k" not in told:
        raise NotAFrame
    return told
