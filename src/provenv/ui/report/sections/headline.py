"""The top of the page: what was trained, how well it does beside others, where, in what environment."""

from __future__ import annotations

from ....model.demo import Metric
from ....model.names_of_metrics import is_share, written
from ...units import duration
from ..charts.estimates import Estimate, estimates
from ..context import Context
from ..markup import Html, tag


def section(context: Context) -> Html:
    """Return the headline with the metric, its interval and what it is to be compared with beside it."""
    evaluation = context.result.evaluation
    evidence = context.result.up.evidence
    proven = context.result.up.generation.proof == "passed" if evidence is None else evidence.passed
    title = context.say("report.headline.proven" if proven else "report.headline.unproven")
    name = context.words(context.result.example.title)
    lead = context.tell("report.headline.lead", name=name, n=evaluation.count, of=evaluation.of)
    return tag(
        "header",
        tag(
            "div",
            tag("p", context.result.spec.name, class_="eyebrow"),
            tag("h1", title),
            tag("p", lead, class_="lead"),
            _failed(context),
            class_="say",
        ),
        _card(context),
        _tiles(context),
        class_="headline",
    )


def _failed(context: Context) -> Html:
    """Say what speaks against believing the figures."""
    evaluation, example = context.result.evaluation, context.result.example
    head = evaluation.headline
    said = [f"{one.name}: {one.said}" for one in evaluation.checks if not one.ok]
    if not example.reached(head.value):
        value, floor = written(head.name, head.value), written(head.name, example.floor)
        said.append(context.say("report.headline.below", value=value, floor=floor))
    return tag("ul", [tag("li", one) for one in said], class_="doubts") if said else Html()


def _card(context: Context) -> Html:
    head = context.result.evaluation.headline
    return tag(
        "figure",
        tag("figcaption", context.say("report.headline.metric", name=head.name), class_="label plain"),
        tag("p", written(head.name, head.value), class_="hero-figure"),
        tag("p", _interval(context, head), class_="small"),
        compared(context, head),
        _public(context, head),
        class_="card accuracy",
    )


def _interval(context: Context, head: Metric) -> str:
    better = context.say(f"report.headline.{head.better}")
    if head.low is None or head.high is None:
        return better
    low, high = written(head.name, head.low), written(head.name, head.high)
    return f"{context.say('report.headline.interval', low=low, high=high)} · {better}"


def compared(context: Context, head: Metric) -> Html:
    """Return the model's figure on an axis with the baselines, the public figure and the floor."""
    example, evaluation = context.result.example, context.result.evaluation
    rows = [Estimate(context.say("report.headline.this"), head.value, head.low, head.high, "ours")]
    rows += [Estimate(one.name, one.value, one.low, one.high) for one in evaluation.baselines]
    if example.public is not None:
        rows.append(Estimate(context.say("report.headline.public"), example.public.value, style="public"))
    return estimates(
        rows,
        title=context.say("report.headline.beside", name=head.name),
        written=lambda value: written(head.name, value),
        floor=(example.floor, context.say("report.headline.floor")),
        share=is_share(head.name),
    )


def _public(context: Context, head: Metric) -> Html:
    public = context.result.example.public
    if public is None:
        return Html()
    return tag(
        "p",
        context.say("report.headline.public_is", value=written(head.name, public.value)),
        " ",
        tag("a", context.words(public.what), href=public.source, rel="noreferrer", class_="outside"),
        class_="small",
    )


def _tiles(context: Context) -> Html:
    result = context.result
    seconds = result.cost.seconds
    if seconds is None:
        seconds = sum(epoch.seconds for epoch in result.epochs)
    place = result.facts.host or context.say("report.headline.this_machine")
    tiles = [
        (context.say("report.tile.proof"), *_proof(context)),
        (
            context.say("report.tile.training"),
            context.say("report.tile.epochs", n=len(result.epochs)),
            context.say("report.tile.took", took_seconds=seconds),
        ),
        (
            context.say("report.tile.environment"),
            context.say("report.tile.packages", n=len(result.lock.packages)),
            f"Python {result.lock.python}\u00a0· {_accelerator(context)}",
        ),
        (context.say("report.tile.place"), place, _machine(context)),
    ]
    if result.commands:
        whole = sum(seconds for _, seconds in result.commands)
        tiles.append(
            (context.say("report.tile.whole"), duration(whole), context.say("report.tile.whole_meaning"))
        )
    return tag(
        "dl",
        [
            tag("div", tag("dt", name), tag("dd", tag("strong", value), tag("span", more)))
            for name, value, more in tiles
        ],
        class_="tiles",
    )


def _proof(context: Context) -> tuple[str, str]:
    evidence = context.result.up.evidence
    if evidence is None:
        return context.say("report.tile.kept"), context.say(
            "report.tile.generation", number=context.result.up.generation.number
        )
    failed, skipped = evidence.count("failed"), evidence.count("skipped")
    if failed:
        return context.say("report.tile.failed", n=failed), context.say(
            "report.tile.passed", n=evidence.count("passed")
        )
    more = context.say("report.tile.skipped", n=skipped) if skipped else duration(evidence.seconds)
    return context.say("report.tile.passed", n=evidence.count("passed")), more


def _accelerator(context: Context) -> str:
    choice = context.result.lock.choice("accelerator")
    return choice.value if choice else context.result.spec.accelerator


def _machine(context: Context) -> str:
    facts = context.result.facts
    system = facts.platform.distribution_name or facts.platform.distribution or facts.platform.system
    return f"{system}\u00a0· {facts.platform.machine}" if system else facts.platform.machine
