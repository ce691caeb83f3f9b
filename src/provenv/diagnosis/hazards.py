"""Regular expressions that a hostile line could keep busy for ever: found before they are used.

`re` tries every way to divide a text among repetitions that follow each other, so
the ways multiply. Counted is how many ways there are at most on one line.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from .tree import UNBOUNDED, Node, first, may_be_empty, tree

# a line's length, and so how often what is unbounded may repeat in it
LINE = 4000
# a pattern with more ways than this (three gaps of any length do, four do not) is refused
MOST = float(LINE) ** 3.6
# a repetition of this few is unrolled; one of more must not hold another within it
FEW = 12


def hazard(regex: str) -> str:
    """Return what makes an expression dangerous, or nothing. Raises re.error."""
    ways = _ways(tree(regex))
    if ways == float("inf"):
        return "a repetition stands within a repetition: its ways grow with every letter"
    if ways > MOST:
        return "too many repetitions follow each other"
    return ""


def _ways(nodes: Sequence[Node], behind: Sequence[Node] = ()) -> float:
    """Return how many ways there are at most to match a sequence, in front of `behind`, from one place."""
    ways = 1.0
    for index, node in enumerate(nodes):
        rest = (*nodes[index + 1 :], *behind)
        if node.kind == "any of":
            ways *= max(1.0, *(_ways(part, rest) for part in node.parts))
        elif node.kind == "repeat":
            ways *= _of_repeat(node, rest)
    return ways


def _of_repeat(node: Node, rest: Sequence[Node]) -> float:
    body = node.parts[0]
    high = LINE if node.high >= UNBOUNDED else min(node.high, LINE)
    # a round is followed by another round, or by the rest
    inner = _ways(body, (*body, *rest)) * (2.0 if _overlap(body) else 1.0)
    if inner > 1.0:
        return inner**high if high <= FEW else float("inf")
    if all(map(may_be_empty, rest)) or not first(body) & first(rest):
        # nothing has to follow, or what follows can't be taken: there is nothing to try again
        return 1.0
    return float(max(high - node.low, 0) + 1)


def _overlap(body: Sequence[Node]) -> bool:
    """Whether one alternative may begin another, so that one text is several rounds in several ways."""
    return any(
        _may_begin_alike(one, other)
        for node in body
        if node.kind == "any of"
        for one, other in combinations(node.parts, 2)
    )


def _may_begin_alike(one: Sequence[Node], other: Sequence[Node]) -> bool:
    """Whether no character tells two sequences apart before one of them ends, or repeats something."""
    for left, right in zip(one, other, strict=False):
        if left.kind not in ("char", "set") or right.kind not in ("char", "set"):
            return True
        if not left.mask & right.mask:
            return False
    return True
