"""Where the processes of a group that comes on no more stand, and what is told of it."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import Problem
from .folder import RunFolder
from .frames import main_thread, stand
from .hangs import Standing, explained
from .member import Member
from .stacks import Asked, Dump, write_stacks
from .steps import Steps

IN_COLLECTIVES = frozenset(("PV1260", "PV1262"))
"""What is told of a group that makes no step yet: of others it may not be known how far they are."""


def explain(
    members: Sequence[Member],
    steps: Sequence[Steps],
    *,
    paths: RunFolder,
    attempt: int,
    folder: str,
    seconds: float,
) -> Problem:
    """Have it written where each process stands, and return why they may come on no more.

    `steps` are those of each member, `folder` is the user's code, `seconds` how long nothing was seen.
    """
    files = [paths.stacks(attempt, one.rank) for one in members]
    asked = [
        Asked(one.rank, steps[one.rank].speaker(one.pid) or one.pid, one.pid, files[one.rank])
        for one in members
        if not one.ended
    ]
    dumps = write_stacks(asked)
    return explained(
        [_standing(one, steps[one.rank], dumps, folder) for one in members],
        seconds,
        [str(one) for one in files],
    )


def _standing(member: Member, steps: Steps, dumps: Sequence[Dump], folder: str) -> Standing:
    """Return where a process stands, by what it and its workers answered."""
    own = [one for one in dumps if one.rank == member.rank]
    stood = [(one, stand(main_thread(one.words), folder)) for one in own]
    workers = [(one.pid, where, one.state) for one, where in stood[1:] if where is None or where.worker]
    return Standing(
        member.rank,
        steps.position,
        stood[0][1] if stood else None,
        stood[0][0].state if stood else "",
        member.ended,
        tuple(workers),
    )
