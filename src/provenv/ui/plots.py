"""Curves drawn with characters: a sparkline, and a chart with axes, in Braille dots or in plain ASCII.

A chart's curves are told apart by their signs too, not by colour alone. Values that are not finite leave
gaps.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Protocol

from ..runs.metric_names import is_schedule
from .canvas import Canvas
from .context import UNICODE, Marks
from .line import Line, Span, Style, line, line_cells
from .scale import Scale, falls_far, precise, ticks, written
from .screen import clean
from .thinning import drawable, kept_places
from .width import cells, pad

BLOCKS, PLAIN_BLOCKS = "▁▂▃▄▅▆▇█", "_.-~=+*#"
SIGNS, PLAIN_SIGNS = "●▲■◆○△□◇", "ox*+%@&$"
STYLES: tuple[Style, ...] = ("code", "warning", "good", "strong")
LEAST_COLUMNS = 12
"""A chart with less room is a line of sparks for each curve."""
ROWS_A_TICK = 2
CELLS_A_TICK = 12


class Drawn(Protocol):
    """What a chart needs of a curve (`model.runs.Curve` has it): a name, where, and how much."""

    @property
    def name(self) -> str:
        """Return what it is called."""

    @property
    def steps(self) -> Sequence[float]:
        """Return where its values were taken."""

    @property
    def values(self) -> Sequence[float]:
        """Return its values."""


def sparkline(values: Sequence[float], width: int, *, ascii: bool = False) -> str:
    """Return the course of `values` in at most `width` characters, the lowest to the highest.

    Where there are more values than characters, each shows the mean of its share; a share without any
    finite value is a blank. Values that fall far are drawn by logarithm.
    """
    blocks = PLAIN_BLOCKS if ascii else BLOCKS
    finite = [value for value in values if drawable(value)]
    if not finite or width < 1:
        return " " * min(len(values), max(width, 0))
    means = [_mean(share) for share in _shares(values, width)]
    drawn = [value for value in means if value is not None]
    low, high = min(drawn), max(drawn)
    scale = Scale(low, high, 0, len(blocks) - 1, falls_far(drawn))
    level = len(blocks) // 2 - 1
    return "".join(
        " " if value is None else blocks[round(scale(value)) if high > low else level] for value in means
    )


def _shares(values: Sequence[float], width: int) -> Iterator[Sequence[float]]:
    count = min(len(values), width)
    for place in range(count):
        yield values[place * len(values) // count : (place + 1) * len(values) // count]


def _mean(values: Sequence[float]) -> float | None:
    finite = [value for value in values if drawable(value)]
    return math.fsum(finite) / len(finite) if finite else None


def shortened(text: str, width: int, marks: Marks = UNICODE) -> str:
    """Return `text` cut to `width` cells, with a sign that there was more."""
    text = clean(text).replace("\n", " ")
    if cells(text) <= width:
        return text
    kept = ""
    for character in text:
        if cells(kept + character) + cells(marks.ellipsis) > width:
            break
        kept += character
    return kept + marks.ellipsis


def chart(
    curves: Sequence[Drawn],
    width: int,
    height: int = 10,
    *,
    marks: Marks = UNICODE,
    log: bool | None = None,
) -> list[Line]:
    """Return a chart of at most `width` cells: names with last values, `height` rows, the axis of steps.

    `log` None lets the values decide. Where the room is too small for axes, each curve is a sparkline.
    Curves without any value are named all the same.
    """
    named = [(curve, _sign(place, marks), _style(place)) for place, curve in enumerate(curves)]
    points = [_points(curve) for curve in curves]
    finite = [y for of_curve in points for _, y in of_curve if drawable(y)]
    head = _legend(named, width, marks)
    if not finite:
        return head
    if log is None:
        falling = any(falls_far([y for _, y in one if drawable(y)]) for one in points)
        log = falling and min(finite) > 0 and not any(is_schedule(one.name) for one in curves)
    low, high = _range(finite, log)
    marked = ticks(low, high, max(height // ROWS_A_TICK, 2), log=log)
    labels = dict(zip(marked, written(marked), strict=True))
    margin = max(cells(label) for label in labels.values()) + 2
    columns = width - margin
    if columns < LEAST_COLUMNS:
        return _sparks(named, width, marks)
    canvas = Canvas(columns, height, plain=marks is not UNICODE)
    across = [x for of_curve in points for x, y in of_curve if drawable(y)]
    left, right = min(across), max(across)
    place_x = Scale(left, right, 0, canvas.dots_across - 1)
    place_y = Scale(low, high, canvas.dots_down - 1, 0, log)
    for (_, _, style), whole in zip(named, points, strict=True):
        of_curve = _thinned(whole, canvas.dots_across)
        canvas.curve([(place_x(x), place_y(y)) if drawable(y) else None for x, y in of_curve], style)
    if len(curves) > 1:
        for place, (_, sign, style) in enumerate(named):
            canvas.sign(place, len(named), sign, style)
    rows = {
        round(place_y(value) / (canvas.dots_down - 1) * (height - 1)): text for value, text in labels.items()
    }
    return [*head, *_framed(canvas, rows, margin, marks), *_foot(left, right, columns, margin, marks)]


def _points(curve: Drawn) -> list[tuple[float, float]]:
    return list(zip(curve.steps, curve.values, strict=False))


def _thinned(points: Sequence[tuple[float, float]], dots: int) -> list[tuple[float, float]]:
    kept = kept_places([x for x, _ in points], [y for _, y in points], dots * 4)
    return [points[place] for place in kept]


def _range(values: Sequence[float], log: bool) -> tuple[float, float]:
    low, high = min(values), max(values)
    if low < high:
        return low, high
    if log:
        return low / 2, high * 2
    apart = abs(low) * 0.1 or 1.0
    return low - apart, high + apart


def _sign(place: int, marks: Marks) -> str:
    signs = SIGNS if marks is UNICODE else PLAIN_SIGNS
    return signs[place % len(signs)]


def _style(place: int) -> Style:
    return STYLES[place % len(STYLES)]


def _legend(named: Sequence[tuple[Drawn, str, Style]], width: int, marks: Marks) -> list[Line]:
    """Return the curves' signs, names and last values, as many on a line as it has room for."""
    lines: list[Line] = []
    for curve, sign, style in named:
        last = precise(curve.values[-1]) if curve.values else marks.skipped
        room = max(width - cells(last) - 4, 4)
        item = line(
            Span(f"{sign} ", style) if len(named) > 1 else "",
            Span(shortened(curve.name, room, marks), "strong"),
            f" {last}",
        )
        if lines and line_cells(lines[-1]) + 3 + line_cells(item) <= width:
            lines[-1] = line(lines[-1], "   ", item)
        else:
            lines.append(item)
    return lines


def _sparks(named: Sequence[tuple[Drawn, str, Style]], width: int, marks: Marks) -> list[Line]:
    lines = []
    for curve, _, style in named:
        last = precise(curve.values[-1]) if curve.values else marks.skipped
        name = shortened(curve.name, max(width - cells(last) - 6, 4), marks)
        room = max(width - cells(name) - cells(last) - 2, 4)
        drawn = sparkline(curve.values, room, ascii=marks is not UNICODE)
        lines.append(line(Span(name, "strong"), f" {last} ", Span(drawn, style)))
    return lines


def _framed(canvas: Canvas, labels: dict[int, str], margin: int, marks: Marks) -> Iterator[Line]:
    tick, rule = ("┤", "│") if marks is UNICODE else ("+", "|")
    for row in range(canvas.height):
        label = labels.get(row, "")
        yield line(
            Span(pad(label, margin - 1, right=True) + (tick if label else rule), "quiet"), canvas.row(row)
        )


def _foot(left: float, right: float, columns: int, margin: int, marks: Marks) -> Iterator[Line]:
    """Yield the axis of steps, and the steps under their ticks, none upon another."""
    corner, rule, tick = ("╰", "─", "┬") if marks is UNICODE else ("`", "-", "+")
    inside = ticks(left, right, max(columns // CELLS_A_TICK, 2)) if right > left else (left,)
    place = Scale(left, right, 0, columns - 1) if right > left else Scale(0, 1, 0, 0)
    axis = [rule] * columns
    below = [" "] * (margin + columns)
    used = -1
    for value, label in zip(inside, written(inside), strict=True):
        at = round(place(value))
        start = min(max(margin + at - len(label) // 2, 0), margin + columns - len(label))
        if start <= used:
            continue
        axis[at] = tick
        below[start : start + len(label)] = label
        used = start + len(label)
    yield line(Span(" " * (margin - 1) + corner + "".join(axis), "quiet"))
    yield line(Span("".join(below).rstrip(), "quiet"))
