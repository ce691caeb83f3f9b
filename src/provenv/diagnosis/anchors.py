"""The word that a line must hold before a regular expression is tried on it.

A log of 200 MB is cut into its words at C speed; only lines with an anchor of
some pattern ever meet that pattern. An anchor is a run of the letters a to z in
lower case, or a run of other letters (Chinese) that is looked for as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain, groupby, product
from math import prod

from .tree import LETTERS, Node, may_be_empty, tree

# words that stand in every log: they find nothing when they are all that a pattern has
COMMON = frozenset(
    """
    a an and are as at be by can cannot could did directory does error errors exception fail failed failure
    file files for found from has have if import in is it line module no not object of on open or package
    path py python read run such that the this to torch type use user using value version warning was with
    you your install installed lib library load loading model data device gpu cuda
    epoch epochs step steps loss train training trained batch size iter iteration time rank process worker
    node task info debug val acc accuracy metric eval memory total server client request job run running
    importerror modulenotfounderror runtimeerror valueerror typeerror attributeerror oserror traceback
    """.split()  # noqa: SIM905 - a list of a hundred words is easier to read without its quotes
)
SHORTEST = 3
WORD = re.compile(r"[a-z]+|[^\x00-\x7f]+")
# what a word loses that may go on beyond it, and so be another word in the log: at an end of the pattern,
# where programs seldom write on, and beside something that takes any letter
AT_END = 2.0
AT_GAP = 7.0
MOST_ALTERNATIVES = 60
MOST_NEEDS = 5
Found = tuple[float, frozenset[str]]


class Unanchored(Exception):
    """A regular expression without a word that must stand in what it matches."""


def anchors(regex: str) -> frozenset[str]:
    """Return words of which one must stand in every text that `regex` matches (letters in any case).

    Raises Unanchored where there is none of three letters or more.
    """
    # a pattern is searched for, so that letters may stand before its beginning and behind its end
    best = _best(tree(regex), left=AT_END, right=AT_END)
    if best is None:
        raise Unanchored(regex)
    return best[1]


def needs(regex: str) -> tuple[frozenset[str], ...]:
    """Return sets of words: of each, one must stand in every line that `regex` matches, as a word of its own.

    Only words that the expression itself bounds are among them, the rarest first.
    """
    found = sorted(set(_needed(tree(regex), left=AT_END, right=AT_END)), key=_rarity)
    return tuple(words for _, words in found[:MOST_NEEDS])


def _rarity(found: Found) -> tuple[float, list[str]]:
    return -found[0], sorted(found[1])


def _needed(given: Sequence[Node], *, left: float, right: float) -> Iterator[Found]:
    """Yield every set of alternative words of a sequence that are bounded on both sides."""
    nodes = list(_whole_words(given))
    index = 0
    while index < len(nodes):
        node = nodes[index]
        end = index + 1
        if node.kind == "char":
            while end < len(nodes) and nodes[end].kind == "char":
                end += 1
            run = "".join(one.text for one in nodes[index:end]).lower()
            before, behind = _ends(nodes[:index], left), _begins(nodes[end:], right)
            for match in WORD.finditer(run):
                word = match[0]
                is_open = (match.start() == 0 and before) or (match.end() == len(run) and behind)
                if word.isascii() and len(word) >= SHORTEST and not is_open:
                    yield _score(word), frozenset({word})
        elif node.kind == "any of":
            before, behind = _ends(nodes[:index], left), _begins(nodes[index + 1 :], right)
            inner = [
                max(
                    _needed(
                        part,
                        left=before,
                        right=behind,
                    ),
                    key=lambda one: (one[0], sorted(one[1])),
                    default=None,
                )
                for part in node.parts
            ]
            yield from _any_of(inner)
        index = end


def _best(given: Sequence[Node], *, left: float, right: float) -> Found | None:
    """Return the best anchors of a sequence; what a word at its edges loses to what may stand beside it."""
    nodes = list(_whole_words(given))
    found: list[Found] = []
    index = 0
    while index < len(nodes):
        node = nodes[index]
        if node.kind == "char":
            end = index
            while end < len(nodes) and nodes[end].kind == "char":
                end += 1
            run = "".join(one.text for one in nodes[index:end]).lower()
            found += _of_run(run, _ends(nodes[:index], left), _begins(nodes[end:], right))
            index = end
            continue
        if node.kind == "any of" or (node.kind == "repeat" and node.low > 0):
            before, behind = _ends(nodes[:index], left), _begins(nodes[index + 1 :], right)
            again = node.kind == "repeat" and node.high > 1
            inner = [
                _best(
                    part,
                    left=max(before, _ends(part, 0.0) if again else 0.0),
                    right=max(behind, _begins(part, 0.0) if again else 0.0),
                )
                for part in node.parts
            ]
            found += _any_of(inner)
        index += 1
    return max(found, key=lambda one: (one[0], sorted(one[1])), default=None)


def _whole_words(nodes: Sequence[Node]) -> Iterator[Node]:
    """Yield the nodes with letters and alternatives beside them put together: `prox(y|ies)` is two words."""
    for joins, group in groupby(map(_optional, nodes), key=_is_of_word):
        cluster = list(group)
        kinds = {node.kind for node in cluster}
        if not joins or len(cluster) == 1 or "any of" not in kinds:
            yield from cluster
            continue
        choices = [node.parts if node.kind == "any of" else ((node,),) for node in cluster]
        if prod(map(len, choices)) > MOST_ALTERNATIVES:
            yield from cluster
            continue
        yield Node("any of", parts=tuple(tuple(chain(*one)) for one in product(*choices)))


def _optional(node: Node) -> Node:
    """Return `s?` as one of two alternatives."""
    if node.kind == "repeat" and (node.low, node.high) == (0, 1):
        return Node("any of", parts=(node.parts[0], ()))
    return node


def _is_of_word(node: Node) -> bool:
    return node.kind == "any of" or (node.kind == "char" and bool(node.mask & LETTERS))


def _any_of(inner: Sequence[Found | None]) -> list[Found]:
    """Return the anchors of alternatives: as good as the worst of them."""
    known = [one for one in inner if one is not None]
    words = frozenset().union(*(one[1] for one in known))
    if len(known) < len(inner) or not known or len(words) > MOST_ALTERNATIVES:
        return []
    return [(min(one[0] for one in known) - (len(words) - 1) / 10, words)]


def _of_run(run: str, before: float, behind: float) -> list[Found]:
    found = []
    for match in WORD.finditer(run):
        word = match[0]
        if not word.isascii():
            found.append((_score(word), frozenset({word})))
        elif len(word) >= SHORTEST:
            loss = (before if match.start() == 0 else 0.0) + (behind if match.end() == len(run) else 0.0)
            found.append((_score(word) - loss, frozenset({word})))
    return found


def _score(word: str) -> float:
    length = float(len(word)) if word.isascii() else 3.0 * len(word)
    return min(length, 12) - (8 if word in COMMON else 0)


def _begins(nodes: Sequence[Node], after: float) -> float:
    """Return what a word loses to nodes behind it; `after` is what follows those."""
    for node in nodes:
        if node.kind in ("char", "set"):
            return AT_GAP if node.mask & LETTERS else 0.0
        if node.kind == "edge":
            return 0.0
        if node.kind in ("repeat", "any of"):
            if any(_begins(part, 0.0) for part in node.parts):
                return AT_GAP
            if not may_be_empty(node):
                return 0.0
    return after


def _ends(nodes: Sequence[Node], before: float) -> float:
    """Return what a word loses to nodes in front of it; `before` is what precedes those."""
    for node in reversed(nodes):
        if node.kind in ("char", "set"):
            return AT_GAP if node.mask & LETTERS else 0.0
        if node.kind == "edge":
            return 0.0
        if node.kind in ("repeat", "any of"):
            if any(_ends(part, 0.0) for part in node.parts):
                return AT_GAP
            if not may_be_empty(node):
                return 0.0
    return before
