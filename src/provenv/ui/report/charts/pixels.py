"""A small grey image as a PNG inside the page: ink as opacity, so that it lies on any paper."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Sequence

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY_WITH_ALPHA = 4  # colour type of the PNG specification (W3C, third edition, 11.2.1)


def png(pixels: Sequence[Sequence[float]]) -> bytes:
    """Return a PNG of rows of ink in 0..1: black, as opaque as there is ink."""
    height, width = len(pixels), len(pixels[0])
    rows = b"".join(b"\0" + bytes(value for ink in row for value in (0, round(ink * 255))) for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 8, GREY_WITH_ALPHA, 0, 0, 0)
    return (
        SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows, 9)) + _chunk(b"IEND", b"")
    )


def address(pixels: Sequence[Sequence[float]]) -> str:
    """Return the PNG as a `data:` address for an image element."""
    return "data:image/png;base64," + base64.b64encode(png(pixels)).decode("ascii")


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)
