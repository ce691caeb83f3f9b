"""A running run's status, from what was appended to its files since it was last asked."""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..model.live_run import GpuUse, MetricNow, RunStatus
from ..model.runs import RunState
from .folder import RunFolder

OVER = 60.0
"""Seconds over which the rate is taken."""
KEPT = 256
"""Values of a metric that are kept; where they would be more, every second one goes."""
LARGEST = 8 << 20
"""Bytes that are read of a file at once."""


@dataclass
class Appended:
    """A file of JSON lines that grows: what was added since the last reading, line by line.

    A last line without its newline is left for the next time; a line that is no object is passed over.
    """

    path: Path
    _offset: int = 0

    def fresh(self) -> Iterator[dict[str, Any]]:
        """Yield the objects that were added; nothing where the file is not there (yet)."""
        try:
            with self.path.open("rb") as file:
                if file.seek(0, 2) < self._offset:
                    self._offset = 0  # another file stands in its place
                file.seek(self._offset)
                read = file.read(LARGEST)
        except OSError:
            return
        whole = read[: read.rfind(b"\n") + 1]
        self._offset += len(whole)
        for one in whole.splitlines():
            try:
                found = json.loads(one)
            except (ValueError, RecursionError):
                continue
            if isinstance(found, dict):
                yield found


@dataclass
class _Course:
    """A metric's values, spaced ever wider as they become many, and always the last one."""

    last: float
    values: list[float] = field(default_factory=list)
    _each: int = 1
    _seen: int = 0

    def add(self, value: float) -> None:
        self.last = value
        if self._seen % self._each == 0:
            self.values.append(value)
        self._seen += 1
        if len(self.values) > KEPT:
            self.values = self.values[::2]
            self._each *= 2

    def now(self, name: str) -> MetricNow:
        values = tuple(self.values)
        ends_in_last = bool(values) and (values[-1] == self.last or self.last != self.last)
        return MetricNow(name, self.last, values if ends_in_last else (*values, self.last))


class StatusFollower:
    """Follows one run, attempt by attempt."""

    def __init__(self, folder: RunFolder, *, attempts: int = 1, processes: int = 1) -> None:
        self._folder = folder
        self._attempts, self._processes = attempts, processes
        self._began: float | None = None
        self._courses: dict[str, _Course] = {}
        self._framework = ""
        self._total: int | None = None
        self._begin(1)

    def _begin(self, attempt: int) -> None:
        self._attempt = attempt
        self._seen = Appended(self._folder.seen(attempt))
        self._used = Appended(self._folder.resources(attempt))
        self._step: int | None = None
        self._epoch: int | None = None
        self._epochs: int | None = None
        self._saved: int | None = None
        self._moved: float | None = None
        self._paces: deque[tuple[float, float, float, float]] = deque()
        self._cpu: float | None = None
        self._memory: int | None = None
        self._gpus: tuple[GpuUse, ...] = ()
        self._offset = 0
        self._ahead: int | None = None

    def now(self, clock: float, *, attempt: int = 1, state: RunState = "running") -> RunStatus:
        """Return the status at `clock`, seconds since the epoch; a new attempt is followed from its start."""
        if attempt != self._attempt:
            self._begin(attempt)
        if self._began is None:
            self._began = clock
        for one in self._seen.fresh():
            self._see(one)
        for one in self._used.fresh():
            self._use(one)
        steps, seconds, waited = self._pace(clock)
        rate = steps / seconds if steps and seconds > 0 else None
        left = None
        if rate and self._total is not None and self._step is not None:
            left = max(self._total - self._step, 0) / rate
        return RunStatus(
            state=state,
            attempt=self._attempt,
            attempts=max(self._attempts, self._attempt),
            processes=self._processes,
            seconds=max(clock - self._began, 0.0),
            framework=self._framework,
            step=self._step,
            total=self._total,
            epoch=self._epoch,
            epochs=self._epochs,
            rate=rate,
            left=left,
            waiting=min(waited / seconds, 1.0) if seconds > 0 else None,
            still=None if self._moved is None else max(clock - self._moved, 0.0),
            saved=self._saved,
            metrics=tuple(course.now(name) for name, course in self._courses.items()),
            cpu=self._cpu,
            memory=self._memory,
            gpus=self._gpus,
        )

    def _pace(self, clock: float) -> tuple[float, float, float]:
        while self._paces and self._paces[0][0] < clock - OVER and len(self._paces) > 1:
            self._paces.popleft()
        return (
            math.fsum(one[1] for one in self._paces),
            math.fsum(one[2] for one in self._paces),
            math.fsum(one[3] for one in self._paces),
        )

    def _see(self, one: Mapping[str, Any]) -> None:
        kind, at = one.get("k"), _number(one.get("t"))
        if self._began is None or (at is not None and at < self._began):
            self._began = at if at is not None else self._began
        if kind == "step":
            counted = _whole(one.get("n"), None)
            self._step = self._step if counted is None else self._placed(counted)
            self._moved = at if at is not None else self._moved
            pace = [_number(one.get(key)) or 0.0 for key in ("s", "d", "w")]
            self._paces.append((at or 0.0, pace[0], pace[1], pace[2]))
        elif kind == "metric":
            name, value = one.get("name"), _figure(one.get("value"))
            if isinstance(name, str) and name and value is not None:
                self._courses.setdefault(name, _Course(value)).add(value)
            self._epoch = _whole(one.get("e"), self._epoch)
        elif kind == "epoch":
            self._epoch = _whole(one.get("e"), self._epoch)
            self._epochs = _whole(one.get("total"), self._epochs)
        elif kind == "total":
            self._total = _whole(one.get("n"), self._total)
        elif kind == "uses":
            self._framework = str(one.get("framework", "")) or self._framework
        elif kind in ("save", "resume"):
            self._saved = _whole(one.get("n"), self._saved)
            self._ahead = self._saved if kind == "resume" else self._ahead

    def _placed(self, step: int) -> int:
        """Return the step of the whole run; a process that went on from a checkpoint may count from zero."""
        if self._ahead is not None:
            self._offset = self._ahead if step < self._ahead else 0
            self._ahead = None
        return step + self._offset

    def _use(self, one: Mapping[str, Any]) -> None:
        self._cpu = _number(one.get("cpu"))
        self._memory = _whole(one.get("memory"), None)
        gpus = one.get("gpus")
        self._gpus = tuple(
            GpuUse(
                _whole(gpu.get("index"), None) or 0,
                _whole(gpu.get("memory"), None) or 0,
                _number(gpu.get("utilisation")),
            )
            for gpu in (gpus if isinstance(gpus, list) else ())
            if isinstance(gpu, dict)
        )


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if math.isfinite(value) else None


def _figure(value: object) -> float | None:
    """Return a metric's value; what JSON cannot write (NaN, infinity) may stand there as a word."""
    if isinstance(value, str) and value.lower() in ("nan", "inf", "-inf", "infinity", "-infinity"):
        return float(value)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _whole(value: object, otherwise: int | None) -> int | None:
    number = _number(value)
    return otherwise if number is None else int(number)
