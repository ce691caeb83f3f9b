"""The top of a run's page: what it was, how it ended, its first metric, and its figures."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ....model.runs import Curve
from ....runs.metric_names import better
from ....runs.outcomes import best
from ...redact import redact
from ...scale import precise
from ...units import duration, size
from ..figures import moment, percent
from ..markup import Html, tag
from ..run_context import RunContext, measured, title_of

MARKS = {
    "done": "✓",
    "failed": "✕",
    "lost": "✕",
    "running": "▸",
    "stopped": "–",
    "preempted": "–",
    "queued": "–",
}


def section(context: RunContext) -> Html:
    """Return the headline; with a metric, its last value stands beside it."""
    run = context.run
    metric = first_metric(context.report.seen.curves)
    state = context.say(f"ui.runs.{run.state}")
    why = run.end.why if run.end is not None else None
    return tag(
        "header",
        tag(
            "div",
            tag("p", run.record.id, class_="eyebrow"),
            tag("h1", redact(title_of(run))),
            tag(
                "p",
                tag("b", f"{MARKS[run.state]} {state}", class_=f"state {run.state}"),
                tag("span", f" · {context.say('run_page.began', moment=moment(run.record.began))}"),
                class_="lead",
            ),
            tag("p", context.prose(why), class_="why") if why is not None else None,
            tag("pre", _command(context), class_="command"),
            class_="say",
        ),
        _metric(context, metric) if metric is not None else None,
        tag(
            "dl",
            [
                tag("div", tag("dt", name), tag("dd", tag("strong", value), tag("span", more)))
                for name, value, more in _tiles(context)
            ],
            class_="tiles",
        ),
        class_="headline" if metric is not None else "headline alone",
    )


def first_metric(curves: tuple[Curve, ...]) -> Curve | None:
    """Return the metric that tells most: a validation's loss or accuracy before a training's, losses last."""

    def rank(curve: Curve) -> tuple[int, int]:
        held_out = any(word in curve.name.lower() for word in ("val", "eval", "test"))
        return ({"high": 0, "low": 1, "": 2}[better(curve.name)], 0 if held_out else 1)

    told = [one for one in curves if any(math.isfinite(value) for value in one.values)]
    return min(told, key=rank, default=None)


def _command(context: RunContext) -> str:
    words = [f"'{word}'" if " " in word or not word else word for word in context.run.record.argv]
    return redact(" ".join(words))


def _metric(context: RunContext, metric: Curve) -> Html:
    found = best(metric, better(metric.name))
    more = ""
    if found is not None:
        more = context.say("run_page.best_at", value=precise(found[1]), step=f"{found[0]:,}")
    return tag(
        "figure",
        tag("figcaption", context.say("run_page.last_of", name=metric.name), class_="label plain"),
        tag("p", precise(metric.values[-1]), class_="hero-figure"),
        tag("p", more, class_="small") if more else None,
        class_="card accuracy",
    )


def _tiles(context: RunContext) -> Iterator[tuple[str, str, str]]:
    run, seen = context.run, context.report.seen
    progressed, peaks = seen.progressed, run.peaks
    attempts = max(len(run.attempts), 1)
    yield (
        context.say("run_page.tile.time"),
        duration(run.seconds),
        context.say("run_page.tile.attempts", n=attempts) if attempts > 1 else "",
    )
    if progressed.steps:
        total = context.say("run_page.tile.of", total=f"{progressed.total:,}") if progressed.total else ""
        if not total and progressed.epoch:
            total = context.say("ui.live.epoch", epoch=progressed.epoch)
        yield context.say("run_page.tile.steps"), f"{progressed.steps:,}", total
    if progressed.mean_rate:
        yield (
            context.say("run_page.tile.rate"),
            measured(progressed.mean_rate, "rate"),
            context.say("run_page.tile.rate_unit"),
        )
    if progressed.waiting is not None:
        yield (
            context.say("run_page.tile.waiting"),
            percent(progressed.waiting),
            context.say("run_page.tile.of_time"),
        )
    if progressed.utilisation is not None:
        yield "MFU", percent(progressed.utilisation), context.say("run_page.tile.of_peak")
    if peaks.memory:
        cores = context.say("ui.live.cores", cores=f"{peaks.cpu:.1f}") if peaks.cpu else ""
        yield context.say("run_page.tile.memory"), size(peaks.memory, binary=True), cores
    if peaks.gpu_memory:
        share = context.say("run_page.tile.gpu_use", share=measured(peaks.gpu, "share")) if peaks.gpu else ""
        yield context.say("run_page.tile.gpu"), size(peaks.gpu_memory, binary=True), share
    if seen.saves:
        last = context.say("run_page.tile.last_save", step=f"{seen.saved.step:,}") if seen.saved else ""
        yield context.say("run_page.tile.saves"), str(seen.saves), last
