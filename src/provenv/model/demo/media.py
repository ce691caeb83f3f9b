"""A picture or sound that an example left: believed by its first bytes, and never large."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Literal

from ...errors import Text, text

PNG = b"\x89PNG\r\n\x1a\n"
LARGEST = 2 << 20
"""Bytes of one picture or sound."""
ALL = 40 << 20
"""Bytes of them all: a page that holds more is slow to open."""
MOST_SIDE = 8192


@dataclass(frozen=True)
class Media:
    """The content of a file; `width` and `height` of a picture, else 0."""

    kind: Literal["png", "wav"]
    content: bytes
    width: int = 0
    height: int = 0


class Refused(ValueError):
    """Why a file is left out."""

    def __init__(self, why: Text) -> None:
        super().__init__(why.key)
        self.why = why


def media(name: str, content: bytes, room: int = ALL) -> Media:
    """Return a file as what its name says it is. Raises Refused where it is not, or has more than `room`."""
    if len(content) > LARGEST:
        raise Refused(text("demo.media.large", most=LARGEST >> 20))
    if len(content) > room:
        raise Refused(text("demo.media.many", most=ALL >> 20))
    if name.lower().endswith(".png"):
        return _png(content)
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE" or len(content) < 44:
        raise Refused(text("demo.media.no_wav"))
    return Media("wav", content)


def _png(content: bytes) -> Media:
    if not content.startswith(PNG) or content[12:16] != b"IHDR" or len(content) < 33:
        raise Refused(text("demo.media.no_png"))
    width, height = struct.unpack(">II", content[16:24])
    if not (0 < width <= MOST_SIDE and 0 < height <= MOST_SIDE):
        raise Refused(text("demo.media.no_png"))
    return Media("png", content, width, height)
