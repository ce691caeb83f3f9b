"""Sentences that many views say, and the one of an `up` with nothing to do: no value's class is needed."""

from __future__ import annotations

from ..line import BLANK, Span, line, prose, wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence, Sized

    from ...errors import Text
    from ..context import Context
    from ..line import Line


def sentence(said: str | Line, context: Context, mark: Span | None = None) -> Iterator[Line]:
    """Yield words as prose behind a mark, later lines below the words."""
    words = prose(said) if isinstance(said, str) else said
    yield from wrap(words, context.prose_width, first=line(mark, " ") if mark else ())


def passed(said: str | Line, context: Context) -> Iterator[Line]:
    """Yield words behind the mark of what went well."""
    yield from sentence(said, context, context.mark("passed"))


def because(reasons: Sequence[Text], context: Context) -> Iterator[Line]:
    """Yield a line for each reason."""
    label = line("  ", Span(context.say("ui.because"), "quiet"))
    for reason in reasons:
        yield from wrap(context.prose(reason), context.prose_width, first=label)


def section(title: str) -> Iterator[Line]:
    """Yield a blank line and a heading."""
    yield BLANK
    yield line(Span(title, "strong"))


def about_generation(number: int, python: str, packages: Sized, context: Context) -> str:
    """Return a generation's number, Python and count of packages, in words."""
    return context.say("ui.generation", number=number, python=python, n=len(packages))


def ready(said: str, number: int, python: str, packages: Sized, context: Context) -> Iterator[Line]:
    """Yield that a target is ready, and the generation that it stands on."""
    about = about_generation(number, python, packages, context)
    yield from passed(line(Span(said, "good"), prose(context.say("ui.aside", words=about), "quiet")), context)


def unchanged(target: str, number: int, python: str, packages: Sized, context: Context) -> Iterator[Line]:
    """Yield what `up` says where there was nothing to do."""
    yield from ready(context.say("ui.up.unchanged", target=target), number, python, packages, context)
