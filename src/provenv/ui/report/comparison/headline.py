"""The top of a comparison: the runs with their letters, and which was best."""

from __future__ import annotations

from ....model.comparison import RunSide
from ...scale import precise
from ...units import duration
from ..figures import moment
from ..markup import Html, tag
from ..run_context import ComparisonContext, measured
from ..tables import table

MARKS = {
    "done": "✓",
    "failed": "✕",
    "lost": "✕",
    "running": "▸",
    "stopped": "–",
    "preempted": "–",
    "queued": "–",
}
STYLES = {"done": "passed", "failed": "failed", "lost": "failed"}


def section(context: ComparisonContext) -> Html:
    """Return the headline with a row for each run."""
    sides = context.comparison.sides
    names = list(dict.fromkeys(side.name or side.id for side in sides))
    return tag(
        "header",
        tag(
            "div",
            tag("p", " · ".join(names[:4]) + (" …" if len(names) > 4 else ""), class_="eyebrow"),
            tag("h1", context.say("compare_page.headline", n=len(sides))),
            tag("p", _lead(context), class_="lead"),
            class_="say",
        ),
        tag("div", _runs(context), class_="across"),
        class_="headline alone",
    )


def _lead(context: ComparisonContext) -> Html:
    """Return what differs and what is best, in at most two sentences."""
    differing = context.comparison.differing
    parts = list(dict.fromkeys(context.say(f"compare_page.part.{one.part}") for one in differing))
    said = (
        context.tell("compare_page.differ_in", parts=context.say("ui.comma").join(parts))
        if parts
        else context.tell("compare_page.differ_in_nothing")
    )
    first = next((one for one in context.comparison.metrics if one.leader is not None), None)
    if first is None or first.leader is None:
        return said
    winner = context.comparison.sides[first.leader].letter
    value = first.best[first.leader]
    told = context.tell(
        "compare_page.leads", run=winner, name=first.name, value="" if value is None else precise(value)
    )
    return Html(f"{said} {told}")


def _runs(context: ComparisonContext) -> Html:
    heads = ("run", "id", "state", "began", "steps", "took")
    return table(
        [context.say(f"compare_page.run.{head}") for head in heads],
        [_row(context, place, side) for place, side in enumerate(context.comparison.sides)],
        label=context.say("compare_page.runs"),
        numbers=(4, 5),
        styles=[STYLES.get(side.state) for side in context.comparison.sides],
    )


def _row(context: ComparisonContext, place: int, side: RunSide) -> list[Html | str]:
    state = tag(
        "span", tag("b", MARKS[side.state], class_="mark"), f" {context.say(f'ui.runs.{side.state}')}"
    )
    attempts = context.say("run_page.tile.attempts", n=side.attempts) if side.attempts > 1 else ""
    return [
        tag("span", side.letter, class_=f"letter t{place % 8}"),
        tag("span", tag("b", side.name), " " if side.name else "", tag("code", side.id)),
        tag("span", state, tag("span", f" {attempts}", class_="small") if attempts else None),
        moment(side.began),
        measured(float(side.steps) if side.steps else None, "count"),
        duration(side.seconds),
    ]
