"""Curves over steps or seconds: long ones, gaps, several lines, and their figures under the pointer.

No script: the drawing is cut into upright stretches, and the style sheet shows the figures of the one that
the pointer is over.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ...scale import Scale, falls_far, ticks, written
from ...thinning import drawable, kept_places
from ...width import cells
from ..markup import Html, tag

LEFT, TOP, BOTTOM = 56, 34, 50
COLORS = 8
"""Styles of lines in the style sheet, by colour and by dashes."""
STRETCHES = 90
LABEL_APART = 17
CHARACTER = 7.0
"""The width of a cell of text in the drawing, amply."""


@dataclass(frozen=True)
class Trace:
    """One line: its label, and its points, from left to right. Where a value is not finite it is broken."""

    label: str
    points: Sequence[tuple[float, float]]
    style: int = 0


@dataclass(frozen=True)
class Traces:
    """What is drawn: a title for those who cannot see it, the axes' names, and what to write at values.

    `marked` are places across with a label. `floor` is a value that is always shown: 0 for what is used.
    """

    title: str
    horizontal: str
    vertical: str
    lines: Sequence[Trace]
    at: Callable[[float], str]
    value: Callable[[float], str]
    tick: Callable[[Sequence[float]], Sequence[str]] = written
    foot: Callable[[Sequence[float]], Sequence[str]] = written
    marked: Sequence[tuple[float, str]] = ()
    floor: float | None = None
    log: bool | None = None
    width: int = 480
    height: int = 270


def traces(drawn: Traces) -> Html:
    """Return the drawing as SVG; nothing where no value is finite."""
    values = [y for one in drawn.lines for _, y in one.points if drawable(y)]
    places = [x for one in drawn.lines for x, _ in one.points if drawable(x)]
    if not values:
        return Html()
    log = is_log(drawn)
    low, high = _range(values, drawn.floor, log=log)
    margin = _margin(drawn)
    right, bottom = drawn.width - margin, drawn.height - BOTTOM
    across = Scale(min(places), max(places), LEFT, right)
    if across.low == across.high:
        across = Scale(across.low - 1, across.high + 1, LEFT, right)
    up = Scale(low, high, bottom, TOP, log)
    down_ticks = ticks(low, high, 5, log=log)
    across_ticks = [one for one in ticks(across.low, across.high, 6) if min(places) <= one <= max(places)]
    return tag(
        "svg",
        tag("title", drawn.title),
        [
            _rule(up(tick), label, right)
            for tick, label in zip(down_ticks, drawn.tick(down_ticks), strict=True)
        ],
        [
            _foot(across(tick), label, bottom)
            for tick, label in zip(across_ticks, drawn.foot(across_ticks), strict=True)
        ],
        tag("path", d=f"M{LEFT} {TOP - 6}V{bottom}H{right}", class_="axis"),
        tag("text", drawn.vertical, x=LEFT - 44, y=13, class_="axis-name"),
        tag("text", drawn.horizontal, x=right, y=drawn.height - 5, class_="axis-name", text_anchor="end"),
        [_mark(across(place), label, right, bottom) for place, label in drawn.marked],
        [_line(one, across, up) for one in drawn.lines],
        _labels(drawn, across, up, bottom),
        list(_stretches(drawn, across, up, bottom)),
        class_="chart traces",
        viewBox=f"0 0 {drawn.width} {drawn.height}",
        role="img",
        aria_label=drawn.title,
    )


def is_log(drawn: Traces) -> bool:
    """Tell whether the values are drawn by logarithm."""
    if drawn.log is not None:
        return drawn.log
    finite = [[y for _, y in one.points if drawable(y)] for one in drawn.lines]
    return all(y > 0 for one in finite for y in one) and any(falls_far(one) for one in finite)


def _range(values: Sequence[float], floor: float | None, *, log: bool) -> tuple[float, float]:
    low, high = min(values), max(values)
    if log:
        return low / 1.15, high * 1.15
    if floor is not None:
        return min(floor, low), max(high * 1.06, floor + 1e-9) if high > floor else floor + 1.0
    apart = (high - low) * 0.05 or abs(low) * 0.1 or 1.0
    return low - apart, high + apart


def _margin(drawn: Traces) -> int:
    """Return the room to the right that the lines' labels and last values need."""
    widest = max(max(cells(_short(one.label)), cells(drawn.value(_last(one)[1]))) for one in drawn.lines)
    return min(round(widest * CHARACTER) + 22, drawn.width // 3)


def _short(label: str) -> str:
    return label if cells(label) <= 18 else label[:17] + "…"


def _last(one: Trace) -> tuple[float, float]:
    finite = [point for point in one.points if drawable(point[1])]
    return finite[-1] if finite else (math.nan, math.nan)


def _rule(y: float, label: str, right: float) -> Html:
    return Html(
        tag("path", d=f"M{LEFT} {y:.1f}H{right}", class_="grid")
        + tag("text", label, x=LEFT - 8, y=y + 4, text_anchor="end", class_="tick")
    )


def _foot(x: float, label: str, bottom: int) -> Html:
    return Html(
        tag("path", d=f"M{x:.1f} {bottom}v5", class_="axis")
        + tag("text", label, x=x, y=bottom + 19, text_anchor="middle", class_="tick")
    )


def _mark(x: float, label: str, right: float, bottom: int) -> Html:
    anchor, aside = ("end", -5) if x > right - cells(label) * CHARACTER - 5 else ("start", 5)
    return Html(
        tag("path", d=f"M{x:.1f} {TOP - 6}V{bottom}", class_="marked")
        + tag("text", label, x=x + aside, y=TOP - 10, text_anchor=anchor, class_="note")
    )


def _line(one: Trace, across: Scale, up: Scale) -> Html:
    kept = kept_places([x for x, _ in one.points], [y for _, y in one.points], 800)
    pieces: list[str] = []
    dots: list[Html] = []
    joined = 0
    for place in kept:
        x, y = one.points[place]
        if not drawable(y):
            dots += [_dot(pieces[-1])] if joined == 1 else []
            joined = 0
            continue
        pieces.append(f"{'L' if joined else 'M'}{across(x):.1f} {up(y):.1f}")
        joined += 1
    dots += [_dot(pieces[-1])] if joined == 1 else []
    return tag("g", tag("path", d="".join(pieces), class_="curve"), dots, class_=_style(one))


def _dot(piece: str) -> Html:
    x, _, y = piece[1:].partition(" ")
    return tag("circle", cx=x, cy=y, r=2.6, class_="dot")


def _style(one: Trace) -> str:
    return f"t{one.style % COLORS}"


def _labels(drawn: Traces, across: Scale, up: Scale, bottom: int) -> Html:
    """Write each line's name and last value at its end, apart from one another, none below the axis."""
    ends = {place: _last(one) for place, one in enumerate(drawn.lines)}
    wanted = sorted((up(y), place) for place, (_, y) in ends.items() if drawable(y))
    # with many lines, or without names, each has one line of text
    alone = len(wanted) * LABEL_APART * 2 > bottom - TOP + 10 or not any(one.label for one in drawn.lines)
    apart = min(LABEL_APART * (1 if alone else 2), (bottom - TOP + 10) / max(len(wanted), 1))
    lowest: float = bottom - (0 if alone else 16)
    places: dict[int, float] = {}
    for rank, (y, place) in enumerate(reversed(wanted)):
        lowest = min(y, lowest if rank == 0 else lowest - apart)
        places[place] = lowest
    highest = TOP - 6.0
    for _, place in wanted:
        places[place] = max(places[place], highest)
        highest = places[place] + apart
    x = across(across.high) + 10
    texts = []
    for place, one in enumerate(drawn.lines):
        if place not in places:
            continue
        value = drawn.value(ends[place][1])
        name = tag("tspan", _short(one.label), class_="label") if one.label else None
        below = tag("tspan", f" {value}" if one.label else value, class_="value")
        if not alone:
            below = tag("tspan", value, x=x, dy=16, class_="value")
        texts.append(tag("text", name, below, x=x, y=places[place] + 4, class_=_style(one)))
    return Html("".join(texts))


def _stretches(drawn: Traces, across: Scale, up: Scale, bottom: int) -> Iterator[Html]:
    """Yield the upright stretches that show their figures under the pointer."""
    whole = sorted({x for one in drawn.lines for x, _ in one.points})
    count = min(len(whole), STRETCHES)
    if not count:
        return
    chosen = [whole[round(place * (len(whole) - 1) / max(count - 1, 1))] for place in range(count)]
    chosen = list(dict.fromkeys(chosen))
    edges = [
        across.start,
        *((across(a) + across(b)) / 2 for a, b in pairwise(chosen)),
        across.end,
    ]
    pointers = [0] * len(drawn.lines)
    for place, at in enumerate(chosen):
        found: list[tuple[Trace, float]] = []
        for number, one in enumerate(drawn.lines):
            pointers[number] = _nearest(one.points, at, pointers[number])
            if one.points:
                found.append((one, one.points[pointers[number]][1]))
        begin, end = edges[place], edges[place + 1]
        yield tag(
            "g",
            tag(
                "rect",
                x=round(begin, 1),
                y=TOP - 6,
                width=max(round(end - begin, 1), 0.5),
                height=bottom - TOP + 6,
            ),
            _tip(drawn, across(at), at, found, up, bottom),
            class_="at",
        )


def _nearest(points: Sequence[tuple[float, float]], at: float, start: int) -> int:
    place = start
    while place + 1 < len(points) and abs(points[place + 1][0] - at) <= abs(points[place][0] - at):
        place += 1
    return place


def _tip(
    drawn: Traces, x: float, at: float, found: Sequence[tuple[Trace, float]], up: Scale, bottom: int
) -> Html:
    rows = [(f"{_short(one.label)}  {drawn.value(value)}".strip(), _style(one)) for one, value in found]
    title = drawn.at(at)
    width = max(cells(text) for text in (title, *(text for text, _ in rows))) * CHARACTER + 18
    left = x + 10 if x + 10 + width < drawn.width else x - 10 - width
    return tag(
        "g",
        tag("path", d=f"M{x:.1f} {TOP - 6}V{bottom}", class_="guide"),
        [
            tag("circle", cx=round(x, 1), cy=round(up(value), 1), r=3.4, class_=f"dot {_style(one)}")
            for one, value in found
            if drawable(value)
        ],
        tag(
            "rect",
            x=round(left, 1),
            y=TOP,
            width=round(width),
            height=18 * len(rows) + 26,
            rx=6,
            class_="note-paper",
        ),
        tag("text", title, x=round(left + 9, 1), y=TOP + 18, class_="tick"),
        [
            tag("text", text, x=round(left + 9, 1), y=TOP + 36 + 18 * place, class_=style)
            for place, (text, style) in enumerate(rows)
        ],
        class_="tip",
    )
