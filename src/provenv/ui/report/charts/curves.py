"""Curves over epochs: two axes, every line labelled at its end, every point with its figures as a tooltip."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ...scale import Scale, decades, steps, whole_steps
from ..markup import Html, tag

WIDTH, HEIGHT = 480, 300
LEFT, RIGHT, TOP, BOTTOM = 52, 118, 46, 46
LABEL_APART = 20


@dataclass(frozen=True)
class Series:
    """One line: its label, its colour as a class of the style sheet, and a value for each epoch."""

    label: str
    style: str
    values: Sequence[float]


@dataclass(frozen=True)
class Chart:
    """What is drawn: a title for those who cannot see it, the axes' names, and the epoch to mark."""

    title: str
    horizontal: str
    vertical: str
    series: Sequence[Series]
    tip: Callable[[Series, int], str]
    written: Callable[[float], str]
    tick: Callable[[float], str]
    marked: tuple[int, str] | None = None
    log: bool = False  # every value is above zero then
    ceiling: float | None = None


def curves(chart: Chart) -> Html:
    """Return the chart as SVG. Every series has at least one value."""
    values = [value for series in chart.series for value in series.values]
    log = chart.log
    ticks = decades(min(values), max(values)) if log else _ticks(values, chart.ceiling)
    low, high = (min(values) / 1.3, max(values) * 1.3) if log else (ticks[0], ticks[-1])
    count = max(len(series.values) for series in chart.series)
    across = Scale(1, max(count, 2), LEFT, WIDTH - RIGHT)
    up = Scale(low, high, HEIGHT - BOTTOM, TOP, log)
    return tag(
        "svg",
        tag("title", chart.title),
        [_rule(up(tick), chart.tick(tick)) for tick in ticks if low <= tick <= high],
        [_foot(across(epoch), epoch) for epoch in whole_steps(1, count)],
        tag("path", d=f"M{LEFT} {TOP - 8}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}", class_="axis"),
        tag("text", chart.vertical, x=LEFT - 40, y=12, class_="axis-name"),
        tag("text", chart.horizontal, x=WIDTH - RIGHT, y=HEIGHT - 8, class_="axis-name", text_anchor="end"),
        _mark(across, chart.marked) if chart.marked else None,
        [_line(series, across, up, chart) for series in chart.series],
        _labels(chart, across, up),
        class_="chart",
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        aria_label=chart.title,
    )


def _ticks(values: Sequence[float], ceiling: float | None) -> tuple[float, ...]:
    low, high = min(values), max(values) if ceiling is None else ceiling
    inner = steps(low, high)
    apart = inner[1] - inner[0] if len(inner) > 1 else (high - low or 1.0)
    below = (inner[0] - apart,) if inner[0] > low + apart * 1e-6 else ()
    above = (inner[-1] + apart,) if inner[-1] < high - apart * 1e-6 else ()
    enclosed = (*below, *inner, *above)
    return enclosed if len(enclosed) > 1 else (low - apart, low)


def _rule(y: float, label: str) -> Html:
    return Html(
        tag("path", d=f"M{LEFT} {y:.1f}H{WIDTH - RIGHT}", class_="grid")
        + tag("text", label, x=LEFT - 8, y=y + 4, text_anchor="end", class_="tick")
    )


def _foot(x: float, epoch: int) -> Html:
    bottom = HEIGHT - BOTTOM
    return Html(
        tag("path", d=f"M{x:.1f} {bottom}v5", class_="axis")
        + tag("text", epoch, x=x, y=bottom + 20, text_anchor="middle", class_="tick")
    )


def _mark(across: Scale, marked: tuple[int, str]) -> Html:
    epoch, label = marked
    x = across(epoch)
    anchor = "end" if x > (LEFT + WIDTH - RIGHT) * 0.6 else "start"
    return Html(
        tag("path", d=f"M{x:.1f} {TOP - 8}V{HEIGHT - BOTTOM}", class_="marked")
        + tag(
            "text", label, x=x + (-6 if anchor == "end" else 6), y=TOP - 12, text_anchor=anchor, class_="note"
        )
    )


def _line(series: Series, across: Scale, up: Scale, chart: Chart) -> Html:
    places = [(across(epoch), up(value)) for epoch, value in enumerate(series.values, start=1)]
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    dots = [
        tag(
            "g",
            tag("title", chart.tip(series, epoch)),
            tag("circle", cx=x, cy=y, r=9, class_="hit"),
            tag("circle", cx=x, cy=y, r=2.6, class_="dot"),
        )
        for epoch, (x, y) in enumerate(places, start=1)
    ]
    return tag("g", tag("path", d=path, class_="curve"), dots, class_=series.style)


def _labels(chart: Chart, across: Scale, up: Scale) -> Html:
    """Write each line's name and last value at its end, apart from one another."""
    wanted = sorted((up(series.values[-1]), place) for place, series in enumerate(chart.series))
    places: dict[int, float] = {}
    last = -LABEL_APART * 2.0
    for y, place in wanted:
        last = max(y, last + LABEL_APART * 2)
        places[place] = last
    over = max(last + LABEL_APART - (HEIGHT - BOTTOM + 10), 0)
    written = []
    for place, series in enumerate(chart.series):
        x, y = across(len(series.values)) + 12, places[place] - over
        name = tag("tspan", series.label, class_="label")
        value = tag("tspan", chart.written(series.values[-1]), x=x, dy=17, class_="value")
        written.append(tag("text", name, value, x=x, y=y, class_=series.style))
    return Html("".join(written))
