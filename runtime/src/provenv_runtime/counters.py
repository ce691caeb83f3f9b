"""Orders and keys that are functions of counters: no state, so nothing to lose; the same on every platform.

`augmentation_key` is BLAKE2b (RFC 7693) over three little-endian 64-bit words. `Permutation` is the
generalised Feistel network with cycle walking of J. Black and P. Rogaway, "Ciphers with arbitrary finite
domains" (CT-RSA 2002), its round function the finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). An
order of ten million items takes no memory and can be entered anywhere, where a shuffled list takes 400 MB
and seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from math import isqrt
from struct import pack
from typing import Any

from .optional import loaded

ORDER = 1
"""The version of the order: it is part of a sampler's state and changes if `Permutation` ever does."""
MASK = (1 << 64) - 1
ROUNDS = 6
BLOCK = 1024
FIRST, SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def augmentation_key(seed: int, epoch: int, index: int) -> int:
    """Return 64 bits (0 <= key < 2**64) that belong to this item in this epoch alone.

    Seed a generator with it, and what it draws does not depend on workers, ranks, or where training resumed:
    `torch.Generator().manual_seed(key)`, `numpy.random.default_rng(key)`, `random.Random(key)`.
    """
    return _hash(b"provenv augment", seed, epoch, index)


def _hash(purpose: bytes, *words: int) -> int:
    packed = pack(f"<{len(words)}Q", *(word & MASK for word in words))
    return int.from_bytes(blake2b(packed, digest_size=8, person=purpose).digest(), "little")


class Permutation:
    """The order of one epoch: position -> item, both in range(length), each item once.

    Takes the number of items, the seed and the epoch; holds a few integers.
    """

    def __init__(self, length: int, seed: int, epoch: int) -> None:
        if not 0 < length < 1 << 62:
            raise ValueError(f"an order needs at least one item and fewer than 2**62, not {length}")
        self.length = length
        self._rows = isqrt(length - 1) + 1
        self._columns = -(-length // self._rows)
        self._keys = tuple(_hash(b"provenv order", seed, epoch, index) for index in range(ROUNDS))

    def __call__(self, position: int) -> int:
        """Return the item at a position."""
        if not 0 <= position < self.length:
            raise IndexError(position)
        item = self._step(position)
        while item >= self.length:
            item = self._step(item)
        return item

    def _step(self, number: int) -> int:
        rows, columns = self._rows, self._columns
        row, column = divmod(number, columns)
        for index in range(0, ROUNDS, 2):
            row = (row + (_mixed(column + self._keys[index]) * rows >> 32)) % rows
            column = (column + (_mixed(row + self._keys[index + 1]) * columns >> 32)) % columns
        return row * columns + column

    def among(self, positions: range) -> Iterator[int]:
        """Yield the items at these positions; many at a time where numpy is there (the same items)."""
        for start in range(0, len(positions), BLOCK):
            part = positions[start : start + BLOCK]
            numpy = loaded("numpy")
            if numpy is None or len(part) < 16:
                yield from map(self, part)
            else:
                yield from self._many(numpy, part)

    def _many(self, numpy: Any, positions: range) -> list[int]:
        items = numpy.arange(positions.start, positions.stop, positions.step, dtype=numpy.uint64)
        items = self._steps(numpy, items)
        while (outside := items >= self.length).any():
            items[outside] = self._steps(numpy, items[outside])
        found: list[int] = items.tolist()
        return found

    def _steps(self, numpy: Any, numbers: Any) -> Any:
        word = numpy.uint64
        rows, columns = word(self._rows), word(self._columns)
        row, column = numbers // columns, numbers % columns
        for index in range(0, ROUNDS, 2):
            row = (row + (_mixed_many(word, column + word(self._keys[index])) * rows >> word(32))) % rows
            mixed = _mixed_many(word, row + word(self._keys[index + 1]))
            column = (column + (mixed * columns >> word(32))) % columns
        return row * columns + column


def _mixed(word: int) -> int:
    word &= MASK
    word = (word ^ (word >> 30)) * FIRST & MASK
    word = (word ^ (word >> 27)) * SECOND & MASK
    return (word ^ (word >> 31)) >> 32


def _mixed_many(word: Any, words: Any) -> Any:
    words = (words ^ (words >> word(30))) * word(FIRST)
    words = (words ^ (words >> word(27))) * word(SECOND)
    return (words ^ (words >> word(31))) >> word(32)
