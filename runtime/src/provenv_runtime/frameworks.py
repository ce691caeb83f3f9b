"""What the callbacks of Lightning, transformers and Keras share: what is kept, when, and where it lies."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from . import overrides, world
from .leaving import CODE
from .seen import VARIABLE as SEEN
from .seen import say

VARIABLE = "PROVENV_CHECKPOINTS"
"""`0` or `off`: no checkpoints that the script did not ask for; a path: they lie there."""
GRACE = "PROVENV_RUN_GRACE"
OFF = ("", "0", "off", "no", "false")
LEAST = 60.0
"""Seconds that lie at least between two saves where time decides."""
SHARE = 0.01
"""The share of time that saves may take where time decides."""


class Held:
    """One value among what a State keeps: set before a save, read after a restore."""

    def __init__(self) -> None:
        self.value: Any = None

    def state_dict(self) -> Any:
        """Return the value."""
        return self.value

    def load_state_dict(self, value: Any) -> None:
        """Take the value that was kept."""
        self.value = value


class Told:
    """Whether this training was told to leave, and since when: all ranks hear it at the same step."""

    def __init__(self) -> None:
        self._agreement = world.Agreement()
        self._since: float | None = None

    def everywhere(self, here: bool) -> bool:
        """Return whether any rank was told to; each must ask at each step."""
        self.note(self._agreement.any(here) or self._since is not None)
        return self._since is not None

    def note(self, told: bool) -> None:
        """Remember since when."""
        if told and self._since is None:
            self._since = time.monotonic()

    def hurries(self) -> bool:
        """Return whether half of the time to leave in is gone."""
        return self._since is not None and time.monotonic() - self._since > grace() / 2

    def leave_unsaved(self, meanwhile: str) -> NoReturn:
        """End this process although nothing new was saved. Raises SystemExit."""
        say(f"told to leave during a long {meanwhile}: the last checkpoint stands, nothing newer was saved")
        raise SystemExit(CODE)


def agreed(decision: tuple[bool, int]) -> tuple[bool, int]:
    """Return what rank 0 decided; alone, what this process did."""
    module = world.distributed()
    if module is None or module.get_world_size() == 1:
        return decision
    found = [decision]
    module.broadcast_object_list(found, src=0)
    return found[0]


def in_main_thread() -> bool:
    """Tell whether handlers of signals may be set here."""
    return threading.current_thread() is threading.main_thread()


class Pace:
    """When it is time to save: each `every` steps, or (None) as often as saves cost a hundredth of the time.

    Where time decides, rank 0 does, at steps that all ranks know: nobody is asked between those.
    """

    def __init__(self, every: int | None, clock: Callable[[], float] = time.monotonic) -> None:
        if every is not None and every < 1:
            raise ValueError("every is at least 1")
        self.every = overrides.every(every)
        self._clock = clock
        self._cost = 0.0
        self.saved(0, 0.0)

    def saved(self, step: int, seconds: float) -> None:
        """Begin to count anew: this step is on disk, and that it took so many seconds."""
        self._last, self._look, self._wanted = step, step + 1, False
        self._cost = max(self._cost, seconds)
        self._at = self._clock()

    def due(self, step: int) -> bool:
        """Return whether this step, or one since the last save, is one at which to save."""
        if self.every is not None:
            return step // self.every > self._last // self.every
        if not self._wanted and step >= self._look:
            self._wanted, self._look = agreed(self._judged(step))
        return self._wanted

    def _judged(self, step: int) -> tuple[bool, int]:
        pause = max(LEAST, self._cost / SHARE)
        passed = max(self._clock() - self._at, 1e-9)
        steps = step - self._last
        left = int(steps * (pause - passed) / passed)
        return passed >= pause, step + max(1, min(steps, left))


def automatic_folder() -> Path | None:
    """Return where checkpoints go that no script asked for: under `provenv run` beside the run's record.

    None where nothing runs the training, and where PROVENV_CHECKPOINTS says so.
    """
    said = os.environ.get(VARIABLE)
    if said is not None:
        return None if said.strip().lower() in OFF else Path(said)
    seen = os.environ.get(SEEN)
    return Path(seen).parent.parent / "checkpoints" if seen else None


def grace() -> float:
    """Return the seconds that this process has once it was told to leave; 30 if nobody said."""
    try:
        return float(os.environ.get(GRACE, "30"))
    except ValueError:
        return 30.0
