"""TOML text to values and positions, with every mistake of syntax as a Problem."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ..errors import Failure, Hint, Problem, Text, problem, text, verbatim
from ..toml_library import tomllib
from .positions import DEEPEST, MOST, Path, Positions, Span, scan
from .source import LONGEST_SHOWN, Source

MOST_MISTAKES = 20
"""How many broken lines of one file are looked for."""
LONGEST_REPAIRED = 50_000
"""Every broken line costs a further pass over the whole text."""

_AT = re.compile(
    r"^(?P<what>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$", re.S
)
_WHY = (
    # words of tomllib's parser -> ours; what is not here is shown as tomllib says it
    (re.compile(r"Cannot declare|Cannot overwrite|Cannot mutate|Cannot redefine|Duplicate"), "twice"),
    (re.compile(r"Expected '=' after a key"), "equals"),
    (re.compile(r"Expected newline or end of document"), "line_end"),
    (re.compile(r"Expected '\]"), "header"),
    (re.compile(r"Invalid statement|Invalid initial character"), "statement"),
    (re.compile(r"Unclosed array"), "array"),
    (re.compile(r"Unclosed inline table"), "inline_table"),
    (
        re.compile(r"Illegal character '\\n'|Unterminated string|Expected \"[\"']+\"|Expected '[\"']+'"),
        "string",
    ),
    (re.compile(r"Unescaped|Invalid hex value|not a Unicode scalar"), "escape"),
    (re.compile(r"Illegal character|Found invalid character"), "character"),
    (re.compile(r"Invalid date"), "date"),
    (re.compile(r"Invalid value"), "value"),
)
_WHOLE_LINE = re.compile(r"[ \t]*[^\s\[#=][^=\n]*=")
_NEW_STATEMENT = re.compile(r"\s*(?:\[+[\w.\"' -]+\]+|[\w.\"'-]+\s*=)")
_TYPOGRAPHIC = re.compile("[\u201c\u201d\u2018\u2019\uff02\uff07\uff1d\u300c\u300d]")
_UNQUOTED = re.compile(r"[ \t]*[\w.\"'-]+[ \t]*=[ \t]*([A-Za-z_./~][^\"'\[\]{}#\n]*?)[ \t]*(?:#.*)?$")


@dataclass(frozen=True)
class Document:
    """A TOML file: its values, where they stand, and what is wrong with its text.

    `partial` says that broken lines were left out of `data`.
    """

    source: Source
    data: dict[str, Any]
    positions: Positions
    problems: tuple[Problem, ...] = ()

    @property
    def partial(self) -> bool:
        """Return whether something of the file is not in `data`."""
        return bool(self.problems)

    def at_key(self, path: Path) -> Span:
        """Return where the key stands; the file's beginning where nothing does."""
        return self.positions.key(path) or Span(0, 1)

    def at_value(self, path: Path) -> Span:
        """Return where the value stands; the file's beginning where nothing does."""
        return self.positions.value(path) or Span(0, 1)


def parse(source: Source) -> Document:
    """Return the document. Raises Failure only where it is nested or filled beyond the limits.

    A broken `key = value` line is passed over, so that the mistakes behind it
    are found in the same go; after any other mistake nothing more is read.
    """
    words = source.text
    positions = scan(words)
    _refuse_excess(source, positions)
    problems: list[Problem] = []
    while True:
        try:
            return Document(source, tomllib.loads(words), positions, tuple(problems))
        except (ValueError, RecursionError) as error:
            offset, found = _explain(source, words, positions, error)
            problems.append(found)
            without = _without_statement(source, words, positions, offset)
        if without is None or len(problems) >= MOST_MISTAKES or len(words) > LONGEST_REPAIRED:
            return Document(source, {}, positions, tuple(problems))
        words = without
        positions = scan(words)
        _refuse_excess(source, positions)


def _refuse_excess(source: Source, positions: Positions) -> None:
    if positions.excess == "depth":
        raise Failure(
            problem("PV112", file=source.name, limit=DEEPEST, where=source.place(positions.stopped or 0))
        )
    if positions.excess == "count":
        raise Failure(
            problem("PV113", file=source.name, limit=MOST, where=source.place(positions.stopped or 0))
        )


def _explain(source: Source, words: str, positions: Positions, error: Exception) -> tuple[int, Problem]:
    """Return where tomllib stopped, and the problem, whose place is where a reader would look."""
    match = _AT.match(str(error))
    what = match["what"] if match else str(error)
    if match and match["line"]:
        # tomllib counts in text whose line endings are "\n" alone: lines are the same, columns too
        line, column = int(match["line"]), int(match["column"])
        stopped = min(source.start_of(line) + column - 1, len(words))
    else:
        stopped = len(words.rstrip())
    why = _why(what)
    start = max((one for one in positions.statements if one <= stopped), default=stopped)
    number = source.line_of(stopped)
    marked, length = stopped, 1
    if why.key == "spec.toml.twice":
        marked, length = start, stopped - start
    elif source.line_of(start) < number and _NEW_STATEMENT.match(source.line(number)[:LONGEST_SHOWN]):
        # the next statement was taken for a part of this one: something here is not closed
        marked = start
        why = text("spec.toml.array") if why.key == "spec.toml.value" else why
    shown = problem(
        "PV106",
        file=source.name,
        where=source.place(marked, length),
        why=why,
        hints=_hints(source.line(source.line_of(marked))),
    )
    return stopped, shown


def _why(what: str) -> Text:
    for pattern, key in _WHY:
        if pattern.search(what):
            return text(f"spec.toml.{key}")
    return verbatim(what)


def _hints(line: str) -> tuple[Hint, ...]:
    if len(line) > LONGEST_SHOWN:
        return ()
    if odd := _TYPOGRAPHIC.search(line):
        return (Hint(text("spec.toml.typographic", character=odd[0])),)
    if bare := _UNQUOTED.match(line):
        value = bare[1].strip()
        if value in ("True", "False"):
            return (Hint(text("spec.toml.lower_case", value=value.lower())),)
        if value not in ("true", "false", "inf", "nan"):
            return (Hint(text("spec.toml.quote", value=value)),)
    return ()


def _without_statement(source: Source, words: str, positions: Positions, offset: int) -> str | None:
    """Return the text with the broken statement blanked, if it is one plain line; else None."""
    starts = [start for start in positions.statements if start <= offset]
    if not starts:
        return None
    start = starts[-1]
    number = source.line_of(start)
    begin = source.start_of(number)
    end = begin + len(source.line(number))
    # tomllib reports a missing value at the line's end, which belongs to the line
    if not begin <= offset <= end or not _WHOLE_LINE.match(words, begin):
        return None
    return words[:begin] + " " * (end - begin) + words[end:]
