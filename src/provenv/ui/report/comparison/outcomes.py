"""What came of the runs: last and best value of each shared metric, speed, time, and what they used."""

from __future__ import annotations

from collections.abc import Sequence

from ....model.comparison import MetricOutcome
from ...scale import precise
from ..markup import Html, tag
from ..run_context import ComparisonContext, measured
from ..tables import table


def section(context: ComparisonContext) -> Html:
    """Return a row for each metric and figure, the best run's marked."""
    comparison = context.comparison
    rows: list[list[Html | str]] = []
    for metric in comparison.metrics:
        rows += _metric(context, metric)
    for one in comparison.outcomes:
        name = context.say(f"ui.run_figure.{one.name}")
        rows.append([name, *_cells([measured(value, one.unit) for value in one.values], one.leader)])
    if not rows:
        return context.section(
            "outcomes", tag("p", context.tell("compare_page.outcomes.none"), class_="empty")
        )
    return context.section(
        "outcomes",
        table(
            [context.say("compare_page.differing.what"), *(side.letter for side in comparison.sides)],
            rows,
            label=context.say("compare_page.outcomes.title"),
            numbers=range(1, len(comparison.sides) + 1),
        ),
    )


def _metric(context: ComparisonContext, one: MetricOutcome) -> list[list[Html | str]]:
    last = [measured(value, "") if value is not None else "–" for value in one.last]
    rows: list[list[Html | str]] = []
    if one.better:
        best = [
            tag("span", precise(value), tag("span", f" @ {step:,}", class_="small"))
            if value is not None and step is not None
            else "–"
            for value, step in zip(one.best, one.best_steps, strict=True)
        ]
        rows.append([_named(context, "best", one.name), *_cells(best, one.leader)])
    rows.append([_named(context, "last", one.name), *_cells(last, None)])
    return rows


def _named(context: ComparisonContext, which: str, name: str) -> Html:
    return tag(
        "span",
        tag("code", name),
        tag("span", f" {context.say(f'compare_page.outcomes.{which}')}", class_="small"),
    )


def _cells(values: Sequence[Html | str], leader: int | None) -> list[Html | str]:
    return [
        tag("strong", value, tag("span", " ★", class_="leads")) if place == leader else value
        for place, value in enumerate(values)
    ]
