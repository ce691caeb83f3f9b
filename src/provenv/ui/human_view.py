"""The human view: results on stdout, problems and progress on stderr."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import Failure, Problem
from ..lazy import load
from .line import BLANK
from .problems import problems as problem_lines
from .problems import unseen
from .progress import LateLive, Plain, Quiet
from .screen import Screen
from .views import findings, lines, stream
from .words import Words


class HumanView:
    """Writes what people read."""

    def __init__(self, command: str, words: Words, screen: Screen) -> None:
        self.command = command
        self.words = words
        self.screen = screen
        self.progress: Quiet = LateLive(screen, words) if screen.live else _plain(screen, words)

    def show(self, value: object) -> None:
        """Write a value's view; --quiet keeps back those that only tell what was done."""
        self._problems(findings(value), count=False)
        where = stream(value)
        if where in ("act", "aside") and self.screen.quiet:
            return
        drawn = lines(value, self.screen.context(self.words))
        if where in ("note", "aside"):
            self.screen.tell(drawn)
        else:
            self.screen.show(drawn)

    def done(self, value: object = None, problems: Sequence[Problem] = ()) -> None:
        """Write what a command that did what it was asked has to tell: warnings, then the result."""
        self.close()
        self._problems(problems, count=False)
        if value is not None:
            self.show(value)

    def failed(self, failure: Failure, value: object = None) -> None:
        """Write why a command failed, after what it found before."""
        self.close()
        found = failure.data if value is None else value
        if found is not None:
            self.show(found)
        self._problems(failure.problems, count=True)
        if failure.diagnosis is not None:
            answered = load("model.answered")(failure.diagnosis)
            self.screen.tell([BLANK, *lines(answered, self.screen.context(self.words))])

    def close(self) -> None:
        """Leave the terminal as it was found."""
        self.progress.close()

    def _problems(self, found: Sequence[Problem], *, count: bool) -> None:
        if self.screen.quiet:
            found = [problem for problem in found if problem.severity != "note"]
        fresh = unseen(found, self.progress.shown)
        self.screen.tell(problem_lines(fresh, self.screen.context(self.words), count=count))


def _plain(screen: Screen, words: Words) -> Quiet:
    return Quiet(screen, words) if screen.quiet else Plain(screen, words)
