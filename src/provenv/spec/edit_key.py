"""A string under a key of a table, set in a TOML text; every other character stays as it was."""

from __future__ import annotations

from typing import Any

from ..errors import Failure, problem
from .edit_array import quote
from .positions import Path
from .source import Source
from .toml_text import Document, parse


def set_string(source: Source, path: Path, value: str) -> str:
    """Return the text with `value` at `path`: in the old value's place, else behind the table's last key.

    A table that is not there yet is written at the end. Raises Failure PV184
    where the table is written in a way that leaves no place for a key.
    """
    document = parse(source)
    if document.problems:
        raise Failure(*document.problems)
    new = _spliced(document, path, value)
    made = parse(Source(source.name, new, source.encoding))
    if made.problems or made.data != _with(document.data, path, value):
        raise Failure(problem("PV184", key=".".join(map(str, path)), value=value, file=source.name))
    return new


def _spliced(document: Document, path: Path, value: str) -> str:
    content, values = document.source.text, document.positions.values
    newline = "\r\n" if "\r\n" in content else "\n"
    old = values.get(path)
    if old is not None:
        # of several in an array the style of the first is kept, not the array
        style = content[old.start : old.end].lstrip("[ \t\r\n")[:1]
        token = quote(value, style)
        return content[: old.start] + token + content[old.end :]
    table = path[:-1]
    token = quote(value, '"')
    header = values.get(table)
    if header is not None and content[header.start] == "{":
        inside = content[header.start + 1 : header.end - 1]
        joined = f"{inside.rstrip()}, " if inside.strip() else " "
        return f"{content[: header.start + 1]}{joined}{path[-1]} = {token} {content[header.end - 1 :]}"
    pairs = [key for key in document.positions.keys if key[:-1] == table and key in values]
    if pairs:
        last = max(pairs, key=lambda key: values[key].end)
        start = content.rfind("\n", 0, document.positions.keys[last].start) + 1
        # what stands before the key is blank, or the table's name of a dotted key
        lead = content[start : document.positions.keys[last].start]
        return _behind_line(content, values[last].end, f"{newline}{lead}{path[-1]} = {token}")
    if header is not None:
        return _behind_line(content, header.end, f"{newline}{path[-1]} = {token}")
    gap = "" if not content or content.endswith("\n") else newline
    blank = newline if content.strip() else ""
    return f"{content}{gap}{blank}[{'.'.join(map(str, table))}]{newline}{path[-1]} = {token}{newline}"


def _behind_line(content: str, at: int, words: str) -> str:
    end = content.find("\n", at)
    end = len(content) if end < 0 else end - (content[end - 1] == "\r")
    return content[:end] + words + content[end:]


def _with(data: dict[str, Any], path: Path, value: str) -> dict[str, Any]:
    """Return the data with the value at the path; a new dictionary at each step."""
    key = str(path[0])
    if len(path) == 1:
        return {**data, key: value}
    inner = data.get(key)
    return {**data, key: _with(inner if isinstance(inner, dict) else {}, path[1:], value)}
