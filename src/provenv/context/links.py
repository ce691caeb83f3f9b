"""Symbolic links among the files of an image: those that stay inside are kept, others refused."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from ..errors import Problem
from . import findings
from .tree import Tree


def followed(tree: Tree, files: Sequence[str], known: Iterable[str]) -> tuple[tuple[str, ...], list[Problem]]:
    """Return the files with those that links among them lead to, and a problem for each that leads out.

    A link is kept as a link. A file that one leads to comes along, else it would lead nowhere in the image.
    An absolute link leads out wherever it leads: the image's folders are others. Raises OSError.
    """
    there = set(files)
    may = set(known)
    wrong: list[Problem] = []
    added: list[str] = []
    for name in files:
        if not tree.is_link(name):
            continue
        target = os.readlink(tree.path(name))
        goal = os.path.realpath(tree.path(name))
        if os.path.isabs(target) or not (goal == tree.real or goal.startswith(tree.real + os.sep)):
            wrong.append(findings.leads_out(name, target, inside=goal.startswith(tree.real + os.sep)))
            continue
        reached = os.path.relpath(goal, tree.real).replace(os.sep, "/")
        if reached in may and reached not in there and tree.is_file(reached):
            there.add(reached)
            added.append(reached)
    return tuple(sorted((*files, *added))), wrong
