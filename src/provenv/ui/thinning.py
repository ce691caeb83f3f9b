"""Long curves made short without losing a peak.

M4 (Jugel, Jerzak, Hackenbroich, Markl: "M4: A Visualization-Oriented Time Series Data Aggregation",
VLDB 2014): of each of equal stretches the first, the last, the lowest and the highest value are kept, which
draws the same line as all of them where a stretch is one column of the drawing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

LARGEST = 1e300
"""Beyond it differences of two values are no numbers any more."""


def drawable(value: float) -> bool:
    """Tell whether a value has a place in a drawing: a number, and not absurdly large."""
    return math.isfinite(value) and abs(value) < LARGEST


def kept_places(across: Sequence[float], values: Sequence[float], most: int) -> list[int]:
    """Return the places, in order, that are kept of values at `across` (which does not fall).

    Of values that are not finite the first of each stretch is kept, so that the gap is seen.
    """
    if len(values) <= most:
        return list(range(len(values)))
    kept: set[int] = set()
    for stretch in _stretches(across, max(most // 4, 1)):
        finite = [place for place in stretch if drawable(values[place])]
        kept.update(next(([place] for place in stretch if not drawable(values[place])), []))
        if finite:
            kept |= {finite[0], finite[-1]}
            kept |= {min(finite, key=values.__getitem__), max(finite, key=values.__getitem__)}
    return sorted(kept)


def _stretches(across: Sequence[float], count: int) -> Iterator[range]:
    """Yield the places of each of `count` equal stretches that has any."""
    low, high = across[0], across[-1]
    width = (high - low) / count or 1.0
    begin, current = 0, 0
    for place, at in enumerate(across):
        stretch = min(int((at - low) / width), count - 1)
        if stretch != current:
            if place > begin:
                yield range(begin, place)
            begin, current = place, stretch
    yield range(begin, len(across))
