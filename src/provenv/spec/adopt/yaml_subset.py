"""The part of YAML that environment files are written in, with the line of every value.

Block mappings and sequences, flow sequences and mappings, plain and quoted
scalars, literal blocks, comments. Anchors, tags and complex keys are refused:
no conda environment has them (https://yaml.org/spec/1.2.2/, chapters 6 to 8).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Union

DEEPEST = 20
_KEY = re.compile(
    r"""(?P<key>"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s#\[\]{},&*!|>'"%@`-][^#]*?|-[^\s#][^#]*?)\s*:(?=\s|$)"""
)
_COMMENT = re.compile(r"(?:^|\s)#.*$")


@dataclass(frozen=True)
class Scalar:
    """A single value: its words without quotes, and the 1-based line."""

    words: str
    line: int


@dataclass(frozen=True)
class Sequence:
    """A list of nodes."""

    items: tuple[Node, ...]
    line: int


@dataclass(frozen=True)
class Mapping:
    """Keys in their order; a key that stands twice keeps its last value."""

    entries: dict[str, Node]
    line: int


Node = Union[Scalar, Sequence, Mapping]  # noqa: UP007 - the alias is read while the classes are made


class NotUnderstood(ValueError):
    """Raised where the text is no YAML of this part; `line` is where."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


@dataclass(frozen=True)
class _Row:
    number: int
    indent: int
    words: str


def read(text: str) -> Node:
    """Return the document's value. Raises NotUnderstood."""
    rows = _rows(text)
    if not rows:
        return Mapping({}, 1)
    node, rest = _block(rows, 0, rows[0].indent, 0)
    if rest < len(rows):
        raise NotUnderstood(rows[rest].number)
    return node


def _rows(text: str) -> list[_Row]:
    rows: list[_Row] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith(("---", "%")):
            if rows:
                break
            continue
        if line.startswith("..."):
            break
        words = line.rstrip()
        bare = words.lstrip(" ")
        if not bare or bare.startswith("#"):
            continue
        if bare.startswith("\t"):
            raise NotUnderstood(number)
        rows.append(_Row(number, len(words) - len(bare), bare))
    return rows


def _block(rows: list[_Row], at: int, indent: int, depth: int) -> tuple[Node, int]:
    if depth > DEEPEST:
        raise NotUnderstood(rows[at].number)
    if re.match(r"-(?:\s|$)", rows[at].words):
        return _sequence(rows, at, indent, depth)
    if _KEY.match(rows[at].words):
        return _mapping(rows, at, indent, depth)
    return _flow(rows[at].words, rows[at].number), at + 1


def _sequence(rows: list[_Row], at: int, indent: int, depth: int) -> tuple[Node, int]:
    line = rows[at].number
    items: list[Node] = []
    while at < len(rows) and rows[at].indent == indent and re.match(r"-(?:\s|$)", rows[at].words):
        row = rows[at]
        inner = row.words[1:].lstrip()
        if not inner or inner.startswith("#"):
            if at + 1 < len(rows) and rows[at + 1].indent > indent:
                node, at = _block(rows, at + 1, rows[at + 1].indent, depth + 1)
                items.append(node)
            else:
                at += 1
            continue
        # what stands behind the dash begins a block of its own, indented to where it stands
        column = indent + len(row.words) - len(inner)
        if re.match(r"-\s", inner) or _KEY.match(inner):
            rows[at] = _Row(row.number, column, inner)
            node, at = _block(rows, at, column, depth + 1)
            items.append(node)
        else:
            items.append(_flow(inner, row.number))
            at += 1
    if at < len(rows) and rows[at].indent > indent:
        raise NotUnderstood(rows[at].number)
    return Sequence(tuple(items), line), at


def _mapping(rows: list[_Row], at: int, indent: int, depth: int) -> tuple[Node, int]:
    line = rows[at].number
    entries: dict[str, Node] = {}
    while at < len(rows) and rows[at].indent == indent:
        row = rows[at]
        match = _KEY.match(row.words)
        if not match:
            if re.match(r"-(?:\s|$)", row.words):
                break
            raise NotUnderstood(row.number)
        key = _unquoted(match["key"], row.number)
        value = _COMMENT.sub("", row.words[match.end() :]).strip() if "#" in row.words else None
        value = row.words[match.end() :].strip() if value is None else value
        at += 1
        if re.fullmatch(r"[|>][-+\d]*", value):
            parts = []
            while at < len(rows) and rows[at].indent > indent:
                parts.append(rows[at].words)
                at += 1
            entries[key] = Scalar("\n".join(parts), row.number)
        elif value:
            entries[key] = _flow(row.words[match.end() :].strip(), row.number)
        elif at < len(rows) and (
            rows[at].indent > indent or (rows[at].indent == indent and re.match(r"-(?:\s|$)", rows[at].words))
        ):
            entries[key], at = _block(rows, at, rows[at].indent, depth + 1)
        else:
            entries[key] = Scalar("", row.number)
    if at < len(rows) and rows[at].indent > indent:
        raise NotUnderstood(rows[at].number)
    return Mapping(entries, line), at


def _flow(words: str, line: int) -> Node:
    """Return a value that stands on one line: a scalar, `[a, b]`, `{a: b}`."""
    if words[:1] in ("&", "*", "!", "@", "`"):
        raise NotUnderstood(line)
    if words[:1] in ("[", "{"):
        node, rest = _flow_value(words, line, 0)
        if _COMMENT.sub("", rest).strip():
            raise NotUnderstood(line)
        return node
    if words[:1] in ("'", '"'):
        match = re.match(r"""("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')\s*(?:#.*)?$""", words)
        if not match:
            raise NotUnderstood(line)
        return Scalar(_unquoted(match[1], line), line)
    return Scalar(_COMMENT.sub("", words).strip(), line)


def _flow_value(words: str, line: int, depth: int) -> tuple[Node, str]:
    if depth > DEEPEST:
        raise NotUnderstood(line)
    if not words.startswith(("[", "{")):
        match = re.match(r"""("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\[\]{},]*)""", words)
        found = match[1] if match else ""
        return Scalar(_unquoted(found.strip(), line), line), words[len(found) :].lstrip()
    closing = "]" if words[0] == "[" else "}"
    items: list[Node] = []
    entries: dict[str, Node] = {}
    rest = words[1:].lstrip()
    while not rest.startswith(closing):
        if not rest:
            raise NotUnderstood(line)
        if closing == "}":
            match = re.match(r"([^:,{}\[\]]+):\s*", rest)
            if not match:
                raise NotUnderstood(line)
            entries[_unquoted(match[1].strip(), line)], rest = _flow_value(
                rest[match.end() :], line, depth + 1
            )
        else:
            node, rest = _flow_value(rest, line, depth + 1)
            items.append(node)
        if rest.startswith(","):
            rest = rest[1:].lstrip()
        elif not rest.startswith(closing):
            raise NotUnderstood(line)
    node = Sequence(tuple(items), line) if closing == "]" else Mapping(entries, line)
    return node, rest[1:].lstrip()


def _unquoted(words: str, line: int) -> str:
    if words[:1] == "'":
        return words[1:-1].replace("''", "'")
    if words[:1] == '"':
        return re.sub(r"\\(.)", lambda match: {"n": "\n", "t": "\t"}.get(match[1], match[1]), words[1:-1])
    return words
