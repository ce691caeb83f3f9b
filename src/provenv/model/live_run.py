"""A run as it stands at this moment: what a live view shows, filled about once a second."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from .runs import RunState

if TYPE_CHECKING:
    from ..errors import Text


@dataclass(frozen=True)
class GpuUse:
    """One GPU: bytes in use, and the share of the time in which it worked (None where nobody says)."""

    index: int
    memory: int = 0
    utilisation: float | None = None


@dataclass(frozen=True)
class MetricNow:
    """A metric's last value, and its course so far in at most a few hundred values."""

    name: str
    value: float
    recent: tuple[float, ...] = ()


@dataclass(frozen=True)
class RunStatus:
    """How far a run is, how fast, and what it uses.

    `step` to `waiting` are None where nothing can be seen from outside; `rate` is in steps per second over
    the last minute, `left` the seconds until `total` at that rate, `waiting` the share of that minute spent
    waiting for data. `attempts` is how many there may be, `seconds` the time since the first began, `still`
    the seconds since the last sign of progress. `saved` is the step of the last checkpoint.
    """

    state: RunState = "running"
    attempt: int = 1
    attempts: int = 1
    processes: int = 1
    seconds: float = 0.0
    framework: str = ""
    step: int | None = None
    total: int | None = None
    epoch: int | None = None
    epochs: int | None = None
    rate: float | None = None
    left: float | None = None
    waiting: float | None = None
    still: float | None = None
    saved: int | None = None
    metrics: tuple[MetricNow, ...] = ()
    cpu: float | None = None
    memory: int | None = None
    gpus: tuple[GpuUse, ...] = ()

    @property
    def share(self) -> float | None:
        """Return how much of the run is done, 0 to 1; None where its end is not known."""
        if not self.total or self.step is None:
            return None
        return min(self.step / self.total, 1.0)


class RunView(Protocol):
    """Where a run's own output and its status are shown. Its methods may be called from any thread."""

    @property
    def rows(self) -> int | None:
        """Return how many rows of the terminal the script has, None where there is no terminal."""

    def write(self, stream: int, data: bytes) -> None:
        """Hand on what the script wrote to its standard output (1) or error (2), untouched."""

    def note(self, words: Text) -> None:
        """Say something of our own, on a line of its own that stays."""

    def update(self, status: RunStatus) -> None:
        """Show how the run stands; called about once a second."""

    def resized(self) -> None:
        """Look at the terminal's size again (SIGWINCH)."""

    def close(self, status: RunStatus | None = None) -> None:
        """Leave the terminal as it was found; with a status, say in a line how it ended."""
