"""What it took: time, memory, parameters, data; and with which settings."""

from __future__ import annotations

from ...run_lines import measured
from ...units import duration, size
from ..context import Context
from ..figures import short
from ..markup import Child, Html, tag
from ..tables import facts, opened, table


def section(context: Context) -> Html:
    """Return the figures of the training's record, the declared data, and the settings."""
    return context.section("cost", facts(_rows(context)), _data(context), _settings(context))


def _rows(context: Context) -> list[tuple[Child, Child]]:
    cost, parameters = context.result.cost, context.result.evaluation.parameters
    told: list[tuple[str, str]] = []
    if cost.seconds is not None:
        told.append(("seconds", duration(cost.seconds)))
    if cost.memory:
        told.append(("memory", size(cost.memory, binary=True)))
    if cost.gpu_memory:
        told.append(("gpu_memory", size(cost.gpu_memory, binary=True)))
    if parameters is not None:
        told.append(("parameters", f"{parameters:,}"))
    if cost.steps:
        told.append(("steps", f"{cost.steps:,}"))
    if cost.rate:
        told.append(("rate", measured(cost.rate, "rate")))
    if context.result.example.data_bytes:
        told.append(("data_bytes", size(context.result.example.data_bytes)))
    if cost.run:
        told.append(("run", cost.run))
    return [(context.say(f"report.cost.{key}"), value) for key, value in told]


def _data(context: Context) -> Html:
    used = context.result.data
    about = tag("p", context.words(context.result.example.data), class_="small about-data")
    if not used:
        return about
    heads = [context.say(f"report.cost.{one}") for one in ("data", "source", "size", "files", "digest")]
    rows = [
        [
            one.name,
            f"{one.source}: {one.origin}",
            size(one.bytes),
            f"{one.files:,}",
            tag("code", short(one.digest)),
        ]
        for one in used
    ]
    return Html(about + table(heads, rows, label=context.say("report.cost.data"), numbers=(2, 3)))


def _settings(context: Context) -> Html:
    settings = context.result.evaluation.settings
    if not settings:
        return Html()
    heads = [context.say("report.cost.setting"), context.say("report.cost.value")]
    rows = [[tag("code", key), value] for key, value in settings.items()]
    summary = context.say("report.cost.settings", n=len(rows))
    return opened(summary, table(heads, rows, label=summary, class_="compact"))
