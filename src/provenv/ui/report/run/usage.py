"""What the run used, over time: processor, memory, GPU, disk and network."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from ....model.runs import Curve
from ...units import BINARY, DECIMAL, duration, size
from ..charts.traces import Trace, Traces, traces
from ..figures import percent
from ..markup import Html, tag
from ..run_context import RunContext
from ..tables import opened, table

ROWS = 30
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("cpu", ("cpu",)),
    ("memory", ("memory", "shm")),
    ("gpu", ("gpu",)),
    ("gpu_memory", ("gpu_memory",)),
    ("disk", ("read", "written")),
    ("network", ("received", "sent")),
)


def section(context: RunContext) -> Html:
    """Return a drawing for each kind; nothing where nothing was sampled."""
    by_name = {one.name: one for one in context.report.usage if any(one.values)}
    shown = [
        (kind, found) for kind, names in GROUPS if (found := [by_name[n] for n in names if n in by_name])
    ]
    if not shown:
        return Html()
    return context.section(
        "usage", tag("div", [_figure(context, kind, found) for kind, found in shown], class_="pair")
    )


def _figure(context: RunContext, kind: str, curves: Sequence[Curve]) -> Html:
    title = context.say(f"run_page.usage.{kind}")
    value = _value(kind)
    factor, unit = _unit(kind, max(max(one.values) for one in curves))
    return tag(
        "figure",
        tag("figcaption", title),
        traces(
            Traces(
                title=title,
                horizontal=context.say("run_page.usage.since"),
                vertical=unit,
                lines=[
                    Trace(
                        _label(context, one, kind),
                        [(at, value / factor) for at, value in zip(one.seconds, one.values, strict=True)],
                        place,
                    )
                    for place, one in enumerate(curves)
                ],
                at=duration,
                value=lambda scaled: value(scaled * factor),
                foot=clock,
                marked=_attempts(context),
                floor=0.0,
                log=False,
            )
        ),
        opened(context.say("run_page.curves.table"), _table(context, kind, curves, title, value)),
        class_="card",
    )


def _unit(kind: str, most: float) -> tuple[float, str]:
    """Return what the values are divided by, and the name of that unit on the axis."""
    if kind == "cpu":
        return 1.0, ""
    if kind == "gpu":
        return 0.01, "%"
    flows = kind in ("disk", "network")
    base, names = (1000.0, DECIMAL) if flows else (1024.0, BINARY)
    power = 0
    while power + 1 < len(names) and most >= base ** (power + 1):
        power += 1
    return base**power, f"{names[power]}/s" if flows else names[power]


def _label(context: RunContext, one: Curve, kind: str) -> str:
    return context.say(f"run_page.usage.of.{one.name}") if kind in ("memory", "disk", "network") else ""


def _value(kind: str) -> Callable[[float], str]:
    if kind == "cpu":
        return lambda value: f"{value:.1f}"
    if kind == "gpu":
        return lambda value: percent(value, 0)
    if kind in ("disk", "network"):
        return lambda value: f"{size(value)}/s"
    return lambda value: size(value, binary=True)


def clock(values: Sequence[float]) -> list[str]:
    """Return seconds as an axis writes them: `30 s`, `2:30`, `1:05:00`."""
    if max(values, default=0.0) < 120:
        return [f"{value:g} s" if value else "0" for value in values]
    return [
        f"{value // 3600:.0f}:{value % 3600 // 60:02.0f}:{value % 60:02.0f}"
        if max(values) >= 3600
        else f"{value // 60:.0f}:{value % 60:02.0f}"
        for value in values
    ]


def _attempts(context: RunContext) -> list[tuple[float, str]]:
    return [
        (at, context.say("run_page.usage.attempt", number=number))
        for number, at in enumerate(context.report.began[1:7], start=2)
        if math.isfinite(at)
    ]


def _table(
    context: RunContext, kind: str, curves: Sequence[Curve], label: str, value: Callable[[float], str]
) -> Html:
    longest = max(curves, key=lambda one: len(one.values))
    count = min(len(longest.values), ROWS)
    chosen = sorted({round(place * (len(longest.values) - 1) / max(count - 1, 1)) for place in range(count)})
    rows = [
        [
            duration(longest.seconds[place]),
            *(value(one.values[place]) if place < len(one.values) else "" for one in curves),
        ]
        for place in chosen
    ]
    heads = [_label(context, one, kind) or label for one in curves]
    return table(
        [context.say("run_page.usage.since"), *heads],
        rows,
        label=label,
        numbers=range(1, len(curves) + 1),
        class_="compact",
    )
