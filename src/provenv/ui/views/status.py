"""The view of `status`: whether a target is as declared, and what keeps it from being so."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.results import Status
from ...targets.names import HERE
from ..context import Context
from ..line import BLANK, Line, Span, Style, line, prose, table
from ..moments import moment
from ..units import size
from . import evidence as proof
from .drifted import drift
from .sentences import about_generation, because, sentence

SYNC: dict[str, tuple[str, Style]] = {
    "absent": ("ui.status.absent", "warning"),
    "in-sync": ("ui.status.in_sync", "good"),
    "stale": ("ui.status.stale", "warning"),
    "drifted": ("ui.status.drifted", "bad"),
}
NEXT = {"absent": "provenv up", "stale": "provenv up", "drifted": "provenv up --repair"}
NEXT_IMAGE = {**NEXT, "drifted": "provenv up"}
"""What is gone from an engine is built again, and its names put right, by a plain `up`."""


def lines(status: Status, context: Context) -> Iterator[Line]:
    """Yield where a target stands, the state first."""
    key, style = SYNC[status.sync]
    mark = context.mark("passed") if status.sync == "in-sync" else Span(context.marks.warning, style)
    if status.image is not None and status.sync == "drifted":
        meaning = prose(context.say("ui.status.drifted.meaning_image", target=status.target))
    else:
        meaning = prose(context.say(f"{key}.meaning", target=status.target))
    yield from sentence(line(Span(context.say(key), style), "  ", meaning), context, mark)
    yield from because(status.reasons, context)
    yield from drift(status.drift, context)
    yield BLANK
    yield from table(list(_about(status, context)), context.prose_width)
    following = (NEXT if status.image is None else NEXT_IMAGE).get(status.sync)
    if following is not None:
        yield BLANK
        on = "" if status.target == HERE else f" --on {status.target}"
        yield line("  ", Span(context.say("ui.hint"), "good"), Span(following + on, "code"))


def _about(status: Status, context: Context) -> Iterator[tuple[Line, Line]]:
    yield line(context.say("ui.status.file")), line(status.file)
    generation = status.generation
    if generation is None:
        return
    about = about_generation(generation.number, generation.python, generation.packages, context)
    yield line(context.say("ui.status.generation")), prose(about)
    if generation.made:
        yield line(context.say("ui.status.made")), line(moment(generation.made, context))
    if status.image is not None:
        yield line(context.say("ui.status.image")), line(status.image.reference)
        sized = context.say("ui.image.sized", size=size(status.image.size), n=len(status.image.layers))
        yield line(context.say("ui.image.size")), line(sized)
        for one in status.image.pushed[-1:]:
            yield line(context.say("ui.image.pushed")), line(one.pinned)
    if status.drift.files:
        said = context.say("ui.status.files_count", n=status.drift.files, size=size(status.drift.bytes))
        yield line(context.say("ui.status.files")), prose(said)
    if status.evidence is not None:
        verdict = proof.verdict(status.evidence, context)
        said = f"{verdict}{context.say('ui.colon')}{proof.counts(status.evidence, context)}"
        yield line(context.say("ui.status.proof")), line(said)
    yield line(context.say("ui.status.path")), line(generation.path)
