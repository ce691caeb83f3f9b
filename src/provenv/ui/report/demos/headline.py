"""The top of the page: the demos with their figures, and whether they were judged on the same split."""

from __future__ import annotations

from ....model.demo import DemoResult
from ....model.names_of_metrics import written
from ...run_lines import measured
from ...units import duration, size
from ..demos_context import DemosContext, framework
from ..figures import short
from ..markup import Html, tag
from ..tables import table

HEADS = ("letter", "name", "framework", "parameters", "metric", "time", "memory", "rate", "split")
UNKNOWN = "–"


def section(context: DemosContext) -> Html:
    """Return the headline with a row for each demo."""
    names = [one.example.name for one in context.results]
    return tag(
        "header",
        tag(
            "div",
            tag("p", " · ".join(names[:4]) + (" …" if len(names) > 4 else ""), class_="eyebrow"),
            tag("h1", context.say("demos_page.headline", n=len(names))),
            tag("p", _lead(context), class_="lead"),
            class_="say",
        ),
        tag("div", split_told(context), class_="across"),
        tag("div", _table(context), class_="across"),
        class_="headline alone",
    )


def _lead(context: DemosContext) -> str:
    """Return which is best, where the headline metrics can be compared and one is alone ahead."""
    places = context.comparable()
    first = context.results[places[0]].evaluation.headline
    sign = 1 if first.better == "higher" else -1
    ordered = sorted(places, key=lambda place: -sign * context.results[place].evaluation.headline.value)
    if len(ordered) < 2:
        return context.say("demos_page.other_metrics")
    best, second = (context.results[place].evaluation.headline for place in ordered[:2])
    if best.value == second.value:
        return context.say("demos_page.none_leads", metric=best.name)
    apart = best.low is not None and second.high is not None and best.high is not None
    overlap = not apart or not (
        (best.low or 0.0) > (second.high or 0.0)
        if sign > 0
        else (best.high or 0.0) < (second.low if second.low is not None else best.high or 0.0)
    )
    return context.say(
        "demos_page.leads_within" if overlap else "demos_page.leads",
        name=context.results[ordered[0]].example.name,
        metric=best.name,
        value=written(best.name, best.value),
    )


def split_told(context: DemosContext) -> Html:
    """Say whether all were trained and judged on the same parts of the data."""
    digests = [one.evaluation.split_digest for one in context.results]
    if "" in digests:
        lacking = [one.example.name for one in context.results if not one.evaluation.split_digest]
        names = context.say("ui.comma").join(lacking)
        return tag("p", context.say("demos_page.split_unknown", names=names), class_="split unlike")
    if len(set(digests)) == 1:
        said = context.say("demos_page.split_same")
        return tag("p", tag("b", "✓", class_="mark", aria_hidden="true"), " ", said, class_="split alike")
    said = context.say("demos_page.split_other")
    return tag("p", tag("b", "✕", class_="mark", aria_hidden="true"), " ", said, class_="split unlike")


def _table(context: DemosContext) -> Html:
    return table(
        [context.say(f"demos_page.table.{head}") for head in HEADS],
        [_row(context, place, one) for place, one in enumerate(context.results)],
        label=context.say("demos_page.table"),
        numbers=(3, 4, 5, 6, 7),
        class_="demos",
    )


def _row(context: DemosContext, place: int, one: DemoResult) -> list[Html | str]:
    evaluation, cost = one.evaluation, one.cost
    head = evaluation.headline
    value = [tag("b", written(head.name, head.value))]
    if head.low is not None and head.high is not None:
        low, high = written(head.name, head.low), written(head.name, head.high)
        value.append(tag("span", context.say("report.trust.range", low=low, high=high), class_="small"))
    value.append(tag("span", head.name, class_="small"))
    digest = evaluation.split_digest
    unlike = digest != context.results[0].evaluation.split_digest
    return [
        context.marked(place),
        tag(
            "span",
            tag("b", one.example.name),
            " ",
            tag("span", context.words(one.example.title), class_="small"),
        ),
        framework(one),
        UNKNOWN if evaluation.parameters is None else f"{evaluation.parameters:,}",
        tag("span", value, class_="estimate"),
        UNKNOWN if cost.seconds is None else duration(cost.seconds),
        size(cost.memory, binary=True) if cost.memory else UNKNOWN,
        measured(cost.rate, "rate", unknown=UNKNOWN),
        tag("code", short(digest), title=digest, class_="unlike" if unlike else None) if digest else UNKNOWN,
    ]
