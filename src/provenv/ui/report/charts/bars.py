"""Small bars: a distance against its tolerance, a model's scores."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ...scale import Scale
from ...width import cells
from ..figures import percent
from ..markup import Html, tag

CHARACTER = 6.8
LONGEST = 18
"""Cells of a class's name that are written."""
BELOW, ABOVE = 8, 2  # decades that a distance's bar shows below and above the tolerance


def distance(value: float, tolerance: float, label: str, *, passed: bool) -> Html:
    """Return how far a result was from its reference, on a logarithmic track that marks the tolerance.

    The track runs from eight powers of ten below the tolerance to two above it.
    """
    scale = Scale(10.0**-BELOW, 10.0**ABOVE, 4, 176, log=True)
    if not math.isfinite(value) or tolerance <= 0:
        end = scale.start if value == 0 else scale.end
    else:
        end = scale(value / tolerance)
    return tag(
        "svg",
        tag("title", label),
        tag("path", d="M4 12H176", class_="track"),
        tag("path", d=f"M4 12H{end:.1f}", class_="reach"),
        tag("path", d=f"M{scale(1):.1f} 3v18", class_="limit"),
        tag("circle", cx=end, cy=12, r=4.5, class_="point"),
        class_=f"chart distance {'passed' if passed else 'failed'}",
        viewBox="0 0 180 24",
        role="img",
        aria_label=label,
    )


def meter(share: float | None) -> Html:
    """Return a plain bar of `share` 0..1 that fills its place; or nothing for None."""
    if share is None:
        return Html()
    return tag(
        "svg",
        tag("rect", x=0, y=0, width=100, height=6, class_="bed"),
        tag("rect", x=0, y=0, width=max(share * 100, 0.6), height=6, class_="bar"),
        class_="meter",
        viewBox="0 0 100 6",
        preserveAspectRatio="none",
        aria_hidden="true",
    )


def scores(values: Sequence[float], classes: Sequence[str], truth: int, label: str) -> Html:
    """Return one horizontal bar for each class; the true class carries a mark, the highest its figure."""
    best = max(range(len(values)), key=values.__getitem__)
    row, width = 15, 96
    names = [_short(name) for name in classes]
    left = max(22.0, max(map(cells, names)) * CHARACTER + 10)
    bars = []
    for place, (name, value) in enumerate(zip(names, values, strict=True)):
        y = place * row
        style = "right" if place == truth else "wrong" if place == best else "other"
        bars.append(
            tag(
                "g",
                tag("title", f"{classes[place]}: {percent(value, 2)}"),
                tag("text", name, x=left - 8, y=y + 12, text_anchor="end", class_="tick"),
                tag("rect", x=left, y=y + 3, width=width, height=row - 5, rx=2, class_="bed"),
                tag("rect", x=left, y=y + 3, width=value * width, height=row - 5, rx=2, class_="bar"),
                tag("text", percent(value, 0), x=left + width + 6, y=y + 12, class_="value")
                if place in (best, truth)
                else None,
                class_=style,
            )
        )
    return tag(
        "svg",
        tag("title", label),
        bars,
        class_="chart scores",
        viewBox=f"0 0 {round(left + width + 42)} {row * len(values) + 1}",
        role="img",
        aria_label=label,
    )


def _short(name: str) -> str:
    while cells(name) > LONGEST:
        name = name[:-2] + "…"
    return name
