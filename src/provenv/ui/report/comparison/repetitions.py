"""Runs that are the same in everything but the seed: mean and spread of what came of them."""

from __future__ import annotations

from ....model.comparison import Repetition, Spread
from ..markup import Html, tag
from ..run_context import ComparisonContext, measured
from ..tables import table


def section(context: ComparisonContext) -> Html:
    """Return a table for each group of repetitions; nothing where there is none."""
    groups = context.comparison.repetitions
    if not groups:
        return Html()
    return context.section("repetitions", [_group(context, one) for one in groups])


def _group(context: ComparisonContext, group: Repetition) -> Html:
    letters = " ".join(context.comparison.sides[place].letter for place in group.runs)
    heads = ("figure", "mean", "deviation", "low", "high")
    title = context.say("compare_page.repetitions.group", n=len(group.runs), runs=letters)
    return Html(
        tag("h3", title)
        + table(
            [context.say(f"compare_page.repetitions.{head}") for head in heads],
            [_row(context, one) for one in group.spreads],
            label=title,
            numbers=range(1, 5),
        )
    )


def _row(context: ComparisonContext, one: Spread) -> list[Html | str]:
    name: Html | str = (
        context.say(f"ui.run_figure.{one.name}")
        if one.of == "run"
        else tag(
            "span",
            tag("code", one.name),
            tag("span", f" {context.say(f'compare_page.outcomes.{one.of}')}", class_="small"),
        )
    )
    return [
        name,
        tag("strong", measured(one.mean, one.unit)),
        f"± {measured(one.deviation, one.unit)}",
        measured(one.low, one.unit),
        measured(one.high, one.unit),
    ]
