"""How much of each class is recognised, demo beside demo."""

from __future__ import annotations

from ..charts.bars import meter
from ..demos_context import DemosContext
from ..figures import percent
from ..markup import Html, tag
from ..tables import table


def section(context: DemosContext) -> Html:
    """Return a row a class; nothing where the demos do not share their classes."""
    classes = context.results[0].evaluation.classes
    places = [place for place, one in enumerate(context.results) if one.evaluation.classes == classes]
    if not classes or len(places) < 2:
        return Html()
    rows = []
    for number, name in enumerate(classes):
        shares = [context.results[place].evaluation.recall[number] for place in places]
        best = max((one for one in shares if one is not None), default=None)
        alone = shares.count(best) == 1
        rows.append([name, *(_cell(one, leads=alone and one == best) for one in shares)])
    return context.section(
        "recall",
        table(
            [context.say("report.confusion.class"), *(context.marked(place) for place in places)],
            rows,
            label=context.say("demos_page.recall.title"),
            numbers=range(1, len(places) + 1),
            class_="compact recall",
        ),
    )


def _cell(share: float | None, *, leads: bool) -> Html | str:
    if share is None:
        return "–"
    value = tag("b", percent(share), class_="leads") if leads else tag("span", percent(share))
    return Html(value + meter(share))
