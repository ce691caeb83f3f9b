"""Passages that two texts share, found without comparing every text with every other.

Of all stretches of 50 characters those are kept whose hash is divisible by 32: which ones follows from their
content alone, so a passage that stands in two texts is kept in both or in neither. A copy is found even if
some of its words were changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from .brown import Document

LENGTH = 50
ONE_OF = 32
FACTOR = 0x9E3779B97F4A7C15  # odd: it has an inverse modulo 2**64
SHARED = 0.05
"""The share of a document's passages that may stand elsewhere: quotations do, copies exceed it."""


def kept(text: str) -> np.ndarray:
    """Return the hashes of the passages that are kept of a text, each once."""
    codes = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64) + np.uint64(1)
    if len(codes) < LENGTH:
        return np.zeros(0, np.uint64)
    powers, back = _powers(FACTOR, len(codes)), _powers(pow(FACTOR, -1, 2**64), len(codes))
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(codes * powers, dtype=np.uint64)])
    hashes = (sums[LENGTH:] - sums[:-LENGTH]) * back[: len(codes) - LENGTH + 1]
    hashes ^= hashes >> np.uint64(32)  # the low bits of a product know little of the high ones
    hashes *= np.uint64(FACTOR)
    hashes ^= hashes >> np.uint64(29)
    return np.unique(hashes[hashes % np.uint64(ONE_OF) == 0])


def of(documents: Iterable[Document]) -> np.ndarray:
    """Return the hashes of all documents' kept passages, in ascending order."""
    return np.unique(np.concatenate([kept(document.text) for document in documents]))


def copies(documents: Sequence[Document], known: np.ndarray) -> dict[str, float]:
    """Return which documents share more passages with `known` than quotations explain, and their shares."""
    shares = {}
    for document in documents:
        passages = kept(document.text)
        if len(passages):
            shares[document.name] = float(np.isin(passages, known).mean())
    return {name: share for name, share in shares.items() if share > SHARED}


def _powers(factor: int, count: int) -> np.ndarray:
    """Return factor**0, factor**1, ... modulo 2**64."""
    factors = np.full(count, factor, np.uint64)
    factors[0] = 1
    return np.cumprod(factors, dtype=np.uint64)
