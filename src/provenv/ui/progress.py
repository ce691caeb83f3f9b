"""Work under way, told in plain lines (no terminal), by bars (`live`), or not at all."""

from __future__ import annotations

from typing import Literal

from ..errors import Problem, Text
from ..lazy import load
from ..model.progress import SilentTask, Task
from .line import Line, Span, prose, wrap
from .problems import problems, unseen
from .screen import Screen
from .words import Words

Unit = Literal["bytes", "items"]


class Quiet:
    """Progress under --quiet: only warnings are told. `shown` collects them, so that none is told twice."""

    def __init__(self, screen: Screen, words: Words) -> None:
        self.shown: list[Problem] = []
        self._screen = screen
        self._words = words
        self._context = screen.context(words)

    def task(self, words: Text, total: float | None = None, unit: Unit = "items") -> Task:
        """Begin a task that tells nobody."""
        return SilentTask()

    def note(self, words: Text) -> None:
        """Ignore it."""

    def warn(self, problem: Problem) -> None:
        """Show a warning or a note, unless it was shown before; --quiet keeps notes back."""
        fresh = unseen([problem], self.shown)
        if problem.severity != "note" or not self._screen.quiet:
            self.tell(list(problems(fresh, self._context)))

    def tell(self, lines: list[Line]) -> None:
        """Write lines that stay."""
        self._screen.tell(lines)

    def close(self) -> None:
        """Leave the terminal as it was found."""


class Plain(Quiet):
    """One line for each finished step: what logs and pipes get."""

    def task(self, words: Text, total: float | None = None, unit: Unit = "items") -> Task:
        """Begin a task; its beginning is told under --verbose only."""
        if self._screen.verbose:
            self.note(words)
        return PlainTask(self)

    def note(self, words: Text) -> None:
        """Write one line."""
        self.tell(self.lines(words))

    def finished(self, words: Text, *, well: bool = True) -> None:
        """Write the one line that a finished step leaves, behind the mark of how it ended."""
        self.tell(self.lines(words, self._context.mark("passed" if well else "failed")))

    def lines(self, words: Text, mark: Span | None = None) -> list[Line]:
        """Return a message as lines, behind its mark."""
        first = (mark, Span(" ")) if mark else ()
        return list(wrap(prose(self._words(words)), self._context.prose_width, first=first))


class PlainTask(SilentTask):
    """A task that leaves one line."""

    def __init__(self, progress: Plain) -> None:
        self._progress = progress

    def finish(self, words: Text) -> None:
        """Write the line."""
        self._progress.finished(words)

    def fail(self, words: Text) -> None:
        """Write the line behind the mark of a failure."""
        self._progress.finished(words, well=False)


class LateLive(Plain):
    """Live progress that is only imported when there is work: a command with nothing to do pays nothing."""

    def __init__(self, screen: Screen, words: Words) -> None:
        super().__init__(screen, words)
        self._live: Plain | None = None

    def task(self, words: Text, total: float | None = None, unit: Unit = "items") -> Task:
        """Begin a task with a bar."""
        if self._live is None:
            self._live = load("ui.live")(self._screen, self._words)
        return self._live.task(words, total, unit)

    def tell(self, lines: list[Line]) -> None:
        """Write lines that stay, above the bars where there are some."""
        if self._live is None:
            super().tell(lines)
        else:
            self._live.tell(lines)

    def close(self) -> None:
        """Take the bars away."""
        if self._live is not None:
            self._live.close()
