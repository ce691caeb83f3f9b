"""Figures with the interval that belongs to them: shares, means, and any statistic by the bootstrap."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean, stdev
from typing import TypeVar

T = TypeVar("T")

Z = NormalDist().inv_cdf(0.975)
LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """A figure and its 95 % interval; `low` and `high` are None where nothing is known of its spread."""

    value: float
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        if self.low is None or self.high is None:
            return f"{self.value:.4g}"
        return f"{self.value:.4g} ({self.low:.4g} to {self.high:.4g})"


def share(correct: int, count: int) -> Estimate:
    """Return a share of `count` with E. B. Wilson's interval (1927), which holds near 0 and 1 too.

    Raises ValueError where `count` is 0 or `correct` is not within it.
    """
    if not 0 <= correct <= count or count == 0:
        raise ValueError(f"{correct} of {count} is no share")
    value, spread = correct / count, Z * Z / count
    centre = (value + spread / 2) / (1 + spread)
    half = Z * math.sqrt(value * (1 - value) / count + spread / (4 * count)) / (1 + spread)
    # rounding must not push the share itself out of its interval
    return Estimate(value, min(value, max(0.0, centre - half)), max(value, min(1.0, centre + half)))


def mean(values: Sequence[float]) -> Estimate:
    """Return the mean of independent values with the interval of Student's t; one value has none.

    Raises ValueError where there is no value.
    """
    if not values:
        raise ValueError("no values, no mean")
    centre = fmean(values)
    if len(values) == 1:
        return Estimate(centre)
    half = _student(len(values) - 1) * stdev(values) / math.sqrt(len(values))
    return Estimate(centre, centre - half, centre + half)


def bootstrap(
    statistic: Callable[[list[T]], float], items: Sequence[T], *, seed: int = 0, draws: int = 1000
) -> Estimate:
    """Return a statistic of the items with its percentile interval (Efron 1979).

    Draw items that are independent of each other: documents, patients, speakers; not the characters of one
    document. A draw for which the statistic is not defined (ValueError, ZeroDivisionError) is left out.
    """
    chosen = random.Random(seed)  # noqa: S311 - a draw that can be made again is wanted
    values = []
    for _ in range(draws):
        try:
            values.append(statistic(chosen.choices(items, k=len(items))))
        except (ValueError, ZeroDivisionError):
            continue
    values.sort()
    value = statistic(list(items))
    if not values:
        return Estimate(value)
    tail = (1 - LEVEL) / 2
    low = values[math.floor(tail * (len(values) - 1))]
    high = values[math.ceil((1 - tail) * (len(values) - 1))]
    return Estimate(value, min(low, value), max(high, value))


def _student(freedom: int) -> float:
    """Return the 97.5 % quantile of Student's t: exact for 1 and 2, else by Cornish and Fisher's expansion.

    M. Abramowitz, I. Stegun: Handbook of Mathematical Functions, 26.7.5; within 1 % from 3 on.
    """
    if freedom == 1:
        return math.tan(math.pi * (LEVEL / 2))
    if freedom == 2:
        return LEVEL / math.sqrt(2 * (1 + LEVEL) / 2 * (1 - LEVEL) / 2)
    z, n = Z, freedom
    return (
        z
        + (z**3 + z) / (4 * n)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * n**3)
        + (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / (92160 * n**4)
    )
