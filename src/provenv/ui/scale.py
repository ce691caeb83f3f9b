"""Scales of an axis: a value's place in the drawing, and the round values to write beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise


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


def falls_far(values: Sequence[float]) -> bool:
    """Tell whether a curve is best shown by logarithm: all above zero, and either it falls more than
    twentyfold, as losses do, or its ends are more than a thousandfold apart."""
    if not values or min(values) <= 0:
        return False
    apart = max(values) / min(values)
    return apart > 1000 or (apart > 20 and values[-1] * 5 < values[0])


def ticks(low: float, high: float, count: int = 5, *, log: bool = False) -> tuple[float, ...]:
    """Return about `count` round values within low..high, at least two where there are such."""
    if log:
        for factors in ((1, 2, 5), (1, 3), (1,)):
            inside = _log_steps(low, high, factors)
            if 2 <= len(inside) <= count + 1:
                return inside
        if len(inside) > count:
            apart = math.ceil(len(inside) / count)
            return inside[apart // 2 :: apart] if apart > 2 else inside[::apart]
    for more in (count, count + 1, 2 * count):
        inside = steps(low, high, more)
        if len(inside) > 1:
            break
    return inside or (low,)


def _log_steps(low: float, high: float, factors: Sequence[int]) -> tuple[float, ...]:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    found = (float(f"{factor}e{power}") for power in range(first, last + 1) for factor in factors)
    return tuple(one for one in found if low * (1 - 1e-9) <= one <= high * (1 + 1e-9))


def written(values: Sequence[float]) -> list[str]:
    """Return the values of an axis with as few digits as tell them apart: `0.05`, `20k`, `1e-6`."""
    return [_written(value, values) for value in values]


def _written(value: float, among: Sequence[float]) -> str:
    if value == 0:
        return "0"
    largest = max(abs(one) for one in among)
    least = min(abs(one) for one in among if one)
    apart = min((abs(b - a) for a, b in pairwise(among) if b != a), default=largest)
    if largest >= 1e15 or largest < 1e-4 or (least < 1e-4 and apart < 1e-4):
        return _scientific(value)
    for factor, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= factor and largest >= 10_000:
            return _decimal(value / factor, min(apart, abs(value)) / factor) + unit
    return _decimal(value, min(apart, abs(value)))


def _decimal(value: float, apart: float) -> str:
    digits = max(0, min(6, -math.floor(math.log10(apart) + 1e-9))) if apart > 0 else 0
    text = f"{value:.{digits}f}"
    if abs(float(text) - value) > apart * 0.01 and digits < 6:
        text = f"{value:.{digits + 1}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _scientific(value: float) -> str:
    mantissa, _, exponent = f"{value:.2e}".partition("e")
    short = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{short}e{int(exponent)}"


def precise(value: float) -> str:
    """Return a metric's value with four digits, as people write it: `0.2134`, `1,240`, `2.1e-7`, `NaN`."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    if value == 0:
        return "0"
    if abs(value) < 1e-3 or abs(value) >= 1e7:
        return _scientific(value)
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
