"""A Problem as rustc and cargo write it: what, the user's own line with a caret, why, what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from ..errors import Hint, Place, Problem
from .context import Context
from .line import BLANK, Line, Span, Style, line, prose, wrap
from .redact import redact_in_place
from .width import cells, pad

STYLES: dict[str, Style] = {"error": "bad", "warning": "warning", "note": "note"}


def problems(found: Sequence[Problem], context: Context, *, count: bool = True) -> Iterator[Line]:
    """Yield every problem once, a blank line between two, and how many there are where there are several.

    A hint that several problems share stands with the last of them.
    """
    rendered: list[list[Line]] = []
    distinct = list(dict.fromkeys(_Same(problem) for problem in found))
    later = Counter(hint for same in distinct for hint in _hint_keys(same.problem, context))
    kept: list[Problem] = []
    for same in distinct:
        hints = []
        for hint, key in zip(same.problem.hints, _hint_keys(same.problem, context), strict=True):
            later[key] -= 1
            if not later[key]:
                hints.append(hint)
        kept.append(same.problem)
        rendered.append(list(_problem(same.problem, tuple(hints), context)))
    for index, lines in enumerate(rendered):
        if index:
            yield BLANK
        yield from lines
    if count and len(kept) > 1:
        yield BLANK
        yield _count(kept, context)


class _Same:
    """A problem that equals another which would be shown with the same words at the same place."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        where = problem.where
        self._key = (
            problem.code,
            problem.severity,
            problem.what.key,
            tuple(sorted((name, str(value)) for name, value in problem.what.args.items())),
            (where.file, where.line, where.column) if where else None,
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


def unseen(found: Iterable[Problem], seen: list[Problem]) -> list[Problem]:
    """Return the problems that are not among `seen`, and add them there."""
    known = {_Same(problem) for problem in seen}
    fresh = [problem for problem in found if _Same(problem) not in known]
    seen.extend(fresh)
    return fresh


def _hint_keys(problem: Problem, context: Context) -> list[tuple[str, str | None]]:
    return [(context.words(hint.text) if hint.text else "", hint.command) for hint in problem.hints]


def _problem(problem: Problem, hints: tuple[Hint, ...], context: Context) -> Iterator[Line]:
    style = STYLES[problem.severity]
    severity = context.say(f"ui.severity.{problem.severity}")
    head = line(Span(f"{severity}[{problem.code}]", style), context.say("ui.colon"))
    yield from wrap(context.prose(problem.what, "strong"), context.prose_width, first=head, hang=2)
    if problem.where is not None:
        yield from placed(problem.where, style, context)
    yield from details(context.words(problem.why) if problem.why else None, hints, context)


def details(why: str | None, hints: Sequence[Hint], context: Context, *, indent: int = 2) -> Iterator[Line]:
    """Yield why something is so, and what to do next, their labels aligned.

    A command is never broken over lines, so that it can be copied.
    """
    because, hint_label = context.say("ui.because"), context.say("ui.hint")
    column = max(cells(because), cells(hint_label))
    hang = indent + column
    blank = Span(" " * hang)
    if why:
        first = line(" " * indent, Span(pad(because, column, right=True), "quiet"))
        # other programs begin their own reasons with the same word
        for part in _without(why.strip("\n"), because).splitlines():
            yield from wrap(prose(part), context.prose_width, first=first, hang=hang)
            first = (blank,)
    label = line(" " * indent, Span(pad(hint_label, column, right=True), "good"))
    for hint in hints:
        first = label
        if hint.text is not None:
            yield from wrap(context.prose(hint.text), context.prose_width, first=first, hang=hang)
            first = (blank,)
        if hint.command is not None:
            yield line(first, Span(hint.command, "code"))


def _without(words: str, label: str) -> str:
    start = label.rstrip(": ").casefold() + " "
    return words[len(start) :] if words.casefold().startswith(start) else words


def placed(where: Place, style: Style, context: Context) -> Iterator[Line]:
    """Yield where it is: file, line and column, and the line itself with a caret."""
    spot = where.file
    if where.line is not None:
        spot += f":{where.line}"
        if where.column is not None:
            spot += f":{where.column}"
    number = str(where.line or "")
    gutter = len(number)
    yield line(" " * gutter, Span("--> ", "quiet"), spot)
    if where.line is None or where.source is None:
        return
    room = max(context.width - gutter - 3, 10)
    before, marked, after = window(
        where.source, (where.column or 1) - 1, where.length, room, context.marks.ellipsis
    )
    source = before + marked + after
    yield line(" " * (gutter + 1), Span("|", "quiet"))
    yield line(Span(f"{number} | ", "quiet"), source)
    if where.column is not None:
        yield line(
            " " * (gutter + 1),
            Span("| ", "quiet"),
            " " * cells(before),
            Span("^" * max(cells(marked), 1), style),
        )


def window(source: str, start: int, length: int, room: int, ellipsis: str) -> tuple[str, str, str]:
    """Return what stands before, in and behind the marked part of a line, as much of it as fits."""
    source = redact_in_place(source.rstrip("\r\n"))
    start = min(max(start, 0), len(source))
    end = start + length
    before, marked, after = (_visible(part) for part in (source[:start], source[start:end], source[end:]))
    if cells(before + marked + after) > room:
        # the marked part stays in sight, with about a third of the room in front of it
        before = _tail(before, max(room // 3, room - cells(marked + after) - cells(ellipsis)), ellipsis)
        marked = _head(marked, room - cells(before), ellipsis)
        after = _head(after, room - cells(before + marked), ellipsis)
    return before, marked, after


def _visible(text: str) -> str:
    # a tab is four cells wherever it stands, so that carets need not know of tab stops
    return "".join("    " if c == "\t" else c if c.isprintable() else "?" for c in text)


def _head(text: str, room: int, ellipsis: str) -> str:
    if cells(text) <= room:
        return text
    while text and cells(text) + cells(ellipsis) > room:
        text = text[:-1]
    return text + ellipsis if room >= cells(ellipsis) else ""


def _tail(text: str, room: int, ellipsis: str) -> str:
    if cells(text) <= room:
        return text
    while text and cells(text) + cells(ellipsis) > room:
        text = text[1:]
    return ellipsis + text


def _count(found: Sequence[Problem], context: Context) -> Line:
    counts = Counter(problem.severity for problem in found)
    told: list[Line] = []
    if counts["error"]:
        told.append(line(Span(context.say("ui.count.errors", n=counts["error"]), "bad")))
    if counts["warning"]:
        told.append(line(Span(context.say("ui.count.warnings", n=counts["warning"]), "warning")))
    if counts["note"]:
        told.append(line(Span(context.say("ui.count.notes", n=counts["note"]), "note")))
    joined: Line = told[0]
    for one in told[1:]:
        joined = line(joined, context.say("ui.comma"), one)
    return joined
