"""The top of the page: what was trained, how well it does, where, and in what environment."""

from __future__ import annotations

from ...units import duration
from ..charts.bars import interval
from ..context import Context
from ..figures import percent
from ..markup import Html, tag


def section(context: Context) -> Html:
    """Return the headline with the accuracy and its interval beside it."""
    evaluation = context.result.evaluation
    evidence = context.result.up.evidence
    proven = context.result.up.generation.proof == "passed" if evidence is None else evidence.passed
    title = context.say("report.headline.proven" if proven else "report.headline.unproven")
    low, high = percent(evaluation.low), percent(evaluation.high)
    label = context.say("report.headline.interval", low=low, high=high)
    return tag(
        "header",
        tag(
            "div",
            tag("p", context.result.spec.name, class_="eyebrow"),
            tag("h1", title),
            tag(
                "p",
                context.tell("report.headline.lead", correct=evaluation.correct, n=evaluation.count),
                class_="lead",
            ),
            class_="say",
        ),
        tag(
            "figure",
            tag("figcaption", context.say("report.headline.accuracy"), class_="label"),
            tag("p", percent(evaluation.accuracy), class_="hero-figure"),
            interval(evaluation.low, evaluation.accuracy, evaluation.high, label),
            tag("p", label, class_="small"),
            class_="card accuracy",
        ),
        _tiles(context),
        class_="headline",
    )


def _tiles(context: Context) -> Html:
    result = context.result
    epochs = sum(epoch.seconds for epoch in result.epochs)
    place = result.facts.host or context.say("report.headline.this_machine")
    tiles = [
        (context.say("report.tile.proof"), *_proof(context)),
        (
            context.say("report.tile.training"),
            context.say("report.tile.epochs", n=len(result.epochs)),
            context.say("report.tile.took", took_seconds=epochs),
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
