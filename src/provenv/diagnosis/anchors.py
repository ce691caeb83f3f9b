"""The word that a line must hold before a regular expression is tried on it.

A log of 200 MB is cut into its words at C speed; only lines with an anchor of
some pattern ever meet that pattern. An anchor is a run of the letters a to z in
lower case, or a run of other letters (Chinese) that is looked for as it stands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# words that stand in every log: they find nothing when they are all that a pattern has
COMMON = frozenset(
    "a an and are as at be by can cannot could did directory does error errors exception fail failed failure "
    "file files for found from has have if import in is it line module no not object of on open or package "
    "path py python read run such that the this to torch type use user using value version warning was with "
    "you your install installed lib library load loading model data device gpu cuda "
    "importerror modulenotfounderror runtimeerror valueerror typeerror attributeerror oserror traceback".split()
)
SHORTEST = 3
WORD = re.compile(r"[a-z]+|[^\x00-\x7f]+")


class Unanchored(Exception):
    """A regular expression without a word that must stand in what it matches."""


@dataclass
class _Run:
    text: str = ""
    # whether a letter may stand directly before or after the run, making its edge word longer
    open_left: bool = False
    open_right: bool = False


def anchors(regex: str) -> frozenset[str]:
    """Return words of which one must stand in every text that `regex` matches (letters in any case).

    Raises Unanchored where there is none of three letters or more.
    """
    best = _any_of(regex)
    if best is None:
        raise Unanchored(regex)
    return best[1]


def _any_of(regex: str) -> tuple[float, frozenset[str]] | None:
    """Return the best set of alternative anchors and how good it is: as good as its worst word."""
    chosen: list[tuple[float, frozenset[str]]] = []
    for branch in _branches(regex):
        one = _of_branch(branch)
        if one is None:
            return None
        chosen.append(one)
    return min(score for score, _ in chosen), frozenset().union(*(words for _, words in chosen))


def _of_branch(branch: str) -> tuple[float, frozenset[str]] | None:
    runs, groups = _runs(branch)
    found = [(_score(word, edge), frozenset({word})) for run in runs for word, edge in _words(run)]
    for group in groups:
        inner = _any_of(group)
        if inner is not None:
            found.append((inner[0] - len(inner[1]) / 10, inner[1]))
    return max(found, key=lambda one: (one[0], sorted(one[1])), default=None)


def _words(run: _Run) -> list[tuple[str, bool]]:
    lower = run.text.lower()
    found = []
    for match in WORD.finditer(lower):
        at_edge = (match.start() == 0 and run.open_left) or (match.end() == len(lower) and run.open_right)
        if len(match[0]) >= SHORTEST or not match[0].isascii():
            found.append((match[0], at_edge))
    return found


def _score(word: str, at_edge: bool) -> float:
    length = float(len(word)) if word.isascii() else 3.0 * len(word)
    return min(length, 12) - (8 if word in COMMON else 0) - (4 if at_edge else 0)


def _branches(regex: str) -> list[str]:
    """Return the alternatives at the top level."""
    parts, depth, start, index = [], 0, 0, 0
    while index < len(regex):
        char = regex[index]
        if char == "\\":
            index += 1
        elif char == "[":
            index = _class_end(regex, index)
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
        elif char == "|" and depth == 0:
            parts.append(regex[start:index])
            start = index + 1
        index += 1
    return [*parts, regex[start:]]


def _class_end(regex: str, index: int) -> int:
    """Return where the character class that begins at `index` ends."""
    end = index + 1
    if regex[end : end + 1] == "^":
        end += 1
    if regex[end : end + 1] == "]":
        end += 1
    while end < len(regex) and regex[end] != "]":
        end += 2 if regex[end] == "\\" else 1
    return end


def _group_end(regex: str, index: int) -> int:
    depth = 0
    while index < len(regex):
        char = regex[index]
        if char == "\\":
            index += 1
        elif char == "[":
            index = _class_end(regex, index)
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
            if depth == 0:
                return index
        index += 1
    return len(regex) - 1


def _runs(branch: str) -> tuple[list[_Run], list[str]]:
    """Return the literal runs of a branch without top-level alternatives, and its alternating groups."""
    runs: list[_Run] = []
    groups: list[str] = []
    run = _Run()

    def close(*, open_right: bool, open_left: bool) -> None:
        nonlocal run
        run.open_right = open_right
        if run.text:
            runs.append(run)
        run = _Run(open_left=open_left)

    # a pattern is searched for, so that a letter may stand before its beginning
    run.open_left = True
    index = 0
    while index < len(branch):
        char = branch[index]
        piece, edge = "", True
        if char == "\\":
            follower = branch[index + 1 : index + 2]
            index += 1
            if follower.isalnum():
                edge = follower not in "bBAZsdSD" or follower in "BSD"
            else:
                piece = follower
        elif char == "[":
            index = _class_end(branch, index)
        elif char == "(":
            end = _group_end(branch, index)
            body = branch[index + 1 : end]
            index = end
            head = re.match(r"\?(?:P<\w+>|:)", body)
            inner = body[head.end() :] if head else body
            optional = bool(re.match(r"[?*]|\{0?,", branch[index + 1 :]))
            if body.startswith("?") and not head:
                pass
            elif optional:
                pass
            elif len(_branches(inner)) > 1:
                groups.append(inner)
            else:
                inner_runs, inner_groups = _runs(inner)
                runs.extend(inner_runs)
                groups.extend(inner_groups)
        elif char in "^$":
            edge = False
        elif char not in ".?*+{}":
            piece = char
        elif char == "{":
            index = branch.index("}", index) if "}" in branch[index:] else index
            index += 1
            continue
        elif char in "?*+":
            index += 1
            continue
        rest = branch[index + 1 :]
        if piece and re.match(r"[?*]|\{0?,", rest):
            close(open_right=piece.isalpha(), open_left=piece.isalpha())
        elif piece:
            run.text += piece
            if rest[:1] in ("+", "{"):
                close(open_right=True, open_left=True)
        else:
            close(open_right=edge, open_left=edge)
        index += 1
    close(open_right=True, open_left=True)
    return runs, groups
