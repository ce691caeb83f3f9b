"""Near-duplicates: mails that say nearly the same get one group, so that a split keeps them together.

The same spam was sent many times with another name or number in it, and answers
share a thread. MinHash (A. Broder, 1997) proposes pairs: the least hash of a set
of shingles is equal for two sets as often as they overlap. Each proposed pair is
then compared in full.
"""

from __future__ import annotations

import re
import zlib
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

SHINGLE = 4  # words in a row
BANDS, ROWS = 24, 3  # pairs that overlap by half are proposed with probability .96
ALIKE = 0.5  # share of all shingles of two mails that both have
PRIME = (1 << 31) - 1


def shingles(text: str) -> np.ndarray:
    """Return hashes of all runs of four words, each once; digits and case do not count."""
    words = [zlib.crc32(word.encode()) for word in re.findall(r"[a-z]+", text.lower())] or [0]
    codes = np.array(words, dtype=np.uint64)
    size = min(SHINGLE, len(codes))
    mixed = np.zeros(len(codes) - size + 1, dtype=np.uint64)
    for offset in range(size):
        mixed = mixed * np.uint64(1_000_003) + codes[offset : offset + len(mixed)]
    return np.unique(mixed % np.uint64(PRIME))


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Return the Jaccard index of two sets of shingles."""
    both = len(np.intersect1d(one, other, assume_unique=True))
    return both / (len(one) + len(other) - both)


def signatures(sets: Sequence[np.ndarray]) -> np.ndarray:
    """Return a row of least hashes for each set; fixed numbers, so the same on every machine."""
    random = np.random.default_rng(2002)
    factors = random.integers(1, PRIME, BANDS * ROWS, dtype=np.uint64)[:, None]
    offsets = random.integers(0, PRIME, BANDS * ROWS, dtype=np.uint64)[:, None]
    return np.stack([((factors * one + offsets) % np.uint64(PRIME)).min(axis=1) for one in sets])


class _Union:
    """Which items belong together, as a forest of parents."""

    def __init__(self, count: int) -> None:
        self.parents = list(range(count))

    def root(self, item: int) -> int:
        while self.parents[item] != item:
            self.parents[item] = self.parents[self.parents[item]]
            item = self.parents[item]
        return item

    def join(self, one: int, other: int) -> None:
        low, high = sorted((self.root(one), self.root(other)))
        self.parents[high] = low


def grouped(texts: Sequence[str], threads: Sequence[str]) -> list[int]:
    """Return a group's number for each text: the index of its first member.

    Two mails share a group if they are near-duplicates or of one thread (the same subject,
    where it is not empty), or if a third one stands between them.
    """
    union = _Union(len(texts))
    by_thread: dict[str, int] = {}
    for index, thread in enumerate(threads):
        if thread:
            union.join(by_thread.setdefault(thread, index), index)
    sets = [shingles(text) for text in texts]
    rows = signatures(sets)
    for band in range(BANDS):
        buckets: dict[bytes, list[int]] = defaultdict(list)
        for index, row in enumerate(rows[:, band * ROWS : (band + 1) * ROWS]):
            buckets[row.tobytes()].append(index)
        for members in buckets.values():
            for place, index in enumerate(members):
                for other in members[:place]:
                    if union.root(other) != union.root(index) and overlap(sets[other], sets[index]) >= ALIKE:
                        union.join(other, index)
    return [union.root(index) for index in range(len(texts))]
