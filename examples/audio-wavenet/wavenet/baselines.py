"""Bits per sample without a network: how often each code is, a line through the last two samples, xz."""

from __future__ import annotations

import lzma
from collections.abc import Callable, Sequence

import numpy as np

from . import mulaw
from .data import Prompt
from .mulaw import LEVELS

Bits = Callable[[Prompt], float]
TRUST = 4.0
"""How many samples' worth the plain frequencies count beside what was seen after a prediction."""


def frequencies(train: Sequence[Prompt]) -> np.ndarray:
    """Return how often each code is in the training part, none of them never."""
    counts = sum((np.bincount(one.codes, minlength=LEVELS) for one in train), np.ones(LEVELS))
    return counts / counts.sum()


def unigram(train: Sequence[Prompt]) -> Bits:
    """Return what tells the bits of a prompt by the codes' frequencies alone."""
    cost = -np.log2(frequencies(train))
    return lambda prompt: float(cost[prompt.codes].sum())


def before(codes: np.ndarray, order: int) -> np.ndarray:
    """Return for each sample the `order` ones before it, silence before the first."""
    filled = np.concatenate([np.zeros(order, np.float32), mulaw.decode(codes)])
    return np.stack([filled[order - 1 - lag : len(filled) - 1 - lag] for lag in range(order)], 1)


def linear(train: Sequence[Prompt], order: int = 2) -> Bits:
    """Return what predicts a sample from the last ones by least squares, and learns how far it is off.

    The prediction is rounded to a code; the table says which codes followed on such a prediction.
    """
    past = np.concatenate([before(one.codes, order) for one in train])
    weights = np.linalg.lstsq(past, np.concatenate([mulaw.decode(one.codes) for one in train]), rcond=None)[0]
    table = np.zeros((LEVELS, LEVELS))
    np.add.at(table, (mulaw.encode(past @ weights), np.concatenate([one.codes for one in train])), 1)
    table = (table + TRUST * frequencies(train)) / (table.sum(1, keepdims=True) + TRUST)
    cost = -np.log2(table)

    def bits(prompt: Prompt) -> float:
        return float(cost[mulaw.encode(before(prompt.codes, order) @ weights), prompt.codes].sum())

    return bits


def xz(prompt: Prompt) -> float:
    """Return the bits of the prompt as xz packs it, without the frame of a file."""
    packed = lzma.compress(
        prompt.codes.tobytes(), lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA2, "preset": 9}]
    )
    return 8.0 * len(packed)
