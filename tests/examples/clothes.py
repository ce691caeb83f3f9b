"""A small real part of Fashion-MNIST in files of its own, and what tests do to it; standard library only."""

from __future__ import annotations

import gzip
import struct
from dataclasses import dataclass
from pathlib import Path

DEBIAN = Path("/usr/share/datasets/fashion-mnist")
SIDE = 28
CLASSES = 10


@dataclass(frozen=True)
class Clothes:
    """Pictures, 784 bytes each, and their labels."""

    pictures: list[bytes]
    labels: bytes

    def __add__(self, other: Clothes) -> Clothes:
        return Clothes(self.pictures + other.pictures, self.labels + other.labels)

    def some(self, begin: int, end: int) -> Clothes:
        """Return of each class those from `begin` to `end`."""
        counts, rows = [0] * CLASSES, []
        for row, label in enumerate(self.labels):
            if begin <= counts[label] < end:
                rows.append(row)
            counts[label] += 1
        return Clothes([self.pictures[row] for row in rows], bytes(self.labels[row] for row in rows))

    def shifted(self) -> Clothes:
        """Return the same pictures with each label moved by one."""
        return Clothes(self.pictures, bytes((label + 1) % CLASSES for label in self.labels))


def read(part: str) -> Clothes:
    """Return a part of the set that the Debian package installed: `train` or `t10k`."""
    images = gzip.decompress((DEBIAN / f"{part}-images-idx3-ubyte.gz").read_bytes())[16:]
    labels = gzip.decompress((DEBIAN / f"{part}-labels-idx1-ubyte.gz").read_bytes())[8:]
    size = SIDE * SIDE
    return Clothes([images[place : place + size] for place in range(0, len(images), size)], labels)


def write(folder: Path, train: Clothes, test: Clothes) -> Path:
    """Write the four files as the set has them, unpacked."""
    folder.mkdir(parents=True)
    for part, one in (("train", train), ("t10k", test)):
        count = len(one.labels)
        images = struct.pack(">4I", 0x803, count, SIDE, SIDE) + b"".join(one.pictures)
        (folder / f"{part}-images-idx3-ubyte").write_bytes(images)
        (folder / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">2I", 0x801, count) + one.labels)
    return folder
