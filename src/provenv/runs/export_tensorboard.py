"""A run as TensorBoard's event files, written without TensorFlow.

A file is a row of records: length, masked CRC-32C of it, data, masked CRC-32C of that (TensorFlow,
tensorflow/core/lib/io/record_writer.h). The data is an `Event` (tensorflow/core/util/event.proto) in
protocol buffers' wire format (https://protobuf.dev/programming-guides/encoding/).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from .exporting import Value, resource_values, seen_values, steps_or_seconds
from .folder import RunFolder
from .observed import attempt_numbers, ranks

VERSION = b"brain.Event:2"
STARTED = b"\x08\x01"
"""`SessionLog` with the status START: what was written of later steps before holds no more."""
MASK = 0xA282EAD8
POLYNOMIAL = 0x82F63B78
"""CRC-32C (Castagnoli), reflected: RFC 3720, appendix B.4."""


def write_events(folder: RunFolder, place: Path, began: float, host: str) -> int:
    """Write a run's values into the empty folder `place`; return how many.

    Rank 0 lies in it, other ranks and the resources in folders of their own; each attempt has its own
    file, which tells from which step on it takes the place of the one before.
    """
    count = 0
    for attempt in attempt_numbers(folder):
        name = f"events.out.tfevents.{int(began):010d}.{_plain(host)}.{attempt:04d}"
        for rank in ranks(folder, attempt):
            where = place / f"rank-{rank}" if rank else place
            count += _write(where / name, seen_values(folder, attempt, rank), began)
        count += _write(place / "system" / name, resource_values(folder, attempt), began)
    return count


def event(at: float, step: int, what: bytes = b"") -> bytes:
    """Return an `Event`: when, at which step, and the field that tells what."""
    return b"\x09" + struct.pack("<d", at) + b"\x10" + varint(step) + what


def scalar(tag: str, value: float) -> bytes:
    """Return the field `summary` with one value."""
    try:
        single = struct.pack("<f", value)
    except OverflowError:
        single = struct.pack("<f", float("inf") if value > 0 else float("-inf"))
    return field(5, field(1, field(1, tag.encode()) + b"\x15" + single))


def field(number: int, data: bytes) -> bytes:
    """Return a field of bytes, with its number and length."""
    return varint(number << 3 | 2) + varint(len(data)) + data


def varint(value: int) -> bytes:
    """Return a whole number as protocol buffers write it; a negative one as 64 bits."""
    value &= (1 << 64) - 1
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)


def record(data: bytes) -> bytes:
    """Return data as a record of the file."""
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked(length)) + data + struct.pack("<I", masked(data))


def masked(data: bytes) -> int:
    """Return the masked CRC-32C of data."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + MASK) & 0xFFFFFFFF


def _table() -> Iterator[int]:
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ (POLYNOMIAL if crc & 1 else 0)
        yield crc


_TABLE = tuple(_table())


def _write(path: Path, found: Iterable[Value], began: float) -> int:
    """Write a file, unless it would be empty."""
    file: BinaryIO | None = None
    count = 0
    try:
        for one in found:
            step = steps_or_seconds(one, began)
            if file is None:
                path.parent.mkdir(parents=True, exist_ok=True)
                file = path.open("wb")
                file.write(record(event(one.at, 0, field(3, VERSION))))
                file.write(record(event(one.at, step, field(7, STARTED))))
            file.write(record(event(one.at, step, scalar(one.name, one.value))))
            count += 1
    finally:
        if file is not None:
            file.close()
    return count


def _plain(host: str) -> str:
    return re.sub(r"[^A-Za-z0-9-]+", "-", host) or "provenv"
