"""What `cp` copies where: which side is on the hosts, and what each thing is called when it is there."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ...errors import Exit, Failure, Hint, problem, text

ON_HOSTS = ":"
"""Stands before a path on the hosts."""

UNSAFE = re.compile(r"[/\\:*?\"<>|\[\]\x00-\x1f]+")
"""What can't stand in a folder's name on every system."""


@dataclass(frozen=True)
class Copying:
    """One `cp`: the paths without their marks, and which way they go."""

    sources: tuple[str, ...]
    goal: str
    fetching: bool


@dataclass(frozen=True)
class Piece:
    """One thing to copy, a file or a folder: where it is, and where it shall be (both whole paths)."""

    source: str
    goal: str


def read_copying(paths: Sequence[str]) -> Copying:
    """Return what a command line's paths mean.

    Raises Failure (usage): PV1310 where not exactly one side is on the hosts, PV1311 where several
    things would get one name.
    """
    *sources, goal = paths
    marked = {one.startswith(ON_HOSTS) for one in sources}
    if len(marked) != 1 or goal.startswith(ON_HOSTS) in marked:
        hint = Hint(text("PV1310.hint"), "provenv cp --on TARGET data/ :data/")
        raise Failure(problem("PV1310", why=text("PV1310.why"), hints=(hint,)), exit_code=Exit.USAGE)
    fetching = marked == {True}
    copying = Copying(
        tuple(one.removeprefix(ON_HOSTS) or "." for one in sources),
        goal.removeprefix("" if fetching else ON_HOSTS) or "./",
        fetching,
    )
    if len(sources) > 1 and not _is_folder(copying.goal):
        hint = Hint(text("PV1311.hint", goal=f"{goal}/"))
        raise Failure(problem("PV1311", goal=goal, n=len(sources), hints=(hint,)), exit_code=Exit.USAGE)
    names = [_name(one) for one in copying.sources if not _is_folder(one)]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise Failure(problem("PV1311", goal=posixpath.join(goal, twice), n=2), exit_code=Exit.USAGE)
    return copying


def pieces(copying: Copying, into: str = "") -> tuple[Piece, ...]:
    """Return each source with its goal; all goals lie in the folder `into`, where one is named.

    A goal that ends in `/` is a folder, into which a source goes by its own name, or, if the source
    ends in `/` as well, with what is in it. Any other goal is what the source shall be called.
    """
    folder = bool(into) or _is_folder(copying.goal)
    goal = posixpath.join(copying.goal, into) if into else copying.goal
    return tuple(
        Piece(one, posixpath.join(goal, _name(one)) if folder and not _is_folder(one) else goal)
        for one in copying.sources
    )


def folder_name(host: str) -> str:
    """Return a host's name as that of a folder."""
    return UNSAFE.sub("_", host).strip("._") or "_"


def trimmed(path: str) -> str:
    """Return a path without what it ends in where it means a folder's inside."""
    return path.rstrip("/") or "/"


def _is_folder(path: str) -> bool:
    """Tell whether a path means a folder's inside, by how it is written."""
    return path.endswith(("/", os.sep)) or posixpath.basename(path) in ("", ".", "..", "~")


def _name(path: str) -> str:
    return posixpath.basename(path.replace(os.sep, "/").rstrip("/"))
