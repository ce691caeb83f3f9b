"""The safetensors format: 8 bytes of length, a JSON header, then the tensors' raw little-endian bytes.

Written and read after the format's own description (github.com/huggingface/safetensors, README, "Format"),
in the order and with the padding of the reference implementation, so that the same tensors give the same
file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, BinaryIO

SIZES = {
    "BOOL": 1,
    "U8": 1,
    "I8": 1,
    "F8_E5M2": 1,
    "F8_E4M3": 1,
    "F8_E8M0": 1,
    "I16": 2,
    "U16": 2,
    "F16": 2,
    "BF16": 2,
    "I32": 4,
    "U32": 4,
    "F32": 4,
    "C64": 8,
    "F64": 8,
    "I64": 8,
    "U64": 8,
}
"""The format's types and their bytes, in the order of the reference implementation."""
LARGEST = 100_000_000


class Malformed(Exception):
    """A file that is not safetensors, or not a whole one."""


@dataclass(frozen=True)
class Entry:
    """One tensor of a header; `begin` counts from the end of the header."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    begin: int = 0

    @property
    def size(self) -> int:
        """The tensor's bytes."""
        return prod(self.shape) * SIZES[self.dtype]


def arranged(entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries in the file's order (largest types first, then by name), each with its place."""
    order = {dtype: number for number, dtype in enumerate(SIZES)}
    placed: list[Entry] = []
    begin = 0
    for entry in sorted(entries, key=lambda one: (-order[one.dtype], one.name.encode())):
        placed.append(Entry(entry.name, entry.dtype, entry.shape, begin))
        begin += entry.size
    return placed


def header(placed: Sequence[Entry], metadata: Mapping[str, str] | None = None) -> bytes:
    """Return the file's first bytes, up to where the tensors begin."""
    content: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    for entry in placed:
        content[entry.name] = {
            "dtype": entry.dtype,
            "shape": list(entry.shape),
            "data_offsets": [entry.begin, entry.begin + entry.size],
        }
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def read_header(file: BinaryIO, size: int) -> tuple[bytes, list[Entry]]:
    """Return the first bytes of a file of this size, and its tensors by place. Raises Malformed."""
    length = file.read(8)
    count = int.from_bytes(length, "little")
    if len(length) < 8 or count > min(LARGEST, size - 8):
        raise Malformed("the header is cut off")
    text = file.read(count)
    try:
        content = json.loads(text)
        content.pop("__metadata__", None)
        entries = [
            Entry(name, one["dtype"], tuple(map(int, one["shape"])), int(one["data_offsets"][0]))
            for name, one in content.items()
        ]
        ends = {entry.begin + entry.size for entry in entries}
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise Malformed(f"the header can't be read ({type(error).__name__})") from error
    if max(ends, default=0) != size - 8 - count:
        raise Malformed(f"it has {size} bytes, {8 + count + max(ends, default=0)} were written")
    return length + text, sorted(entries, key=lambda one: one.begin)
