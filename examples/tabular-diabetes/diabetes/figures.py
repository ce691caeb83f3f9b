"""Figures of a regression, and what two models without any training reach: what a network has to beat."""

from __future__ import annotations

import math

import numpy as np

from .data import Patients

Pair = tuple[float, float]
"""What was, and what was told."""


def pairs(truth: np.ndarray, told: np.ndarray) -> list[Pair]:
    """Return each patient's progression beside what was told."""
    return list(zip(truth.tolist(), told.tolist(), strict=True))


def r2(items: list[Pair]) -> float:
    """Return which share of the variance is explained. Raises ZeroDivisionError where there is none."""
    middle = sum(truth for truth, _ in items) / len(items)
    left = sum((truth - told) ** 2 for truth, told in items)
    return 1 - left / sum((truth - middle) ** 2 for truth, _ in items)


def rmse(items: list[Pair]) -> float:
    """Return the root of the mean squared error, in the units of the progression."""
    return math.sqrt(sum((truth - told) ** 2 for truth, told in items) / len(items))


class Ridge:
    """Least squares with `strength` times the weights' squares, solved at once (Hoerl and Kennard 1970)."""

    def __init__(self, train: Patients, strength: float) -> None:
        self.mean, self.deviation = train.measured.mean(0), train.measured.std(0)
        self.middle = train.progression.mean()
        inputs = self.standardised(train.measured)
        squares = inputs.T @ inputs + strength * np.eye(inputs.shape[1])
        self.weights = np.linalg.solve(squares, inputs.T @ (train.progression - self.middle))

    def standardised(self, measured: np.ndarray) -> np.ndarray:
        """Return measurements with mean 0 and deviation 1 in the training part."""
        return (measured - self.mean) / self.deviation

    def progression(self, measured: np.ndarray) -> np.ndarray:
        """Return what it tells."""
        return self.standardised(measured) @ self.weights + self.middle


def best_ridge(train: Patients, validation: Patients) -> tuple[float, Ridge]:
    """Return the strength, of 13 from 0.01 to 10,000, that does best in validation, and its model."""
    tried = [(float(one), Ridge(train, float(one))) for one in np.logspace(-2, 4, 13)]
    return min(
        tried, key=lambda one: rmse(pairs(validation.progression, one[1].progression(validation.measured)))
    )


def lasso_path(train: Patients, strengths: np.ndarray, rounds: int = 300) -> np.ndarray:
    """Return the standardised weights (strengths, features) of the linear model as `l1` grows.

    Coordinate descent on mean squared error + l1 * sum of absolute weights (J. Friedman et al. 2010): each
    weight in turn has a closed form, and becomes exactly 0 where its share is too small.
    """
    inputs = Ridge(train, 0.0).standardised(train.measured)
    wanted = (train.progression - train.progression.mean()) / train.progression.std()
    found, weights = [], np.zeros(inputs.shape[1])
    for strength in sorted(strengths, reverse=True):
        for _ in range(rounds):
            before = weights.copy()
            for one in range(len(weights)):
                left = wanted - inputs @ weights + inputs[:, one] * weights[one]
                share = float(inputs[:, one] @ left) / len(wanted)
                weights[one] = math.copysign(max(abs(share) - strength / 2, 0.0), share)
            if np.abs(weights - before).max() < 1e-6:
                break
        found.append(weights.copy())
    return np.array(found[::-1])
