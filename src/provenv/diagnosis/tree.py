"""A regular expression as the tree that `re` itself parses it into, the same on Python 3.10 to 3.14."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

# `re` has no public name for its parser; 3.11 moved it
_PARSER: Any = import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")
UNBOUNDED = int(_PARSER.MAXREPEAT)


class Node(NamedTuple):
    """One element of an expression.

    `kind`: `char` or `set` (one character: which of them, in either case, tells `mask`, a bit for
    each of ASCII and the highest for all others), `edge` (a word's or a line's end), `look` (around; it
    matches nothing itself), `repeat` (`low` to `high` times `parts[0]`), `any of` (`parts`).
    """

    kind: str
    text: str = ""
    mask: int = 0
    low: int = 1
    high: int = 1
    parts: tuple[tuple[Node, ...], ...] = ()


OTHERS = 1 << 128
ANY = (1 << 129) - 1
LETTERS = sum(1 << code for code in (*range(65, 91), *range(97, 123)))


def tree(regex: str) -> tuple[Node, ...]:
    """Return the elements of an expression, groups dissolved. Raises re.error."""
    return tuple(_nodes(_PARSER.parse(regex, 0)))


def may_be_empty(node: Node) -> bool:
    """Whether an element may match nothing."""
    if node.kind == "repeat" and node.low == 0:
        return True
    if node.kind in ("char", "set"):
        return False
    return any(all(map(may_be_empty, part)) for part in node.parts) if node.parts else True


def first(nodes: Sequence[Node]) -> int:
    """Return the characters that a sequence may begin with, as a mask."""
    mask = 0
    for node in nodes:
        if node.kind in ("char", "set"):
            return mask | node.mask
        for part in node.parts:
            mask |= first(part)
        if not may_be_empty(node):
            break
    return mask


def _nodes(parsed: Any) -> Iterator[Node]:
    for operation, value in parsed:
        yield from _node(str(operation), value)


def _node(name: str, value: Any) -> Iterator[Node]:
    if name == "LITERAL":
        yield _char(chr(value))
    elif name == "IN":
        yield _set(value)
    elif name in ("ANY", "NOT_LITERAL"):
        yield Node("set", mask=ANY)
    elif name == "SUBPATTERN":
        yield from _nodes(value[3])
    elif name == "ATOMIC_GROUP":
        yield from _nodes(value)
    elif name == "BRANCH":
        yield Node("any of", parts=tuple(tuple(_nodes(one)) for one in value[1]))
    elif name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        low, high, body = value
        yield Node("repeat", low=int(low), high=int(high), parts=(tuple(_nodes(body)),))
    elif name == "AT":
        yield Node("edge")
    elif name == "GROUPREF_EXISTS":
        branches = [one for one in value[1:] if one is not None]
        yield Node("any of", parts=(*(tuple(_nodes(one)) for one in branches), ()))
    elif name == "GROUPREF":
        # again what a group matched, whatever that was
        yield Node("repeat", low=0, high=UNBOUNDED, parts=((Node("set", mask=ANY),),))
    else:
        yield Node("look")


def _char(char: str) -> Node:
    mask = 0
    for one in {char, char.lower(), char.upper()}:
        mask |= 1 << ord(one) if len(one) == 1 and ord(one) < 128 else OTHERS
    return Node("char", char, mask)


def _set(items: Any) -> Node:
    """Return a class of characters; one that holds a single letter in both cases is that letter."""
    literal = {chr(value).lower() for operation, value in items if str(operation) == "LITERAL"}
    if len(literal) == 1 and all(str(operation) == "LITERAL" for operation, _ in items):
        return _char(literal.pop())
    return Node("set", mask=_mask(_class(items)))


@cache
def _mask(one_of: str) -> int:
    """Return which characters a class takes."""
    compiled = re.compile(one_of, re.IGNORECASE)
    mask = sum(1 << code for code in range(128) if compiled.match(chr(code)))
    return mask | OTHERS if any(compiled.match(char) for char in "é中，") else mask


def _class(items: Any) -> str:
    """Return a parsed class as an expression again."""
    words = []
    for operation, value in items:
        name = str(operation)
        if name == "NEGATE":
            words.append("^")
        elif name == "LITERAL":
            words.append(re.escape(chr(value)))
        elif name == "RANGE":
            words.append(f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}")
        else:
            words.append(CATEGORIES[str(value)])
    return f"[{''.join(words)}]"


CATEGORIES = {
    "CATEGORY_DIGIT": r"\d",
    "CATEGORY_NOT_DIGIT": r"\D",
    "CATEGORY_SPACE": r"\s",
    "CATEGORY_NOT_SPACE": r"\S",
    "CATEGORY_WORD": r"\w",
    "CATEGORY_NOT_WORD": r"\W",
}
