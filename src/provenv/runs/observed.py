"""What was seen of a run, from within (rank-N.jsonl) and without (resources.jsonl), as values.

Files may be large and written to right now: they are read line by line, and curves are thinned on the way.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..model.run_results import Observed, Saved
from ..model.runs import Peaks, Progressed
from .device_peaks import least_seconds
from .folder import RunFolder
from .seen import last_records, number, records, whole, words, writable
from .thinning import POINTS, Thinned

LOSS = "loss"
LAST_MINUTE = 60.0
NOTES = 20
ABOVE = ("lightning", "pytorch_lightning", "transformers", "keras", "sklearn", "jax", "tensorflow", "torch")
"""Frameworks, those that stand on others first."""
_RANK = re.compile(r"rank-(\d+)\.(?:log|jsonl)")


def attempt_numbers(folder: RunFolder) -> list[int]:
    """Return the numbers of the attempts that began, also of one that runs."""
    try:
        names = [one.name for one in folder.path.iterdir() if one.is_dir()]
    except OSError:
        return []
    return sorted(int(name) for name in names if name.isascii() and name.isdecimal())


def ranks(folder: RunFolder, attempt: int) -> list[int]:
    """Return the ranks of an attempt that printed, or were seen."""
    try:
        names = [one.name for one in folder.attempt(attempt).iterdir()]
    except OSError:
        return []
    return sorted({int(match[1]) for name in names if (match := _RANK.fullmatch(name))})


def observe(
    folder: RunFolder, *, rank: int = 0, points: int = POINTS, began: float = 0.0, peak: float = 0.0
) -> Observed:
    """Return all that one rank of a run showed, its curves of at most `points` points each.

    `began` is where the curves' seconds count from; `peak` are the operations per second that the
    processor can do at best, where they are known: the utilisation is told in shares of it.
    """
    seen = _Seen(rank, points, peak)
    for attempt in attempt_numbers(folder):
        seen.begin_attempt()
        for record in records(folder.seen(attempt, rank)):
            seen.take(record)
    return seen.observed(began)


def glance(folder: RunFolder, *, rank: int = 0) -> Progressed:
    """Return how far a run came, from the last lines of its newest attempt alone.

    The rates over the whole run, which need all of the file, are left out.
    """
    for attempt in reversed(attempt_numbers(folder)):
        found = _glance(folder.seen(attempt, rank))
        if found != Progressed():
            return found
    return Progressed()


def peaks(folder: RunFolder) -> Peaks:
    """Return the most that a run's processes had of each resource, over all attempts.

    Bytes that went through (read, written, received, sent) are added up over the attempts.
    """
    most = dict.fromkeys(("memory", "cpu", "gpu_memory", "gpu", "shm"), 0.0)
    moved = dict.fromkeys(("read", "written", "received", "sent"), 0.0)
    for attempt in attempt_numbers(folder):
        in_attempt = dict.fromkeys(moved, 0.0)
        for record in records(folder.resources(attempt)):
            _raise(in_attempt, record, in_attempt)
            _raise(most, record, ("memory", "cpu", "shm"))
            cards = record.get("gpus")
            if isinstance(cards, list):
                shared = {"gpu_memory": _sum(cards, "memory"), "gpu": _sum(cards, "utilisation")}
                _raise(most, shared, shared)
        for key, value in in_attempt.items():
            moved[key] += value
    return Peaks(
        memory=int(most["memory"]),
        cpu=most["cpu"],
        gpu_memory=int(most["gpu_memory"]),
        gpu=most["gpu"],
        shm=int(most["shm"]),
        **{key: int(value) for key, value in moved.items()},
    )


@dataclass
class _Seen:
    """What the lines said so far."""

    rank: int
    points: int
    peak: float
    curves: dict[str, Thinned] = field(default_factory=dict)
    seeds: dict[str, str] = field(default_factory=dict)
    frameworks: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    resumed: list[Saved] = field(default_factory=list)
    saves: int = 0
    saved: Saved | None = None
    steps: int = 0
    total: int | None = None
    epoch: int | None = None
    done: float = 0.0
    seconds: float = 0.0
    waited: float | None = None
    work: float | None = None
    least: float | None = None
    minute: deque[tuple[float, float, float]] = field(default_factory=deque)

    def begin_attempt(self) -> None:
        self.minute.clear()
        for curve in self.curves.values():
            curve.again()

    def take(self, record: dict[str, Any]) -> None:
        take = _TAKERS.get(str(record.get("k")))
        if take is not None:
            take(self, record)

    def step(self, record: dict[str, Any]) -> None:
        counted = whole(record, "n")
        if counted is not None:
            self.steps = counted
        took, steps, at = number(record, "d"), number(record, "s"), number(record, "t") or 0.0
        if not took or steps is None or took < 0:
            return
        self.done += steps
        self.seconds += took
        self.minute.append((at, steps, took))
        while self.minute and self.minute[0][0] < at - LAST_MINUTE:
            self.minute.popleft()
        waited = number(record, "w")
        if waited is not None:
            self.waited = (self.waited or 0.0) + min(waited, took)

    def metric(self, record: dict[str, Any]) -> None:
        name, value = words(record, "name"), figure(record.get("value"))
        if not name or value is None:
            return
        curve = self.curves.get(name)
        if curve is None:
            curve = self.curves[name] = Thinned(name, rank=self.rank, most=self.points)
        counted = whole(record, "n")
        step = self.steps if counted is None else counted
        curve.add(step, value, number(record, "t") or 0.0)
        self.epochs(whole(record, "e"))

    def epochs(self, epoch: int | None) -> None:
        if epoch is not None:
            self.epoch = epoch

    def totals(self, record: dict[str, Any]) -> None:
        counted = whole(record, "n")
        self.total = self.total if counted is None else counted

    def uses(self, record: dict[str, Any]) -> None:
        name = words(record, "framework")
        if name:
            self.frameworks[name] = words(record, "version")

    def works(self, record: dict[str, Any]) -> None:
        self.work = number(record, "flops") or self.work
        self.peak = number(record, "peak") or self.peak
        kinds = record.get("kinds")
        told = kinds if isinstance(kinds, dict) else {}
        operations = {str(kind): count for kind in told if (count := number(told, kind))}
        self.least = least_seconds(operations, words(record, "device"))

    def seed(self, record: dict[str, Any]) -> None:
        name = words(record, "name")
        if name:
            self.seeds[name] = writable(str(record.get("value")))

    def save(self, record: dict[str, Any]) -> None:
        self.saves += 1
        self.saved = _saved(record)

    def resume(self, record: dict[str, Any]) -> None:
        self.resumed.append(_saved(record))

    def note(self, record: dict[str, Any]) -> None:
        text = words(record, "text")
        if text and text not in self.notes and len(self.notes) < NOTES:
            self.notes.append(text)

    def _utilisation(self, rate: float | None) -> float | None:
        """Return the share of the peak that is used; None where the work, the peak or the rate is unknown."""
        least = self.work / self.peak if self.work and self.peak else self.least
        return least * rate if least and rate else None

    def observed(self, began: float) -> Observed:
        """Return the values."""
        rate = _rate(self.minute)
        return Observed(
            Progressed(
                framework=_framework(self.frameworks),
                steps=self.steps,
                total=self.total,
                epoch=self.epoch,
                rate=rate,
                mean_rate=self.done / self.seconds if self.seconds else None,
                waiting=None if self.waited is None else self.waited / self.seconds,
                utilisation=self._utilisation(rate),
                last={name: curve.last.value for name, curve in self.curves.items() if curve.last},
            ),
            tuple(curve.curve(began) for curve in self.curves.values()),
            self.seeds,
            self.saves,
            self.saved,
            tuple(self.resumed),
            tuple(self.notes),
        )


_TAKERS = {
    "step": _Seen.step,
    "metric": _Seen.metric,
    "total": _Seen.totals,
    "epoch": lambda seen, record: seen.epochs(whole(record, "e")),
    "uses": _Seen.uses,
    "work": _Seen.works,
    "seed": _Seen.seed,
    "save": _Seen.save,
    "resume": _Seen.resume,
    "note": _Seen.note,
}


def _glance(path: Path) -> Progressed:
    steps: int | None = None
    epoch: int | None = None
    loss: float | None = None
    minute: list[tuple[float, float, float]] = []
    for record in last_records(path):
        kind = record.get("k")
        if kind in ("step", "beat") and steps is None:
            steps = whole(record, "n")
        if kind == "step":
            at, done, took = (number(record, key) for key in ("t", "s", "d"))
            if (
                at is not None
                and done is not None
                and took
                and (not minute or at > minute[0][0] - LAST_MINUTE)
            ):
                minute.append((at, done, took))
        elif kind == "metric" and record.get("name") == LOSS and loss is None:
            loss = figure(record.get("value"))
        elif kind == "epoch" and epoch is None:
            epoch = whole(record, "e")
        if steps is not None and loss is not None and len(minute) >= LAST_MINUTE:
            break
    return Progressed(
        steps=steps or 0, epoch=epoch, rate=_rate(minute), last={} if loss is None else {LOSS: loss}
    )


def _rate(minute: deque[tuple[float, float, float]] | list[tuple[float, float, float]]) -> float | None:
    seconds = sum(took for _, _, took in minute)
    return sum(done for _, done, _ in minute) / seconds if seconds > 0 else None


def _framework(used: dict[str, str]) -> str:
    order = {name: place for place, name in enumerate(ABOVE)}
    named = sorted(used, key=lambda name: order.get(name, -1))
    return " + ".join(f"{name} {used[name]}".strip() for name in named)


def figure(value: object) -> float | None:
    """Return a metric's value; what JSON cannot write (NaN, infinity) may stand there as a word."""
    if isinstance(value, str) and value.lower() in ("nan", "inf", "-inf", "infinity", "-infinity"):
        return float(value)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _saved(record: dict[str, Any]) -> Saved:
    return Saved(
        words(record, "path"),
        whole(record, "n") or 0,
        number(record, "t") or 0.0,
        number(record, "seconds") or 0.0,
    )


def _raise(most: dict[str, float], record: dict[str, Any], keys: Any) -> None:
    for key in keys:
        value = number(record, key)
        if value is not None and value > most[key]:
            most[key] = value


def _sum(cards: list[Any], key: str) -> float:
    return sum(number(card, key) or 0.0 for card in cards if isinstance(card, dict))
