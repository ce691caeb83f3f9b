"""Progress of the same work on several hosts: one task for all of them, told of from any thread."""

from __future__ import annotations

import threading
from typing import Literal

from ...errors import Problem, Text, text
from ...model.progress import Progress, Silent, SilentTask, Task

Unit = Literal["bytes", "items"]


class SideBySide:
    """One task for what every host does; `host` gives each the progress that it tells by itself."""

    def __init__(
        self, progress: Progress, words: Text, total: float, unit: Literal["bytes", "items"]
    ) -> None:
        self._progress = progress
        self._task = progress.task(words, total, unit)
        self._lock = threading.Lock()

    def host(self, name: str) -> Progress:
        """Return the progress of one host: what advances there advances here."""
        return _OfHost(self, name)

    def advance(self, amount: float) -> None:
        """Say that `amount` more is done."""
        with self._lock:
            self._task.advance(amount)

    def describe(self, words: Text) -> None:
        """Say what is done right now."""
        with self._lock:
            self._task.describe(words)

    def warn(self, problem: Problem) -> None:
        """Show a warning."""
        with self._lock:
            self._progress.warn(problem)

    def note(self, words: Text) -> None:
        """Say one line that stays."""
        with self._lock:
            self._progress.note(words)

    def end(self, words: Text, *, well: bool) -> None:
        """Say what came of it."""
        (self._task.finish if well else self._task.fail)(words)


class _OfHost(Silent):
    """What one host tells: its tasks' ends are not, the task of all has one."""

    def __init__(self, all_: SideBySide, name: str) -> None:
        self._all, self._name = all_, name

    def task(self, words: Text, total: float | None = None, unit: Unit = "items") -> Task:
        """Begin a piece of the work of all."""
        return _TaskOfHost(self._all, self._name)

    def warn(self, problem: Problem) -> None:
        """Show a warning."""
        self._all.warn(problem)


class _TaskOfHost(SilentTask):
    def __init__(self, all_: SideBySide, name: str) -> None:
        self._all, self._name = all_, name

    def advance(self, amount: float) -> None:
        """Tell the task of all."""
        self._all.advance(amount)

    def describe(self, words: Text) -> None:
        """Say which host is at work."""
        self._all.describe(text("fleet_up.busy", host=self._name))
