"""What the model looked at: which pixels its score for a class hangs on, by two methods that others know.

SmoothGrad (Smilkov and others 2017, arXiv:1706.03825) is the gradient of the score by the pixels, meaned
over noisy copies of the picture. Integrated gradients (Sundararajan and others 2017, arXiv:1703.01365) adds
up the gradient on the way from a black picture to this one; what the pixels get adds up to what the score
differs by, which `left_over` measures.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np


class Differentiable(Protocol):
    """A model with scores before the softmax, and their gradients by the ink."""

    def scores(self, ink: np.ndarray) -> np.ndarray: ...

    def gradients(self, ink: np.ndarray, classes: np.ndarray) -> np.ndarray: ...


def smooth_grad(
    model: Differentiable,
    ink: np.ndarray,
    classes: np.ndarray,
    *,
    draws: int = 32,
    noise: float = 0.15,
    seed: int = 0,
) -> np.ndarray:
    """Return for each picture how much each pixel moves its class's score, (count, 28, 28)."""
    random = np.random.default_rng(seed)
    total = np.zeros(ink.shape)
    for _ in range(draws):
        total += model.gradients(ink + random.normal(0, noise, ink.shape).astype(np.float32), classes)
    return total / draws


def integrated_gradients(
    model: Differentiable, ink: np.ndarray, classes: np.ndarray, *, steps: int = 64
) -> np.ndarray:
    """Return for each picture what each pixel adds to its class's score, (count, 28, 28)."""
    total = np.zeros(ink.shape)
    for step in range(steps):
        total += model.gradients(ink * np.float32((step + 0.5) / steps), classes)
    return ink * total / steps


def left_over(model: Differentiable, ink: np.ndarray, classes: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """Return what the pixels' parts do not add up to, as a share of what the score differs by."""
    rows = np.arange(len(ink))
    differs = (model.scores(ink) - model.scores(np.zeros_like(ink)))[rows, classes]
    return np.abs(parts.sum(axis=(1, 2)) - differs) / np.maximum(np.abs(differs), 1e-6)
