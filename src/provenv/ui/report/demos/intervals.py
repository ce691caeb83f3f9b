"""The headline metrics with their intervals on one axis."""

from __future__ import annotations

from ....model.names_of_metrics import is_share, written
from ..charts.estimates import Estimate, estimates
from ..demos_context import DemosContext
from ..markup import Html, tag


def section(context: DemosContext) -> Html:
    """Return the drawing of those that have the first one's metric, with its floor and the public figure.

    Baselines stand in each demo's own report: far below, they would leave no room for what differs here.
    """
    places = context.comparable()
    first = context.results[places[0]]
    name = first.evaluation.headline.name
    rows = []
    for place in places:
        head = context.results[place].evaluation.headline
        label = f"{context.letter(place)} · {context.results[place].example.name}"
        rows.append(Estimate(label, head.value, head.low, head.high, f"t{place % 8}"))
    public = first.example.public
    if public is not None:
        rows.append(Estimate(context.say("report.headline.public"), public.value, style="public"))
    drawing = estimates(
        rows,
        title=context.say("report.headline.beside", name=name),
        written=lambda value: written(name, value),
        floor=(first.example.floor, context.say("report.headline.floor")),
        share=is_share(name),
    )
    return context.section("intervals", tag("figure", tag("figcaption", name), drawing, class_="card narrow"))
