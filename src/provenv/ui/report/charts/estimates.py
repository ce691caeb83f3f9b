"""Figures with their intervals on one axis, a row each, with a line that they have to reach."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ...scale import Scale, steps
from ...width import cells
from ..markup import Html, tag

LEFT, RIGHT, ROW, FOOT = 10, 350, 42, 42
WIDTH = 360
CHARACTER = 7.2


@dataclass(frozen=True)
class Estimate:
    """One row: a label, a value, its interval where it has one, and a class of the style sheet."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None
    style: str = "other"


def estimates(
    rows: Sequence[Estimate],
    *,
    title: str,
    written: Callable[[float], str],
    floor: tuple[float, str] | None = None,
    share: bool = False,
) -> Html:
    """Return the rows as SVG; `floor` is a value with its label, `share` says that nothing is beyond 0..1."""
    low, high = _range(rows, floor, share=share)
    scale = Scale(low, high, LEFT + 6, RIGHT - 6)
    bottom = ROW * len(rows) + 20
    return tag(
        "svg",
        tag("title", title),
        [_tick(scale(one), _plain(written(one)), bottom) for one in steps(low, high, 4)],
        _floor(scale(floor[0]), floor[1], bottom) if floor else None,
        [_row(one, scale, place * ROW + 20, written) for place, one in enumerate(rows)],
        class_="chart estimates",
        viewBox=f"0 0 {WIDTH} {bottom + FOOT - 20}",
        role="img",
        aria_label=title,
    )


def _range(rows: Sequence[Estimate], floor: tuple[float, str] | None, *, share: bool) -> tuple[float, float]:
    values = [one for row in rows for one in (row.value, row.low, row.high) if one is not None]
    values += [floor[0]] if floor else []
    apart = (max(values) - min(values)) or abs(values[0]) or 1.0
    low, high = min(values) - apart * 0.08, max(values) + apart * 0.08
    return (max(low, 0.0), min(high, 1.0)) if share else (low, high)


def _plain(value: str) -> str:
    """Return a round value without the digits that say nothing."""
    return value.replace(".0%", "%")


def _tick(x: float, label: str, bottom: int) -> Html:
    return Html(
        tag("path", d=f"M{x:.1f} 4V{bottom}", class_="grid")
        + tag("text", label, x=x, y=bottom + 16, text_anchor="middle", class_="tick")
    )


def _floor(x: float, label: str, bottom: int) -> Html:
    """Return the line; its label stands on the side that has room for it."""
    wide = cells(label) * CHARACTER
    left = x + 5 + wide > WIDTH
    return Html(
        tag("path", d=f"M{x:.1f} 4V{bottom}", class_="limit")
        + tag(
            "text",
            label,
            x=x + (-5 if left else 5),
            y=13,
            text_anchor="end" if left else "start",
            class_="note",
        )
    )


def _row(one: Estimate, scale: Scale, top: int, written: Callable[[float], str]) -> Html:
    y = top + 24
    ends = (one.low, one.high)
    told = f"{one.label}: {written(one.value)}"
    value = written(one.value)
    room = int((RIGHT - LEFT - cells(value) * CHARACTER - 10) / CHARACTER)
    return tag(
        "g",
        tag("title", told),
        tag("text", _cut(one.label, room), x=LEFT, y=top + 12, class_="label"),
        tag("text", value, x=RIGHT, y=top + 12, text_anchor="end", class_="value"),
        tag("path", d=f"M{LEFT + 6} {y}H{RIGHT - 6}", class_="track"),
        tag("path", d=f"M{scale(ends[0]):.1f} {y}H{scale(ends[1]):.1f}", class_="span")
        if ends[0] is not None and ends[1] is not None
        else None,
        [tag("path", d=f"M{scale(end):.1f} {y - 7}v14", class_="whisker") for end in ends if end is not None],
        tag("circle", cx=scale(one.value), cy=y, r=6, class_="point"),
        class_=one.style,
    )


def _cut(label: str, room: int) -> str:
    while label and cells(label) > room:
        label = label[:-2] + "…"
    return label
