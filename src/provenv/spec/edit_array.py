"""Edits of an array of strings in a TOML text that leave every other character as it was.

An insertion only inserts and a removal takes out exactly what the insertion
would have put in, so that `add` and then `remove` give the old text back. (TOML
libraries that keep style normalise commas and blanks around what they change.)
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ..errors import Place
from ..model.spec import Requirement
from .positions import Path, Span
from .project import string_place
from .source import Source
from .toml_text import Document, parse

_FILLER = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
INDENT = "    "

Reader = Callable[[str, Callable[[int, int], Place]], Requirement | None]


@dataclass(frozen=True)
class Item:
    """One string of the array that is a requirement: its words, and where it stands."""

    words: str
    requirement: Requirement
    number: int
    span: Span


def array_items(source: Source, path: Path, read: Reader) -> list[Item]:
    """Return the items of the array at `path` that are requirements (`read` tells)."""
    document = parse(source)
    value: object = document.data
    for part in path:
        value = value.get(str(part)) if isinstance(value, dict) else None
    found = []
    for number, words in enumerate(value if isinstance(value, list) else ()):
        span = document.positions.values.get((*path, number))
        if isinstance(words, str) and span is not None:
            requirement = read(words, string_place(document, (*path, number)))
            if requirement is not None:
                found.append(Item(words, requirement, number, span))
    return found


def append(document: Document, path: Path, words: str) -> str:
    """Return the text with `words` as the array's last item, in the style of the items that are there."""
    source = document.source
    whole = document.positions.values[path]
    spans = _spans(document, path)
    content = source.text
    close = whole.end - 1
    token = quote(words, content[spans[-1].start] if spans else '"')
    newline = "\r\n" if "\r\n" in content[whole.start : whole.end] else "\n"
    if not spans:
        inside = content[whole.start + 1 : close]
        if "\n" not in inside:
            return _insert(content, whole.start + 1, token)
        end = whole.start + 1 + len(inside.rstrip(" \t").removesuffix("\n").removesuffix("\r"))
        return _insert(content, end, f"{newline}{_indent_of(content, whole.start)}{INDENT}{token},")
    last = spans[-1]
    comma = _comma_after(content, last.end)
    line_end = _end_of_line(content, last.end if comma is None else comma + 1)
    if _starts_line(content, last.start) and content[line_end : line_end + 1] in ("\r", "\n"):
        indent = content[content.rfind("\n", 0, last.start) + 1 : last.start]
        line = f"{newline}{indent}{token}"
        if comma is not None:
            return _insert(content, line_end, f"{line},")
        return content[: last.end] + "," + content[last.end : line_end] + line + content[line_end:]
    return _insert(content, last.end, f", {token}")


def remove_item(document: Document, path: Path, item: Item) -> str:
    """Return the text without the item; its comment goes with it where both have a line of their own."""
    content = document.source.text
    whole = document.positions.values[path]
    spans = _spans(document, path)
    number, span = item.number, item.span
    comma = _comma_after(content, span.end)
    after = span.end if comma is None else comma + 1
    line_end = _end_of_line(content, after)
    own_line = _starts_line(content, span.start) and line_end < whole.end and content[line_end:][:1] in "\r\n"
    if own_line:
        start = content.rfind("\n", 0, span.start)
        start -= content[start - 1] == "\r"
        shortened = content[:start] + content[line_end:]
        if comma is None and number > 0:
            # the item before is the last now, in an array whose last item has no comma
            before = _comma_after(content, spans[number - 1].end)
            if before is not None and before < start:
                shortened = shortened[:before] + shortened[before + 1 :]
        return shortened
    if number + 1 < len(spans):
        return content[: span.start] + content[spans[number + 1].start :]
    if number > 0:
        return content[: spans[number - 1].end] + content[span.end :]
    return content[: span.start] + content[after:]


def replace_item(source: Source, item: Item, words: str) -> str:
    """Return the text with other words in the item's place, in its own quotes where they can hold them."""
    token = quote(words, source.text[item.span.start])
    return source.text[: item.span.start] + token + source.text[item.span.end :]


def insert_key(document: Document, path: Path, words: str) -> str:
    """Return the text with a new key at `path` whose array has `words` alone.

    It goes behind the last plain key of its table, or right behind the header.
    """
    content = document.source.text
    newline = "\r\n" if "\r\n" in content else "\n"
    table = path[:-1]
    line = f"{path[-1]} = [{quote(words, chr(34))}]"
    ends = [
        document.positions.values[key].end
        for key in document.positions.keys
        if len(key) == len(table) + 1 and key[:-1] == table and _is_pair(document, key)
    ]
    header = document.positions.values.get(table)
    if ends:
        at = _end_of_line(content, max(ends))
    elif table and header is not None:
        at = _end_of_line(content, header.end)
    else:
        return f"{line}{newline}{content}"
    return _insert(content, at, f"{newline}{line}")


def quote(words: str, style: str) -> str:
    """Return `words` as a TOML string, in quotes of that style where it can hold them without escapes."""
    plain = not re.search(r"[\x00-\x1f\x7f]", words)
    if plain and "'" not in words and (style == "'" or '"' in words):
        return f"'{words}'"
    if plain and '"' not in words and "\\" not in words:
        return f'"{words}"'
    escaped = words.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda match: f"\\u{ord(match[0]):04x}", escaped) + '"'


def _spans(document: Document, path: Path) -> list[Span]:
    spans: list[Span] = []
    while (span := document.positions.values.get((*path, len(spans)))) is not None:
        spans.append(span)
    return spans


def _is_pair(document: Document, key: Path) -> bool:
    """Return whether `key` is of a `key = value` line rather than of a header or a dotted key's beginning."""
    here, value = document.positions.keys[key], document.positions.values.get(key)
    return value is not None and value.start > here.end


def _comma_after(content: str, at: int) -> int | None:
    match = _FILLER.match(content, at)
    end = match.end() if match else at
    return end if content[end : end + 1] == "," else None


def _starts_line(content: str, at: int) -> bool:
    return "\n" in content[:at] and not content[content.rfind("\n", 0, at) + 1 : at].strip()


def _end_of_line(content: str, at: int) -> int:
    """Return the end of the line of `at` if only blanks and a comment follow, else `at`."""
    match = re.compile(r"[ \t]*(?:#[^\n]*)?(?=\n|\Z)").match(content, at) or re.compile(
        r"[ \t]*(?=\r\n)"
    ).match(content, at)
    if not match:
        return at
    return match.end() - 1 if content[match.end() - 1 : match.end()] == "\r" else match.end()


def _indent_of(content: str, at: int) -> str:
    line = content[content.rfind("\n", 0, at) + 1 : at]
    return line[: len(line) - len(line.lstrip())]


def _insert(content: str, at: int, words: str) -> str:
    return content[:at] + words + content[at:]
