"""Work under way as JSON lines: what programs get that watch a command under --json."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

from ..errors import Problem, Text
from ..model.codec import to_json
from ..model.progress import Task
from .problems import unseen
from .progress import Unit
from .redact import document
from .screen import Screen, encodable
from .streams import tell
from .words import Words

SECONDS_BETWEEN_ADVANCES = 0.25


class Events:
    """Progress as JSON lines on stderr, so that stdout stays the one document.

    Every line is `{"provenv": 1, "event": ...}` with `task-started` (task, words, total,
    unit), `task-advanced` (task, done, total), `task-described` (task, words), `task-finished`
    and `task-failed` (task, done, words), `note` (words) or `warning` (problem).
    """

    def __init__(self, screen: Screen, words: Words, clock: Callable[[], float] = time.monotonic) -> None:
        self.shown: list[Problem] = []
        self.clock = clock
        self._screen = screen
        self._words = words
        self._count = 0
        self._lock = threading.Lock()

    def task(self, words: Text, total: float | None = None, unit: Unit = "items") -> Task:
        """Begin a task and number it."""
        with self._lock:
            self._count += 1
            number = self._count
        self.emit("task-started", task=number, words=words, total=total, unit=unit)
        return EventTask(self, number, total)

    def note(self, words: Text) -> None:
        """Write a `note`."""
        self.emit("note", words=words)

    def warn(self, problem: Problem) -> None:
        """Write a `warning`."""
        unseen([problem], self.shown)
        self.emit("warning", problem=problem)

    def emit(self, event: str, **data: object) -> None:
        """Write one event as one line."""
        text = event_line(event, data, self._words)
        with self._lock:
            tell(self._screen.err, encodable(text + "\n", self._screen.err))

    def close(self) -> None:
        """Nothing is open."""


class EventTask:
    """A task that is told as events; advances are told a few times a second at most."""

    def __init__(self, events: Events, number: int, total: float | None) -> None:
        self._events = events
        self._number = number
        self._total = total
        self._done = 0.0
        self._told = events.clock()

    def advance(self, amount: float) -> None:
        """Write `task-advanced` where the last one is long enough ago."""
        self._done += amount
        now = self._events.clock()
        if now - self._told >= SECONDS_BETWEEN_ADVANCES:
            self._told = now
            self._events.emit("task-advanced", task=self._number, done=self._done, total=self._total)

    def describe(self, words: Text) -> None:
        """Write `task-described`."""
        self._events.emit("task-described", task=self._number, words=words)

    def finish(self, words: Text) -> None:
        """Write `task-finished`."""
        self._events.emit("task-finished", task=self._number, done=self._done, words=words)

    def fail(self, words: Text) -> None:
        """Write `task-failed`."""
        self._events.emit("task-failed", task=self._number, done=self._done, words=words)


def event_line(event: str, data: dict[str, object], words: Words) -> str:
    """Return one event as a line of JSON, without its newline."""
    told: Any = document(to_json(data, words))
    return json.dumps({"provenv": 1, "event": event, **told}, ensure_ascii=False)
