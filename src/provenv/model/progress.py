"""How long work tells what it is doing; `ui` draws it, tests record it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, Protocol

from ..errors import Problem, Text


class Task(Protocol):
    """One piece of work under way."""

    def advance(self, amount: float) -> None:
        """Say that `amount` more (bytes, checks...) is done."""

    def describe(self, words: Text) -> None:
        """Say what is being done right now."""

    def finish(self, words: Text) -> None:
        """Say what came of it; on a screen without progress this is the one line that is shown."""

    def fail(self, words: Text) -> None:
        """Say that it did not come to a good end, and how."""


class Progress(Protocol):
    """Where work under way is told."""

    def task(
        self, words: Text, total: float | None = None, unit: Literal["bytes", "items"] = "items"
    ) -> Task:
        """Begin a piece of work; `total` in `unit` where it is known."""

    def note(self, words: Text) -> None:
        """Say one line that stays."""

    def warn(self, problem: Problem) -> None:
        """Show a warning or a note that does not end the work."""


class SilentTask:
    """A task that tells nobody."""

    def advance(self, amount: float) -> None:
        """Ignore it."""

    def describe(self, words: Text) -> None:
        """Ignore it."""

    def finish(self, words: Text) -> None:
        """Ignore it."""

    def fail(self, words: Text) -> None:
        """Ignore it."""


class Silent:
    """Progress for callers who do not look: the public API's default."""

    def task(
        self, words: Text, total: float | None = None, unit: Literal["bytes", "items"] = "items"
    ) -> Task:
        """Return a task that tells nobody."""
        return SilentTask()

    def note(self, words: Text) -> None:
        """Ignore it."""

    def warn(self, problem: Problem) -> None:
        """Ignore it."""


@contextmanager
def finishing(task: Task, words: Text) -> Iterator[Task]:
    """Yield the task and finish it with `words` when the block ends well."""
    yield task
    task.finish(words)
