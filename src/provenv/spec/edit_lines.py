"""Edits of the lines of a requirements file that leave every other character as it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..errors import Place
from ..model.spec import Requirement
from .lines import Line, logical_lines, options_at
from .source import Source

Reader = Callable[[str, Callable[[int, int], Place]], Requirement | None]


@dataclass(frozen=True)
class LineItem:
    """A requirement of the file: its words, the logical line that holds it, where words and line end."""

    words: str
    requirement: Requirement
    start: int
    end: int
    first: int
    last: int


def line_items(source: Source, read: Reader) -> list[LineItem]:
    """Return the requirements that stand in the file itself, editable ones too (`read` tells)."""
    found = []
    for line in logical_lines(source):
        stripped = line.text.lstrip()
        editable = stripped.startswith(("-e", "--editable"))
        split = len(line.text) if editable else options_at(line.text)
        words = line.text[:split].strip()
        if not words or (words.startswith("-") and not editable):
            continue
        start = len(line.text) - len(stripped)
        requirement = read(words, line.place)
        if requirement is not None:
            found.append(_item(source, line, words, requirement, start))
    return found


def _item(source: Source, line: Line, words: str, requirement: Requirement, start: int) -> LineItem:
    first = source.line_of(line.offset(0))
    # a continued line ends where the piece of its last character does, and runs on over its backslashes
    last = source.line_of(line.offset(len(line.text) - 1))
    while source.line(last).endswith("\\"):
        last += 1
    end = line.offset(len(line.text) - 1) + 1
    return LineItem(words, requirement, line.offset(start), end, first, last)


def append_line(source: Source, words: str) -> str:
    """Return the text with `words` on a last line of their own."""
    content = source.text
    newline = "\r\n" if "\r\n" in content else "\n"
    if content and not content.endswith("\n"):
        return f"{content}{newline}{words}"
    return f"{content}{words}{newline}"


def replace_line(source: Source, item: LineItem, words: str) -> str:
    """Return the text with other words in the item's place; hashes and options of the old ones go."""
    return source.text[: item.start] + words + source.text[item.end :]


def remove_line(source: Source, item: LineItem) -> str:
    """Return the text without the item's line or lines."""
    content = source.text
    start = source.start_of(item.first)
    end = source.start_of(item.last) + len(source.line(item.last))
    if content[end : end + 2] == "\r\n":
        return content[:start] + content[end + 2 :]
    if content[end : end + 1] == "\n":
        return content[:start] + content[end + 1 :]
    # the last line of a file without a newline at its end: the one before becomes that
    head = content[:start]
    return (head.removesuffix("\n").removesuffix("\r") if end >= len(content) else head) + content[end:]
