"""How each learned: the losses and the headline metrics of all, each in one drawing over the epochs."""

from __future__ import annotations

from collections.abc import Callable

from ....model.demo import Epoch
from ....model.names_of_metrics import written
from ...scale import precise
from ..charts.traces import Trace, Traces, traces
from ..demos_context import DemosContext
from ..markup import Html, tag


def section(context: DemosContext) -> Html:
    """Return the drawings, the metric over time too."""
    loss = context.say("report.learning.validation_loss")
    drawn = [_figure(context, loss, lambda one: one.validation_loss, precise)]
    names = list(dict.fromkeys(one.epochs[0].name for one in context.results))
    for name in filter(None, names):
        drawn.append(
            _figure(
                context,
                context.say("report.learning.validation_of", name=name),
                lambda one, name=name: one.measure if one.name == name else None,  # type: ignore[misc]  # bound now
                lambda value, name=name: written(name, value),  # type: ignore[misc]  # bound now
            )
        )
    return context.section("curves", tag("div", drawn, class_="pair"))


def _figure(
    context: DemosContext,
    title: str,
    value: Callable[[Epoch], float | None],
    told: Callable[[float], str],
) -> Html:
    lines = []
    for place, one in enumerate(context.results):
        points = [
            (float(epoch.number), measure) for epoch in one.epochs if (measure := value(epoch)) is not None
        ]
        if points:
            lines.append(Trace(context.letter(place), points, place))
    drawing = traces(
        Traces(
            title=title,
            horizontal=context.say("report.learning.epoch"),
            vertical="",
            lines=lines,
            at=lambda epoch: context.say("demos_page.curves.at", epoch=f"{epoch:.0f}"),
            value=told,
        )
    )
    return tag("figure", tag("figcaption", title), drawing, class_="card")
