"""The baseline: how well counting does. Character n-grams, interpolated as by Witten and Bell (1991).

The chance of a character after a context is what was counted there, mixed with the chance after the context
that is one character shorter; the more different characters a context was followed by, the more weight the
shorter one gets (I. H. Witten, T. C. Bell, IEEE Transactions on Information Theory 37(4), method C).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Counts:
    """How often each context and character, and each context, were seen; sorted by their codes."""

    grams: np.ndarray
    gram_counts: np.ndarray
    contexts: np.ndarray
    context_counts: np.ndarray
    followers: np.ndarray


class NGram:
    """Counts of all contexts up to `order` - 1 characters."""

    def __init__(self, text: np.ndarray, order: int, symbols: int) -> None:
        if symbols**order >= 2**63:
            raise ValueError(f"{order} characters out of {symbols} do not fit into 63 bits")
        self.order, self.symbols = order, symbols
        self.levels = [counted(codes(text, length, symbols), symbols) for length in range(1, order + 1)]

    def bits(self, text: np.ndarray) -> list[np.ndarray]:
        """Return what each character after the first costs, for each order from 1 on.

        At a text's beginning, where a longer context is not there, the shorter one decides.
        """
        chance = np.full(len(text) - 1, 1 / self.symbols)
        found = []
        for length, level in enumerate(self.levels, 1):
            places = slice(max(0, length - 2), None)
            wanted = codes(text, length, self.symbols)[1 if length == 1 else 0 :]
            chance = chance.copy()
            chance[places] = self.mixed(level, wanted, chance[places])
            found.append(-np.log2(chance))
        return found

    def mixed(self, level: Counts, wanted: np.ndarray, shorter: np.ndarray) -> np.ndarray:
        """Return the chances at one order, out of its counts and the chances at the order below."""
        seen = looked_up(level.grams, level.gram_counts, wanted)
        contexts = wanted // self.symbols
        total = looked_up(level.contexts, level.context_counts, contexts)
        followers = looked_up(level.contexts, level.followers, contexts)
        return np.where(total > 0, (seen + followers * shorter) / np.maximum(1, total + followers), shorter)


def codes(text: np.ndarray, length: int, symbols: int) -> np.ndarray:
    """Return a number for each stretch of `length` characters; the last character counts least."""
    count = max(0, len(text) - length + 1)
    found = np.zeros(count, np.int64)
    for place in range(length):
        found = found * symbols + text[place : place + count]
    return found


def counted(grams: np.ndarray, symbols: int) -> Counts:
    """Return the counts of stretches, and of them without their last character."""
    kinds, counts = np.unique(grams, return_counts=True)
    contexts, begins = np.unique(kinds // symbols, return_index=True)
    followers = np.diff(np.append(begins, len(kinds)))
    return Counts(kinds, counts, contexts, np.add.reduceat(counts, begins), followers)


def looked_up(keys: np.ndarray, values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the value of each wanted key, 0 where it is not there."""
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[places] == wanted, values[places], 0)
