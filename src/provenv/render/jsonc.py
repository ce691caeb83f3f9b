"""JSON with comments, as editors write their settings: read with places, changed without losing a byte.

Comments (`//`, `/* */`) and a comma behind the last entry are what VS Code allows beside RFC 8259.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

DEEPEST = 100
_SPACE = re.compile(r"(?:[\s\ufeff]+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_REST_OF_LINE = re.compile(r"(?:[ \t]+|/\*[^\n]*?\*/)*(?://[^\r\n]*)?")
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_WORD = re.compile(r"[^\s,\[\]{}/\"]+")
INDENT = "    "


class Broken(ValueError):
    """Raised where the text is no JSON with comments; `offset` is where."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


@dataclass
class Node:
    """A value and where it stands: `text[start:end]`.

    An object has its members by key, each with the key's offset; `comma` is that behind the last one.
    """

    start: int
    end: int = 0
    value: Any = None
    members: dict[str, tuple[int, Node]] = field(default_factory=dict)
    comma: int | None = None

    @property
    def is_object(self) -> bool:
        """Tell whether the value is an object."""
        return isinstance(self.value, dict)


def read(text: str) -> Node:
    """Return the one value of the text. Raises Broken."""
    node = _value(text, _skip(text, 0), 0)
    end = _skip(text, node.end)
    if end != len(text):
        raise Broken(end)
    return node


def find(root: Node, path: tuple[str, ...]) -> tuple[int, Node] | None:
    """Return the offset of the key at the end of `path`, and its value."""
    found: tuple[int, Node] | None = None
    for key in path:
        found = (found[1] if found else root).members.get(key)
        if found is None:
            return None
    return found


def put(text: str, path: tuple[str, ...], value: Any) -> str:
    """Return the text with `value` at `path`; every byte that is not about it stays. Raises Broken.

    The value on top, and what lies on the path, have to be objects.
    """
    root = read(text)
    if not root.is_object:
        raise Broken(root.start)
    holder, rest = root, list(path)
    while len(rest) > 1 and rest[0] in holder.members:
        holder = holder.members[rest.pop(0)][1]
        if not holder.is_object:
            raise Broken(holder.start)
    if len(rest) == 1 and rest[0] in holder.members:
        old = holder.members[rest[0]][1]
        return text[: old.start] + _written(value, "", "") + text[old.end :]
    for key in reversed(rest[1:]):
        value = {key: value}
    return _insert(text, holder, rest[0], value)


def _insert(text: str, holder: Node, key: str, value: Any) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    outer = _indent_at(text, holder.start)
    if not holder.members:
        inner = outer + INDENT
        head = text[: holder.end - 1]
        kept = head.rstrip() if _SPACE.fullmatch(text, holder.start + 1, holder.end - 1) else head
        member = f"{json.dumps(key, ensure_ascii=False)}: {_written(value, inner, newline)}"
        return f"{kept}{newline}{inner}{member}{newline}{outer}{text[holder.end - 1 :]}"
    first = min(offset for offset, _ in holder.members.values())
    last = max((node for _, node in holder.members.values()), key=lambda one: one.end)
    own_line = "\n" in text[holder.start : first]
    inner = _indent_at(text, first) if own_line else ""
    member = f"{json.dumps(key, ensure_ascii=False)}: {_written(value, inner, newline if own_line else '')}"
    comma, behind = ("", ",") if holder.comma is not None else (",", "")
    at = last.end if holder.comma is None else holder.comma + 1
    if not own_line:
        return f"{text[:at]}{comma} {member}{behind}{text[at:]}"
    # a comment behind the last entry stays on its line
    match = _REST_OF_LINE.match(text, at)
    end = match.end() if match else at
    return f"{text[:at]}{comma}{text[at:end]}{newline}{inner}{member}{behind}{text[end:]}"


def _written(value: Any, indent: str, newline: str) -> str:
    if not newline or not isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    lines = json.dumps(value, ensure_ascii=False, indent=INDENT).split("\n")
    return (newline + indent).join(lines)


def _indent_at(text: str, offset: int) -> str:
    """Return the white space that the line of `offset` begins with."""
    begin = text.rfind("\n", 0, offset) + 1
    return text[begin : begin + len(text[begin:offset]) - len(text[begin:offset].lstrip(" \t"))]


def _skip(text: str, offset: int) -> int:
    match = _SPACE.match(text, offset)
    return match.end() if match else offset


def _value(text: str, offset: int, depth: int) -> Node:
    first = text[offset : offset + 1]
    if depth > DEEPEST or not first:
        raise Broken(offset)
    if first == "{":
        return _object(text, offset, depth)
    if first == "[":
        return _array(text, offset, depth)
    match = (_STRING if first == '"' else _WORD).match(text, offset)
    if match is None:
        raise Broken(offset)
    try:
        return Node(offset, match.end(), json.loads(match[0]))
    except ValueError:
        raise Broken(offset) from None


def _object(text: str, offset: int, depth: int) -> Node:
    node = Node(offset, value={})
    at = _skip(text, offset + 1)
    while text[at : at + 1] != "}":
        key = _value(text, at, depth + 1)
        if not isinstance(key.value, str):
            raise Broken(at)
        colon = _skip(text, key.end)
        if text[colon : colon + 1] != ":":
            raise Broken(colon)
        held = _value(text, _skip(text, colon + 1), depth + 1)
        node.members[key.value] = (at, held)
        node.value[key.value] = held.value
        at, node.comma = _behind(text, held.end, "}")
    node.end = at + 1
    return node


def _array(text: str, offset: int, depth: int) -> Node:
    node = Node(offset, value=[])
    at = _skip(text, offset + 1)
    while text[at : at + 1] != "]":
        held = _value(text, at, depth + 1)
        node.value.append(held.value)
        at, node.comma = _behind(text, held.end, "]")
    node.end = at + 1
    return node


def _behind(text: str, offset: int, closing: str) -> tuple[int, int | None]:
    """Return where the next entry or the end stands, and the comma before it where there is one."""
    at = _skip(text, offset)
    if text[at : at + 1] == ",":
        return _skip(text, at + 1), at
    if text[at : at + 1] != closing:
        raise Broken(at)
    return at, None
