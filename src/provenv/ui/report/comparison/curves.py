"""The metrics that several of the runs have, each in one drawing over the steps, the first over time too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ....model.runs import Curve
from ....runs.metric_names import is_schedule
from ...scale import precise
from ...units import duration
from ..charts.traces import Trace, Traces, is_log, traces
from ..markup import Html, tag
from ..run.usage import clock
from ..run_context import ComparisonContext
from ..tables import opened, table

ROWS = 30


def section(context: ComparisonContext) -> Html:
    """Return the drawings; nothing where the runs share no metric."""
    comparison = context.comparison
    shared = [(metric.name, _of(context, metric.name)) for metric in comparison.metrics]
    if not shared:
        return Html()
    drawn = []
    for place, (name, curves) in enumerate(shared):
        drawn.append(_over_steps(context, name, curves))
        if place == 0 and all(len(one.seconds) == len(one.values) for _, one in curves):
            drawn.append(_over_time(context, name, curves))
    return context.section("curves", tag("div", drawn, class_="pair"))


def _of(context: ComparisonContext, name: str) -> list[tuple[int, Curve]]:
    return [
        (place, one)
        for place, of_run in enumerate(context.comparison.curves)
        for one in of_run
        if one.name == name and one.values
    ]


def _over_steps(context: ComparisonContext, name: str, curves: Sequence[tuple[int, Curve]]) -> Html:
    title = context.say("run_page.curves.over_steps", name=name)
    drawn = Traces(
        title=title,
        horizontal=context.say("run_page.curves.step"),
        vertical="",
        lines=[
            Trace(_letter(context, place), list(zip(one.steps, one.values, strict=True)), place)
            for place, one in curves
        ],
        at=lambda step: context.say("ui.live.step", step=f"{step:,.0f}"),
        value=precise,
        log=False if is_schedule(name) else None,
    )
    return _figure(context, drawn, title, _table(context, title, curves))


def _over_time(context: ComparisonContext, name: str, curves: Sequence[tuple[int, Curve]]) -> Html:
    title = context.say("compare_page.curves.over_time", name=name)
    drawn = Traces(
        title=title,
        horizontal=context.say("run_page.usage.since"),
        vertical="",
        lines=[
            Trace(_letter(context, place), list(zip(one.seconds, one.values, strict=True)), place)
            for place, one in curves
        ],
        at=duration,
        value=precise,
        log=False if is_schedule(name) else None,
        foot=clock,
    )
    return _figure(context, drawn, title, Html())


def _figure(context: ComparisonContext, drawn: Traces, title: str, below: Html) -> Html:
    if is_log(drawn):
        drawn = replace(drawn, vertical=context.say("run_page.curves.log"))
    return tag(
        "figure",
        tag("figcaption", title),
        traces(drawn) or tag("p", context.say("run_page.curves.never_finite"), class_="empty"),
        opened(context.say("run_page.curves.table"), below) if below else None,
        class_="card",
    )


def _letter(context: ComparisonContext, place: int) -> str:
    return context.comparison.sides[place].letter


def _table(context: ComparisonContext, title: str, curves: Sequence[tuple[int, Curve]]) -> Html:
    by_step = [dict(zip(one.steps, one.values, strict=True)) for _, one in curves]
    steps = sorted({step for one in by_step for step in one})
    count = min(len(steps), ROWS)
    chosen = sorted({steps[round(place * (len(steps) - 1) / max(count - 1, 1))] for place in range(count)})
    return table(
        [context.say("run_page.curves.step"), *(_letter(context, place) for place, _ in curves)],
        [[f"{step:,}", *(precise(one[step]) if step in one else "" for one in by_step)] for step in chosen],
        label=title,
        numbers=range(len(curves) + 1),
        class_="compact",
    )
