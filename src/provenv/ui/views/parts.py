"""Pieces that several views share: choices with their reasons, steps of a plan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...model.lock import Choice, Package
from ...model.plan import BuildImage, Change, CreateEnvironment, Install, Keep, Prove, Remove, Step, Switch
from ..context import Context
from ..line import Line, Span, Style, line, prose, table
from ..subjects import subject
from ..units import size


def choices(made: Sequence[Choice], context: Context, *, refused: bool) -> Iterator[Line]:
    """Yield each choice with its reason; with `refused` (or --verbose) also what was not taken and why."""
    rows: list[tuple[Line, Line, Line]] = []
    for choice in made:
        rows.append(
            (
                line(subject(choice.subject, context.say)),
                line(Span(_brief(choice.value), "strong")),
                line(_address(choice.value), context.prose(choice.why)),
            )
        )
        for refusal in choice.refused if refused or context.verbose else ():
            passed_over = line(Span(f"{context.marks.skipped} {_brief(refusal.value)}", "quiet"))
            reason = line(_address(refusal.value), context.prose(refusal.why, "quiet"))
            rows.append((line(), passed_over, reason))
    yield from table(rows, context.prose_width)


def _brief(value: str) -> str:
    """Return what was chosen without where it lies: `folder` of `folder file:///wheels`."""
    first = value.split(" ", maxsplit=1)[0]
    return "" if "/" in first else first


def _address(value: str) -> str:
    """Return where it lies, to stand in front of the reason."""
    address = value[len(_brief(value)) :].strip()
    return f"{address}: " if address else ""


def sized(count: int | None) -> str:
    """Return a size, or nothing where it is not known."""
    return "" if count is None else size(count)


def download(package: Package) -> int | None:
    """Return the size of the file that would be fetched for a package, where it is clear."""
    sizes = {artifact.size for artifact in package.artifacts}
    return sizes.pop() if len(sizes) == 1 else None


def steps(planned: Sequence[Step], context: Context) -> Iterator[Line]:
    """Yield the steps that change something, as `+ name version  size`."""
    arrow = context.marks.arrow
    packages: list[tuple[Line, ...]] = []
    around: list[tuple[Line, Line]] = []
    for step in planned:
        if isinstance(step, CreateEnvironment):
            around.append((line(Span("+", "good")), prose(context.say("ui.step.create", python=step.python))))
        elif isinstance(step, BuildImage):
            said = context.say("ui.step.image", base=step.base, n=step.files, size=size(step.size))
            around.append((line(Span("+", "good")), prose(said)))
        elif isinstance(step, Install):
            packages.append(_package("+", "good", step.name, line(step.version), step.download))
        elif isinstance(step, Change):
            versions = line(Span(step.old, "quiet"), f" {arrow} {step.new}")
            if step.old == step.new:
                versions = line(
                    step.new, Span(context.say("ui.aside", words=context.say("ui.step.other_build")), "quiet")
                )
            packages.append(_package("~", "warning", step.name, versions, step.download))
        elif isinstance(step, Remove):
            packages.append(_package("-", "bad", step.name, line(step.version), None))
    yield from table(around, context.prose_width, marked=True)
    yield from table(packages, context.width, right=(3,), marked=True)


def closing_steps(planned: Sequence[Step], context: Context) -> Iterator[Line]:
    """Yield what follows the packages: the checks, and the switch."""
    rows: list[tuple[Line, Line]] = []
    for step in planned:
        if isinstance(step, Prove):
            checks = context.say("ui.comma").join(step.checks)
            said = context.say("ui.step.prove", n=len(step.checks), checks=checks)
            rows.append((line(Span(context.marks.arrow, "note")), prose(said)))
        elif isinstance(step, Switch):
            key = "ui.step.first" if step.old is None else "ui.step.switch"
            rows.append(
                (
                    line(Span(context.marks.arrow, "note")),
                    prose(context.say(key, old=step.old or 0, new=step.new)),
                )
            )
    yield from table(rows, context.prose_width, marked=True)


def tally(planned: Sequence[Step], context: Context) -> str:
    """Return how many packages are added, changed, removed and kept, in words."""
    kinds = (
        ("ui.tally.added", Install),
        ("ui.tally.changed", Change),
        ("ui.tally.removed", Remove),
        ("ui.tally.kept", Keep),
    )
    counted = [(key, sum(isinstance(step, kind) for step in planned)) for key, kind in kinds]
    return context.say("ui.comma").join(context.say(key, n=n) for key, n in counted if n)


def brief_tally(planned: Sequence[Step]) -> str:
    """Return `+3 ~1 -2`, without what is zero."""
    signs = (("+", Install), ("~", Change), ("-", Remove))
    counted = [(sign, sum(isinstance(step, kind) for step in planned)) for sign, kind in signs]
    return " ".join(f"{sign}{n}" for sign, n in counted if n)


def _package(sign: str, style: Style, name: str, versions: Line, download: int | None) -> tuple[Line, ...]:
    return line(Span(sign, style)), line(name), versions, line(Span(sized(download), "quiet"))
