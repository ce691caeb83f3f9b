"""How the run learned: every metric over the steps, those of one kind in one drawing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from ....model.runs import Curve
from ....runs.metric_names import better, is_schedule, together
from ....runs.outcomes import best
from ...scale import precise
from ...units import duration
from ..charts.traces import Trace, Traces, is_log, traces
from ..markup import Html, tag
from ..run_context import RunContext
from ..tables import opened, table

ROWS = 40
"""Steps that the table below a drawing has at most: evenly chosen, the first and the last among them."""


def section(context: RunContext) -> Html:
    """Return a drawing for each kind of metric; where none was seen, that in a sentence."""
    curves = [one for one in context.report.seen.curves if one.values]
    if not curves:
        return context.section(
            "curves",
            tag("p", context.tell("run_page.curves.none"), class_="empty"),
            _notes(context),
        )
    return context.section(
        "curves",
        tag("div", [_figure(context, group) for group in together(curves)], class_="pair"),
        _best(context, curves),
        _notes(context),
    )


def _figure(context: RunContext, group: Sequence[Curve]) -> Html:
    names = ", ".join(one.name for one in group)
    title = context.say("run_page.curves.over_steps", name=names)
    drawn = Traces(
        title=title,
        horizontal=context.say("run_page.curves.step"),
        vertical="",
        lines=[
            Trace(one.name, list(zip(one.steps, one.values, strict=True)), place)
            for place, one in enumerate(group)
        ],
        at=lambda step: context.say("ui.live.step", step=f"{step:,.0f}"),
        value=precise,
        log=False if is_schedule(group[0].name) else None,
        marked=_resumed(context),
    )
    if is_log(drawn):
        drawn = replace(drawn, vertical=context.say("run_page.curves.log"))
    broken = sum(not math.isfinite(value) for one in group for value in one.values)
    return tag(
        "figure",
        tag("figcaption", names),
        traces(drawn) or tag("p", context.say("run_page.curves.never_finite"), class_="empty"),
        tag("p", context.say("run_page.curves.not_finite", n=broken), class_="small warning")
        if broken
        else None,
        opened(context.say("run_page.curves.table"), figures(context, group, title)),
        class_="card",
    )


def figures(context: RunContext, group: Sequence[Curve], label: str) -> Html:
    """Return the values at steps that are evenly chosen."""
    by_step = [dict(zip(one.steps, one.values, strict=True)) for one in group]
    steps = sorted({step for one in by_step for step in one})
    count = min(len(steps), ROWS)
    chosen = sorted({steps[round(place * (len(steps) - 1) / max(count - 1, 1))] for place in range(count)})
    rows = [[f"{step:,}", *(precise(one[step]) if step in one else "" for one in by_step)] for step in chosen]
    return table(
        [context.say("run_page.curves.step"), *(one.name for one in group)],
        rows,
        label=label,
        numbers=range(len(group) + 1),
        class_="compact",
    )


def _resumed(context: RunContext) -> list[tuple[float, str]]:
    """Return at which steps later attempts went on."""
    return [
        (float(one.step), context.say("run_page.curves.resumed")) for one in context.report.seen.resumed[:6]
    ]


def _best(context: RunContext, curves: Sequence[Curve]) -> Html:
    rows = []
    for one in curves:
        found = best(one, better(one.name))
        at = f"{found[0]:,}" if found is not None else ""
        when = ""
        if found is not None and len(one.seconds) == len(one.steps):
            when = duration(one.seconds[one.steps.index(found[0])])
        rows.append([one.name, precise(one.values[-1]), precise(found[1]) if found else "", at, when])
    heads = ("metric", "last", "best", "best_step", "best_after")
    return table(
        [context.say(f"run_page.curves.{head}") for head in heads],
        rows,
        label=context.say("run_page.curves.summary"),
        numbers=range(1, 5),
    )


def _notes(context: RunContext) -> Html:
    notes = context.report.seen.notes
    if not notes:
        return Html()
    return tag(
        "ul",
        [tag("li", one) for one in notes],
        class_="notes",
        aria_label=context.say("run_page.curves.notes"),
    )
