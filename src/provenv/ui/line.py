"""A line as data: spans of text with a meaning, which the screen turns into colours."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from .width import breaks, cells, pad

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Style = Literal["plain", "strong", "quiet", "good", "bad", "warning", "note", "code"]
NARROW = 30  # where a last column would get fewer cells than this, rows are not set in columns


_CODE = r"(`[^`\n]+`)"  # a string: `re` compiles it where there is something to mark, and keeps it


class Span(NamedTuple):
    """A piece of a line."""

    text: str
    style: Style = "plain"


Line = tuple[Span, ...]
BLANK: Line = ()


def line(*parts: str | Span | Line) -> Line:
    """Return one line of strings, spans and lines."""
    spans: list[Span] = []
    for part in parts:
        if isinstance(part, str):
            spans.append(Span(part))
        elif isinstance(part, Span):
            spans.append(part)
        else:
            spans.extend(part)
    return tuple(span for span in spans if span.text)


def prose(words: str, style: Style = "plain") -> Line:
    """Return a sentence whose literals in backticks are marked as code."""
    pieces = re.split(_CODE, words) if "`" in words else [words]
    return tuple(
        Span(piece, "code" if index % 2 and style in ("plain", "quiet") else style)
        for index, piece in enumerate(pieces)
        if piece
    )


def plain(one: Line) -> str:
    """Return the line's text alone."""
    return "".join(span.text for span in one)


def line_cells(one: Line) -> int:
    """Return how many terminal cells the line takes."""
    return sum(cells(span.text) for span in one)


def cut(one: Line, start: int, end: int) -> Line:
    """Return the characters from `start` to `end` with their styles."""
    spans: list[Span] = []
    offset = 0
    for span in one:
        low, high = max(start - offset, 0), min(end - offset, len(span.text))
        if low < high:
            spans.append(Span(span.text[low:high], span.style))
        offset += len(span.text)
    return tuple(spans)


def wrap(one: Line, width: int, *, first: Line = (), hang: int | None = None) -> Iterator[Line]:
    """Yield `one` in lines of at most `width` cells; `first` stands in front of the first of them.

    The later lines are indented by `hang` cells, or by the width of `first`.
    """
    lead = line_cells(first)
    hang = lead if hang is None else hang
    text = plain(one)
    for index, (start, end) in enumerate(breaks(text, width - lead, width - hang)):
        piece = cut(one, start, end)
        if index == 0:
            yield (*first, *piece)
        else:
            yield (Span(" " * hang), *piece) if piece and hang else piece


def table(
    found: Iterable[Sequence[Line]],
    width: int,
    *,
    indent: int = 2,
    right: Iterable[int] = (),
    marked: bool = False,
) -> Iterator[Line]:
    """Yield aligned columns; the last one is wrapped. Where it has too little room, rows are not aligned.

    `right` names the columns (from 0) that are aligned to the right; with `marked`
    the first column holds marks, which stand close to what they mark.
    """
    rows = [list(row) for row in found]
    right = frozenset(right)
    if not rows:
        return
    last = max(len(row) for row in rows) - 1
    room = max((line_cells(row[last]) for row in rows if len(row) > last), default=0)
    if last in right:
        for row in rows:
            if len(row) > last and row[last]:
                row[last] = line(" " * (room - line_cells(row[last])), row[last])
    widths = [max((line_cells(row[i]) for row in rows if i < len(row)), default=0) for i in range(last)]
    gaps = [1 if marked and i == 0 else 2 for i in range(last)]
    lead = indent + sum(column + gap for column, gap in zip(widths, gaps, strict=True) if column)
    ragged = width - lead < min(NARROW, room)
    for row in rows:
        if ragged:
            yield from _ragged(row, last, gaps, indent, width)
            continue
        front = _front(row[:last], widths, gaps, indent, right)
        if len(row) > last and row[last]:
            yield from wrap(row[last], width, first=front)
        else:
            yield _stripped(front)


def _ragged(row: Sequence[Line], last: int, gaps: Sequence[int], indent: int, width: int) -> Iterator[Line]:
    """Yield a row without columns; its last cell goes below where it does not fit beside the others."""
    front: Line = (Span(" " * indent),) if indent else ()
    for index, cell in enumerate(row[:last]):
        if cell:
            front = line(front, cell, Span(" " * gaps[index]))
    end = _without_lead(row[last]) if len(row) > last else BLANK
    if line_cells(front) + line_cells(end) <= width:
        yield _stripped(line(front, end))
        return
    yield _stripped(front)
    yield from wrap(end, width, first=(Span(" " * (indent + 2)),))


def _without_lead(one: Line) -> Line:
    return one[1:] if one and not one[0].text.strip() else one


def _front(
    row: Sequence[Line], widths: Sequence[int], gaps: Sequence[int], indent: int, right: frozenset[int]
) -> Line:
    spans: list[Span] = [Span(" " * indent)] if indent else []
    for index, column in enumerate(widths):
        if not column:
            continue
        cell = row[index] if index < len(row) else BLANK
        blank = Span(pad("", column - line_cells(cell)))
        gap = Span(" " * gaps[index])
        spans += [blank, *cell, gap] if index in right else [*cell, blank, gap]
    return tuple(span for span in spans if span.text)


def _stripped(one: Line) -> Line:
    spans = list(one)
    while spans and not spans[-1].text.strip():
        spans.pop()
    return tuple(spans)
