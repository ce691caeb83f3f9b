"""Which files the user's own patterns name (`code` of an image target)."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from . import kinds
from .listing import Listing, inside
from .patterns import Pattern, Patterns, git_pattern
from .tree import Tree

USUAL = "..."
"""Among the patterns: what is chosen where there are none."""


@dataclass(frozen=True)
class Said:
    """The patterns, in order; whether they add to the usual choice, and those that fit nothing."""

    patterns: Patterns
    usual: bool
    idle: tuple[str, ...] = ()


def read(words: Sequence[str]) -> Said:
    """Return what the patterns mean; a first one that leaves something out begins from the usual choice."""
    told = [one for one in words if one.strip() != USUAL]
    patterns = [found for one in told if (found := git_pattern(one)) is not None]
    usual = len(told) < len(words) or not patterns or patterns[0].negated
    return Said(Patterns(patterns), usual)


def named(tree: Tree, found: Listing, said: Said, usual: Sequence[str]) -> tuple[str, ...]:
    """Return the files that the patterns name, with the usual choice where they build on it. Raises OSError.

    What an ignore file leaves out comes in where a pattern names it, or something in it, without leaving
    anything open up to there. Hidden files and caches come in where a pattern names the hidden part.
    """
    base = set(usual) if said.usual else set()
    files: list[str] = []
    for path in (*found.files, *_ignored(tree, found, said.patterns)):
        decides = said.patterns.last(path)
        if decides is None:
            if path in base:
                files.append(path)
        elif not decides.negated and (path in base or _may(path, decides)):
            files.append(path)
    return tuple(sorted(set(files)))


def idle(said: Said, files: Sequence[str]) -> tuple[Pattern, ...]:
    """Return the patterns that should bring something in and fit no file, nor a folder above one."""
    waiting = [one for one in said.patterns.patterns if not one.negated]
    paths = {(path, False) for path in files}
    for path in files:
        above = path.rpartition("/")[0]
        while above and (above, True) not in paths:
            paths.add((above, True))
            above = above.rpartition("/")[0]
    return tuple(one for one in waiting if not any(one.fits(path, folder=folder) for path, folder in paths))


def _may(path: str, pattern: Pattern) -> bool:
    """Tell whether a pattern may bring in this path: hidden parts and caches have to be named."""
    parts = path.split("/")
    if kinds.ABSOLUTE.intersection(parts) or kinds.suffix(path) == ".pyc":
        return False
    said = set(pattern.words.split("/"))
    shy = [one for one in parts if one.startswith(".") or one in kinds.CACHES]
    return all(one in said or any(word.startswith(".") for word in said) for one in shy)


def _ignored(tree: Tree, found: Listing, patterns: Patterns) -> Iterator[str]:
    for entry in found.ignored:
        path = entry.rstrip("/")
        if kinds.ABSOLUTE.intersection(path.split("/")):
            continue
        if not any(_reaches(one, path) for one in patterns.patterns if not one.negated):
            continue
        if entry.endswith("/"):
            yield from inside(tree.root, path)
        elif os.path.lexists(tree.path(path)):
            yield path


def _reaches(pattern: Pattern, path: str) -> bool:
    """Tell whether a pattern names an ignored path, or something in it, leaving nothing open on the way."""
    front = pattern.literal
    if pattern.anchored:
        return front == path or front.startswith(f"{path}/")
    return pattern.exact and front == path.rpartition("/")[2]
