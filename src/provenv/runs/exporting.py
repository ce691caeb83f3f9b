"""A run's values for other programs: every one of them, one after the other, and the CSV file of them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import NamedTuple, TextIO

from .folder import RunFolder
from .observed import attempt_numbers, figure, ranks
from .seen import number, records, whole, words

COLUMNS = ("attempt", "rank", "step", "seconds", "epoch", "name", "value")
RATE = "provenv/steps_per_second"
WAITING = "provenv/waiting"
SYSTEM = "system/"
RESOURCES = {
    "cpu": "cpu_cores",
    "memory": "memory_bytes",
    "processes": "processes",
    "shm": "shm_bytes",
    "disk_free": "disk_free_bytes",
    "read": "read_bytes",
    "written": "written_bytes",
    "received": "received_bytes",
    "sent": "sent_bytes",
}
CARDS = {"memory": "memory_bytes", "utilisation": "utilisation"}


class Value(NamedTuple):
    """One value of a run; `at` in seconds since the epoch, `step` None for what belongs to no step."""

    attempt: int
    rank: int
    step: int | None
    at: float
    name: str
    value: float
    epoch: int | None = None


def values(folder: RunFolder) -> Iterator[Value]:
    """Yield every value that was seen, by attempt and rank, in the order of time; then the resources."""
    for attempt in attempt_numbers(folder):
        for rank in ranks(folder, attempt):
            yield from seen_values(folder, attempt, rank)
        yield from resource_values(folder, attempt)


def seen_values(folder: RunFolder, attempt: int, rank: int) -> Iterator[Value]:
    """Yield the metrics of one process, its rate, and the share of its time that it waited for data."""
    step = 0
    for record in records(folder.seen(attempt, rank)):
        kind, at = record.get("k"), number(record, "t") or 0.0
        counted = whole(record, "n")
        if kind == "step":
            step = step if counted is None else counted
            took, done, waited = (number(record, key) for key in ("d", "s", "w"))
            if took and took > 0 and done is not None:
                yield Value(attempt, rank, step, at, RATE, done / took)
                if waited is not None:
                    yield Value(attempt, rank, step, at, WAITING, min(waited / took, 1.0))
        elif kind == "metric":
            name, value = words(record, "name"), figure(record.get("value"))
            if name and value is not None:
                placed = step if counted is None else counted
                yield Value(attempt, rank, placed, at, name, value, whole(record, "e"))


def resource_values(folder: RunFolder, attempt: int) -> Iterator[Value]:
    """Yield what an attempt's processes had together of each resource."""
    for record in records(folder.resources(attempt)):
        at = number(record, "t") or 0.0
        for key, name in RESOURCES.items():
            value = number(record, key)
            if value is not None:
                yield Value(attempt, 0, None, at, SYSTEM + name, value)
        cards = record.get("gpus")
        for place, card in enumerate(cards if isinstance(cards, list) else ()):
            if not isinstance(card, dict):
                continue
            index = whole(card, "index")
            for key, name in CARDS.items():
                value = number(card, key)
                if value is not None:
                    shown = place if index is None else index
                    yield Value(attempt, 0, None, at, f"{SYSTEM}gpu_{shown}_{name}", value)


def write_csv(found: Iterable[Value], file: TextIO, began: float) -> int:
    """Write one row for each value (RFC 4180, lines end in LF), and return how many there are."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    count = 0
    for one in found:
        seconds = f"{max(one.at - began, 0.0):.3f}" if one.at else ""
        step, epoch = ("" if value is None else value for value in (one.step, one.epoch))
        writer.writerow((one.attempt, one.rank, step, seconds, epoch, one.name, repr(one.value)))
        count += 1
    return count


def steps_or_seconds(one: Value, began: float) -> int:
    """Return a value's step, or the seconds since `began` where it belongs to none."""
    return max(int(one.at - began), 0) if one.step is None else one.step
