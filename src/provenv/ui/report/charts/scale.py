"""Scales of an axis: a value's place in the drawing, and the round values to write beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """Maps `low`..`high` to `start`..`end` in the drawing, by logarithm where `log` is set."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """Return the place of a value; values outside lie on the nearer end."""
        low, high, value = (self._flat(one) for one in (self.low, self.high, value))
        share = (value - low) / (high - low) if high > low else 0.5
        return self.start + min(max(share, 0.0), 1.0) * (self.end - self.start)

    def _flat(self, value: float) -> float:
        return math.log10(max(value, 1e-300)) if self.log else value


def steps(low: float, high: float, count: int = 5) -> tuple[float, ...]:
    """Return about `count` round values (1, 2 or 5 times a power of ten apart) within low..high."""
    if high <= low:
        return (low,)
    raw = (high - low) / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return tuple(round(number * step, 12) for number in range(first, last + 1))


def whole_steps(low: int, high: int, count: int = 6) -> tuple[int, ...]:
    """Return about `count` whole numbers from `low`, evenly apart."""
    apart = next(step for step in _whole_apart() if (high - low) / step <= count)
    first = low if apart == 1 else math.ceil(low / apart) * apart
    return tuple(range(first, high + 1, apart))


def decades(low: float, high: float) -> tuple[float, ...]:
    """Return the powers of ten around low..high, both above zero; their halves too where there are few."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    factors = (1, 2, 5) if last - first <= 2 else (1,)
    return tuple(round(factor * 10.0**power, 15) for power in range(first, last + 1) for factor in factors)


def spans_decades(values: Sequence[float]) -> bool:
    """Tell whether `values` are best shown by logarithm: all above zero, and more than tenfold apart."""
    return min(values) > 0 and max(values) > 10 * min(values)


def _whole_apart() -> tuple[int, ...]:
    return tuple(factor * 10**power for power in range(9) for factor in (1, 2, 5))
