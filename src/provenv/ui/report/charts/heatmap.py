"""The confusion matrix as a heat-map with its numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...width import cells
from ..markup import Html, tag

CELL = 42
AXIS = 38
"""Room for the name of an axis."""
CHARACTER = 8.2
LONGEST = 16
"""Cells of a class's name that are written."""


def heatmap(
    confusion: Sequence[Sequence[int]],
    classes: Sequence[str],
    *,
    title: str,
    down: str,
    across: str,
    tip: Callable[[int, int, int], str],
) -> Html:
    """Return the matrix as SVG: right answers on the diagonal in one hue, mistakes beside it in another.

    `down` and `across` name the axes; `tip` says in words what a cell (truth, prediction, count) counts.
    """
    count = len(classes)
    side = CELL * count
    names = [_short(name) for name in classes]
    longest = max(map(cells, names), default=1)
    upright = longest > 4
    left = round(AXIS + max(longest, 2) * CHARACTER)
    top = round(AXIS + longest * CHARACTER) if upright else 58
    return tag(
        "svg",
        tag("title", title),
        tag("text", across, x=left + side / 2, y=18, text_anchor="middle", class_="axis-name"),
        tag(
            "text",
            down,
            transform=f"translate(16 {top + side / 2}) rotate(-90)",
            text_anchor="middle",
            class_="axis-name",
        ),
        [
            Html(
                _above(name, left + (place + 0.5) * CELL, top - 10, upright=upright)
                + _beside(name, left - 10, top + (place + 0.5) * CELL + 5)
            )
            for place, name in enumerate(names)
        ],
        [
            _cell((left, top), truth, predicted, hits, sum(row), tip(truth, predicted, hits))
            for truth, row in enumerate(confusion)
            for predicted, hits in enumerate(row)
        ],
        class_="chart heatmap",
        viewBox=f"0 0 {left + side + 4} {top + side + 4}",
        role="img",
        aria_label=title,
    )


def _short(name: str) -> str:
    while cells(name) > LONGEST:
        name = name[:-2] + "…"
    return name


def _above(name: str, x: float, y: float, *, upright: bool) -> Html:
    if not upright:
        return tag("text", name, x=x, y=y, text_anchor="middle", class_="tick")
    return tag("text", name, transform=f"translate({x + 5:.1f} {y}) rotate(-90)", class_="tick")


def _beside(name: str, x: float, y: float) -> Html:
    return tag("text", name, x=x, y=y, text_anchor="end", class_="tick")


def _cell(corner: tuple[int, int], truth: int, predicted: int, count: int, total: int, tip: str) -> Html:
    share = count / total if total else 0.0
    x, y = corner[0] + predicted * CELL, corner[1] + truth * CELL
    style = "none" if count == 0 else "hit" if truth == predicted else "miss"
    # Between a half and nine tenths neither dark nor light figures could be read on the hue, so it jumps
    strength = 0.9 + share / 10 if share >= 0.5 else 0.16 + 0.5 * share
    strong = " strong" if count and share >= 0.5 else ""
    return tag(
        "g",
        tag("title", tip),
        tag("rect", x=x + 1, y=y + 1, width=CELL - 2, height=CELL - 2, rx=4, class_="bed"),
        tag(
            "rect",
            x=x + 1,
            y=y + 1,
            width=CELL - 2,
            height=CELL - 2,
            rx=4,
            fill_opacity=strength,
            class_="heat",
        )
        if count
        else None,
        tag("text", count, x=x + CELL / 2, y=y + CELL / 2 + 5, text_anchor="middle") if count else None,
        class_=style + strong,
    )
