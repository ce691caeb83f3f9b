"""Some predictions that are worth a look: sure ones, unsure ones, and the mistakes it was surest of."""

from __future__ import annotations

from typing import Any

import numpy as np

from .data import Pictures, ink


def mistakes(probabilities: np.ndarray, labels: np.ndarray, count: int) -> list[int]:
    """Return the rows it got wrong, the surest first."""
    wrong = np.flatnonzero(probabilities.argmax(1) != labels)
    return wrong[np.argsort(-probabilities.max(1)[wrong], kind="stable")][:count].tolist()


def one_of_each(probabilities: np.ndarray, labels: np.ndarray, count: int) -> list[int]:
    """Return rows it got right, of each class in turn: the least sure first, for those tell most."""
    right = np.flatnonzero(probabilities.argmax(1) == labels)
    right = right[np.argsort(probabilities.max(1)[right], kind="stable")]
    turn = {int(row): int((labels[right[:place]] == labels[row]).sum()) for place, row in enumerate(right)}
    return sorted(turn, key=lambda row: (turn[row], labels[row]))[:count]


def first_of_each(labels: np.ndarray) -> list[int]:
    """Return the first row of each class, whatever the model made of it."""
    return [int(np.flatnonzero(labels == label)[0]) for label in np.unique(labels)]


def described(pictures: Pictures, probabilities: np.ndarray, row: int) -> dict[str, Any]:
    """Return one prediction as plain values, for predictions.json."""
    return {
        "index": row,
        "truth": int(pictures.labels[row]),
        "scores": [round(float(score), 6) for score in probabilities[row]],
        "pixels": [[round(float(value), 4) for value in line] for line in ink(pictures.pixels[row])],
    }
