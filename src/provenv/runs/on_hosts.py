"""What follows when hosts of a training come and go: who leads, how many are needed; pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

FIRST, MOST = 1.0, 60.0
"""Seconds until a host that was lost is tried again: the first time, and at most."""

PEER = re.compile(
    rb"[Cc]onnection (closed|reset) by peer|Connection was likely closed|[Bb]roken pipe|remote process exited"
    rb"|Read timeout|Socket (Timeout|closed)|DistNetworkError|DistBackendError|coordination service",
)
"""How a process says that another one of its group is gone."""

Next = Literal["go on", "wait", "end"]


@dataclass(frozen=True)
class Bounds:
    """How many hosts a training needs, and how many it can use."""

    least: int
    most: int

    @property
    def elastic(self) -> bool:
        """Tell whether it can go on with fewer."""
        return self.least < self.most


def bounds(hosts: int, declared: int | None) -> Bounds:
    """Return the bounds for so many hosts; without a declared least all of them are needed."""
    return Bounds(hosts if declared is None else min(declared, hosts), hosts)


def head_of(order: Sequence[str], present: Collection[str], last: str = "") -> str:
    """Return the host that keeps the store: the last one while it lives, else the first that does.

    A rendezvous cannot move: where the head is lost the others begin a new one around another head.
    """
    return last if last in present else next(one for one in order if one in present)


def arranged(order: Sequence[str], present: Collection[str], head: str) -> tuple[str, ...]:
    """Return the hosts that take part, the head first: it has rank 0 where the ranks are ours to give."""
    return (head, *(one for one in order if one in present and one != head))


def after_loss(present: int, needed: Bounds, *, retries_left: bool) -> Next:
    """Return what follows the loss of a host when so many are left."""
    if needed.elastic and present >= needed.least:
        return "go on"
    return "wait" if retries_left else "end"


def next_try(losses: int) -> float:
    """Return after how many seconds a host is tried again that was lost, or not reached, so many times."""
    return min(MOST, FIRST * 2.0 ** min(max(losses - 1, 0), 30))


def cause_of(deaths: Sequence[tuple[int, bytes]]) -> int:
    """Return which of the deaths that came together brought the others, by their codes and last words.

    One that was killed (not told to end) did not end for another's sake, nor did one whose words don't say
    that its peer is gone; else the first.
    """
    killed = [place for place, (code, _) in enumerate(deaths) if code < 0 and code != -15]
    own = [place for place, (code, words) in enumerate(deaths) if code != -15 and not PEER.search(words)]
    return (killed or own or [0])[0]
