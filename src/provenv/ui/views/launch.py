"""The view of a launch: which variables were set aside or added for the command that runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...model.launch import Contained, Launch
from ..context import Context
from ..line import Line, Span, line, prose, table, wrap
from ..redact import variable
from .sentences import passed, sentence


def lines(launch: Launch, context: Context) -> Iterator[Line]:
    """Yield the names that were set aside; with --verbose the values, and what was added.

    The launch's findings name those that matter, so that one line is enough or none.
    """
    if launch.code is not None:
        yield from _recorded(launch, context)
        return
    if launch.contained is not None:
        yield from _contained(launch.contained, launch.generation, context)
    if launch.set_aside and (context.verbose or not launch.findings):
        names = context.say("ui.comma").join(f"`{name}`" for name in launch.set_aside)
        said = context.say("ui.launch.set_aside", n=len(launch.set_aside), names=names)
        yield from sentence(prose(said, "quiet"), context, Span(context.marks.skipped, "quiet"))
        if context.verbose:
            yield from _variables(launch.set_aside, context)
    if launch.job:
        yield from _submitted(launch, context)
    elif launch.run:
        key = "ui.launch.recorded_processes" if launch.processes > 1 else "ui.launch.recorded"
        yield from _quiet_line(context.say(key, run=launch.run, processes=launch.processes), context)
    if launch.added and context.verbose:
        yield line(Span(f"+ {context.say('ui.launch.added', generation=launch.generation)}", "quiet"))
        yield from _variables(launch.added, context)


def _submitted(launch: Launch, context: Context) -> Iterator[Line]:
    """Yield the job's number, and the commands that go on from there."""
    key = "ui.launch.submitted_array" if launch.members else "ui.launch.submitted"
    yield from passed(context.say(key, job=launch.job, run=launch.run, n=launch.members), context)
    rows = [
        (
            line(Span(context.say(f"ui.launch.{what}"), "quiet")),
            line(Span(f"provenv runs {words} {launch.run}", "code")),
        )
        for what, words in (("follow", "logs -f"), ("state", "show"), ("stop", "stop"))
    ]
    yield from table(rows, context.width, indent=2)


def _recorded(launch: Launch, context: Context) -> Iterator[Line]:
    """Yield where to read on after a run that did not end well."""
    if launch.why is not None:
        yield from _quiet_line(context.say(launch.why.key, **launch.why.args), context)
    yield from _quiet_line(context.say("ui.launch.ended", n=launch.attempts, code=launch.code or 0), context)
    yield from _quiet(f"provenv runs show {launch.run}", context)


def _quiet_line(said: str, context: Context) -> Iterator[Line]:
    yield from sentence(prose(said, "quiet"), context, Span(context.marks.skipped, "quiet"))


def _contained(contained: Contained, generation: int, context: Context) -> Iterator[Line]:
    """Yield the image that it runs in, where in it, and what of this machine it sees."""
    mark = Span(context.marks.skipped, "quiet")
    key = "ui.launch.image" if contained.mounts else "ui.launch.image_alone"
    said = context.say(key, reference=contained.reference, generation=generation, folder=contained.folder)
    yield from sentence(prose(said, "quiet"), context, mark)
    for one in contained.mounts:
        key = "ui.launch.mount_read" if one.read_only else "ui.launch.mount"
        yield from _quiet(context.say(key, source=one.source, path=one.path), context)
    if contained.ports:
        listed = context.say("ui.comma").join(f"`{one}`" for one in contained.ports)
        yield from _quiet(context.say("ui.launch.ports", ports=listed), context)


def _quiet(said: str, context: Context) -> Iterator[Line]:
    yield from wrap(prose(said, "quiet"), context.prose_width, first=line("  "))


def _variables(variables: Mapping[str, str], context: Context) -> Iterator[Line]:
    rows = [
        (line(Span(name, "quiet")), line(Span(variable(name, value), "quiet")))
        for name, value in sorted(variables.items())
    ]
    yield from table(rows, context.width, indent=4)
