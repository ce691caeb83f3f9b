"""Bytes of a log as a terminal would show them, in UTF-8: without escapes and zeros."""

from __future__ import annotations

import re

ESCAPES = re.compile(rb"\x1b(?:\[[0-?]{0,60}[ -/]{0,9}[@-~]|\][^\x07\x1b]{0,4000}(?:\x07|\x1b\\)|[@-Z\\-_])")
# Chinese as GB 2312 puts it into bytes: both of them high, the first one in these rows
CHINESE = re.compile(rb"[\xb0-\xf7][\xa1-\xfe]")
HIGH = bytes(range(0x80, 0x100))


def cleaned(block: bytes) -> bytes:
    """Return a block of whole lines as its readers would see it; a progress bar's states become lines."""
    if b"\0" in block:
        # PowerShell writes what it appends as UTF-16, and a file that was cut begins with a hole
        block = block.replace(b"\0", b"")
    if b"\x1b" in block:
        block = ESCAPES.sub(b"", block)
    if b"\r" in block:
        block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return block if block.isascii() else _in_utf8(block)


def _in_utf8(block: bytes) -> bytes:
    """Return a block in UTF-8; a line in another encoding is taken for GB 18030 where it is Chinese in it."""
    try:
        block.decode()
    except UnicodeDecodeError:
        return b"\n".join(map(_line_in_utf8, block.split(b"\n")))
    return block


def _line_in_utf8(line: bytes) -> bytes:
    try:
        line.decode()
    except UnicodeDecodeError:
        high = len(line) - len(line.translate(None, HIGH))
        if 20 * len(CHINESE.findall(line)) >= 6 * high:
            return line.decode("gb18030", "replace").encode()
    return line
