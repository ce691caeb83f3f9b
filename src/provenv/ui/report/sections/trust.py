"""What the figures rest on: all metrics, the parts of the data, and the looks at leaks and shifted labels."""

from __future__ import annotations

from collections.abc import Iterator

from ....model.demo import Check
from ....model.names_of_metrics import written
from ..context import Context
from ..figures import percent
from ..markup import Html, tag
from ..tables import table


def section(context: Context) -> Html:
    """Return the metrics, the split and the checks, each as a table; nothing for what is not told."""
    return context.section("trust", _metrics(context), list(_split(context)), _checks(context))


def _metrics(context: Context) -> Html:
    rows = []
    for one in context.result.evaluation.metrics:
        within = "–"
        if one.low is not None and one.high is not None:
            low, high = written(one.name, one.low), written(one.name, one.high)
            within = context.say("report.trust.range", low=low, high=high)
        better = tag("span", context.say(f"report.headline.{one.better}"), class_="small better")
        name = tag("span", tag("span", one.name), better)
        rows.append([name, written(one.name, one.value), within])
    heads = [context.say(f"report.trust.{one}") for one in ("metric", "value", "interval")]
    return table(heads, rows, label=context.say("report.trust.metrics"), numbers=(1,))


def _split(context: Context) -> Iterator[Html]:
    evaluation = context.result.evaluation
    total = sum(evaluation.split.values())
    if not total:
        return
    heads = [context.say(f"report.trust.{one}") for one in ("part", "size", "share")]
    rows = [[name, f"{size:,}", percent(size / total)] for name, size in evaluation.split.items()]
    yield tag("h3", context.say("report.trust.split"))
    yield table(heads, rows, label=context.say("report.trust.split"), numbers=(1, 2))
    if evaluation.split_digest:
        digest = tag("code", evaluation.split_digest)
        yield tag("p", context.say("report.trust.digest"), " ", digest, class_="small digest")


def _checks(context: Context) -> Html:
    checks = context.result.evaluation.checks
    if not checks:
        return Html()
    heads = [context.say(f"report.trust.{one}") for one in ("check", "found")]
    return Html(
        tag("h3", context.say("report.trust.checks"))
        + table(
            heads,
            [[_marked(context, one), one.said] for one in checks],
            label=context.say("report.trust.checks"),
            styles=["passed" if one.ok else "failed" for one in checks],
        )
    )


def _marked(context: Context, one: Check) -> Html:
    status = context.say(f"report.proof.{'passed' if one.ok else 'failed'}")
    mark = tag("span", "✓" if one.ok else "✕", class_="mark", role="img", aria_label=status, title=status)
    return Html(mark + " " + tag("span", one.name))
