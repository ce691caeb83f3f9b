"""How an attempt ended, by how its processes did and what was asked of them; pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from .events import TERM
from .policy import Outcome

HUNG_CODE, KILLED_CODE = 124, 137


@dataclass(frozen=True)
class Asked:
    """What was asked of a group: `left` is the signal by which it was told to leave (0: it was not)."""

    interrupted: bool = False
    left: int = 0
    killed: bool = False
    hung: bool = False


def outcome_of(
    codes: Collection[int | None], asked: Asked, first: int | None, *, any_first: bool
) -> tuple[Outcome, int]:
    """Return how an attempt ended, and its code as a shell says it.

    `codes` are those of all processes as a shell says them, None for one that did not end; `first` is the
    code of the one whose end ended the others, where there is `any_first`.
    """
    if None in codes:
        return "stuck", KILLED_CODE
    if asked.hung:
        return "hung", HUNG_CODE
    if asked.interrupted:
        # a program may take it for "finish, and end well"
        return "stopped", KILLED_CODE if asked.killed else first or 0
    if asked.left:
        known = {one for one in codes if one is not None}
        leaving = {0, 128 + TERM, 128 + asked.left}
        if known <= leaving and not asked.killed:
            return "preempted", 128 + asked.left
        return "overdue", next(iter(sorted(known - leaving - {KILLED_CODE})), KILLED_CODE)
    if not any_first:
        return "done", 0
    return "died", first or 0


def shell_code(code: int | None) -> int:
    """Return a process's code as a shell says it."""
    return 0 if code is None else 128 - code if code < 0 else code
