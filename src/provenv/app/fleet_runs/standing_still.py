"""A formation that comes on no more: where each process stands is asked for, and told once it is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...errors import Problem
from ...runs.frames import main_thread, stand
from ...runs.hangs import Standing, explained
from ...runs.job import Limits
from .formation import Formation
from .parts import HostOf, RankOn

ANSWERING = 3.0
"""Seconds that the processes get to write where they stand, and their hosts to send it."""
LONGER = 5.0
"""How many times as long as the longest wait for a step so far another one must be to be explained."""


class StandingStill:
    """Watches the steps of one formation. `ask` has every process write where its threads stand."""

    def __init__(self, formation: Formation, limits: Limits, ask: Callable[[], object], now: float) -> None:
        self.explained: Problem | None = None
        self._formation, self._limits, self._ask = formation, limits, ask
        self._moved, self._longest = now, 0.0
        self._asked: float | None = None
        self._sizes: dict[int, int] = {}

    def again(self, now: float) -> None:
        """Count anew: everything was stopped for a while."""
        self._moved, self._asked = now, None

    def look(self, now: float, members: Sequence[HostOf]) -> float | None:
        """Return for how many seconds no step was made, once it is explained; None where it goes on."""
        steps = list(self._formation.steps.values())
        stepped = any(one.steps for one in steps)
        if sum(one.look() for one in steps):
            if stepped:
                self._longest = max(self._longest, now - self._moved)
            self.again(now)
            self.explained = None
        if not any(one.steps for one in steps) or all(one.through for one in steps):
            return None
        still, quiet = now - self._moved, self._limits.quiet
        patience = max(self._limits.patience, LONGER * self._longest)
        if still < (patience if quiet is None else min(patience, quiet)):
            return None
        if self._asked is None:
            self._asked = now
            self._sizes = {rank: self._size(rank) for rank in self._formation.steps}
            self._ask()
        if now - self._asked < ANSWERING:
            return None
        if self.explained is None:
            self.explained = self._explain(still, members)
        return still

    def _explain(self, still: float, members: Sequence[HostOf]) -> Problem:
        found = [
            self._standing(host, one, one.rank)
            for host in members
            for one in host.ranks.values()
            if one.rank is not None
        ]
        found.sort(key=lambda one: one.rank)
        files = [str(self._formation.stacks(one.rank)) for one in found]
        return explained(found, still, files)

    def _standing(self, host: HostOf, one: RankOn, rank: int) -> Standing:
        try:
            written = self._formation.stacks(rank).read_bytes()[self._sizes.get(rank, 0) :]
        except OSError:
            written = b""
        root = "" if host.part is None else host.part.place.root
        words = written.decode("utf-8", "replace")
        where = stand(main_thread(words), root) if words else None
        return Standing(rank, self._formation.steps[rank].position, where, "", one.over, ())

    def _size(self, rank: int) -> int:
        try:
            return self._formation.stacks(rank).stat().st_size
        except OSError:
            return 0
