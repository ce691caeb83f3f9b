"""Tells when a command and its children stand still: no bytes come, nothing is written or computed."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from ..model.channel import Patience, Stall
from .traffic import Traffic, traffic

BUSY = 0.02
"""The share of processor time that counts as work: a build, a long search for versions."""

STEPS = 8
"""How often one window is looked into."""

LONGEST_STEP = 5.0
LATE = 4.0
"""Steps after which a look counts as late: the machine slept, and nobody could have made progress."""


@dataclass
class Watch:
    """Looks now and then at what a session did, and tells when it has stood still for too long."""

    patience: Patience
    session: int
    look: Callable[[int], Traffic | None] = traffic
    _window: deque[tuple[float, float, float]] = field(default_factory=deque)
    _best: dict[int, tuple[str, int]] = field(default_factory=dict)
    _blind: bool = False

    @property
    def step(self) -> float:
        """Return the seconds between two looks; infinite where looking is of no use."""
        if self._blind or math.isinf(self.patience.stall):
            return math.inf
        return max(0.05, min(self.patience.stall / STEPS, LONGEST_STEP))

    def spoke(self) -> None:
        """Note that the command printed something: that is progress."""
        self._window.clear()

    def stalled(self, now: float) -> Stall | None:
        """Look once; return the evidence where nothing moved for as long as patience lasts."""
        seen = self.look(self.session)
        if seen is None:
            # another system, or all of them ended a moment ago
            self._blind = not self._window
            return None
        if self._window and now - self._window[-1][0] > LATE * self.step + 1.0:
            self._window.clear()
        self._best.update(seen.connections)
        received = max(seen.others, 0) + sum(count for _, count in self._best.values())
        self._window.append((now, received + seen.moved, seen.seconds))
        stall = self.patience.stall
        while len(self._window) > 1 and now - self._window[1][0] >= stall:
            self._window.popleft()
        began, bytes_then, seconds_then = self._window[0]
        if now - began < stall:
            return None
        moved, worked = received + seen.moved - bytes_then, seen.seconds - seconds_then
        if moved >= self.patience.least_rate * (now - began) or worked >= BUSY * (now - began):
            return None
        open_now = sorted(seen.connections.values(), key=lambda one: one[1])
        return Stall(
            now - began,
            sum(count for _, count in open_now),
            tuple(dict.fromkeys(peer for peer, _ in open_now)),
        )
