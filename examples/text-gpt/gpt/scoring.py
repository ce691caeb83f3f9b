"""What every character of a text costs the model, in bits: each once, with as much before it as there is.

A text longer than the context is read in windows that overlap by half: the second half of each is counted,
so that a character (but those at a text's beginning) is foretold from at least half a context.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch.nn import functional

from .model import GPT

TOGETHER = 64  # windows


class Window(NamedTuple):
    """Where a text is read from, and from which place on its characters are counted."""

    text: int
    begin: int
    counted: int
    end: int


def cut(lengths: Sequence[int], context: int) -> list[Window]:
    """Return the windows over texts of these lengths (START included): each character is counted once."""
    found = []
    for text, length in enumerate(lengths):
        counted = 0
        while counted < length - 1:
            begin = max(0, min(counted - context // 2, length - 1 - context))
            end = min(length - 1, begin + context)
            found.append(Window(text, begin, counted, end))
            counted = end
    return found


@torch.no_grad()
def bits(model: GPT, texts: Sequence[np.ndarray], ahead: int = 1) -> list[np.ndarray]:
    """Return for each text (START first) what each character after START costs.

    `ahead` is for the check of evaluation itself: 1 asks for the next character, which is what the model
    learned; 0 for the one it just read, 2 for the one after the next (the last places are left at 0 then).
    """
    model.eval()
    device = next(model.parameters()).device
    found = [np.zeros(len(text) - 1, np.float64) for text in texts]
    windows = cut([len(text) for text in texts], model.shape.context)
    windows.sort(key=lambda one: one.end - one.begin)  # equal lengths together: nothing has to be filled up
    while windows:
        length = windows[0].end - windows[0].begin
        batch = [one for one in windows[:TOGETHER] if one.end - one.begin == length]
        del windows[: len(batch)]
        read = torch.from_numpy(np.stack([texts[one.text][one.begin : one.end] for one in batch]))
        scores = model(read.to(device)).float().cpu()
        for one, rows in zip(batch, scores, strict=True):
            target = torch.from_numpy(texts[one.text][one.begin + ahead : one.end + ahead])
            cost = functional.cross_entropy(rows[: len(target)], target, reduction="none") / math.log(2)
            kept = cost[one.counted - one.begin :].double().numpy()
            found[one.text][one.counted : one.counted + len(kept)] = kept
    return found


@torch.no_grad()
def sees_the_future(model: GPT, text: np.ndarray) -> int | None:
    """Return a place whose scores change when a LATER character does; None where no place does so."""
    model.eval()
    device = next(model.parameters()).device
    read = text[: min(len(text), model.shape.context)].copy()
    middle = len(read) // 2
    changed = read.copy()
    changed[middle:] = (changed[middle:] + 7) % model.shape.symbols
    one, other = (model(torch.from_numpy(rows[None]).to(device))[0, :middle] for rows in (read, changed))
    # rounding may differ by the place of a number in memory; a look ahead changes far more
    apart = (one - other).abs().amax(1) > 1e-3
    return int(apart.nonzero()[0]) if apart.any() else None
