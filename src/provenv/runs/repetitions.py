"""Runs that are the same in everything but the seed, and how far apart what came of them is; pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from typing import Literal

from ..model.comparison import Compared, Repetition, Spread, Unit
from .outcomes import metrics, outcomes
from .seeds import other_variables, without_seeds

MEASURED = frozenset({"mean_rate", "waiting", "seconds", "memory"})
"""Figures of a whole run whose spread is told."""


def repetitions(runs: Sequence[Compared]) -> tuple[Repetition, ...]:
    """Return the groups of finished runs that are the same in everything but the seed."""
    groups: dict[object, list[int]] = {}
    for place, one in enumerate(runs):
        if one.run.state == "done":
            groups.setdefault(_sameness(one), []).append(place)
    found = []
    for places in groups.values():
        if len(places) > 1:
            found.append(Repetition(tuple(places), tuple(_spreads([runs[place] for place in places]))))
    return tuple(found)


def _sameness(one: Compared) -> object:
    """Return what decides a training but its seed."""
    record = one.run.record
    return (
        without_seeds(record.argv),
        record.target,
        record.processes,
        record.lock,
        record.facts,
        record.code.revision,
        one.diff or record.code.dirty,
        tuple(sorted(record.data.items())),
        tuple(sorted(other_variables(record.variables).items())),
    )


def _spreads(runs: Sequence[Compared]) -> Iterator[Spread]:
    for metric in metrics([one.curves for one in runs]):
        yield from _spread(metric.name, "last", metric.last)
        yield from _spread(metric.name, "best", metric.best)
    for outcome in outcomes([one.run for one in runs]):
        if outcome.name in MEASURED:
            yield from _spread(outcome.name, "run", outcome.values, outcome.unit)


def _spread(
    name: str, of: Literal["last", "best", "run"], values: Sequence[float | None], unit: Unit = ""
) -> Iterator[Spread]:
    known = [value for value in values if value is not None and math.isfinite(value)]
    if len(known) > 1:
        mean, deviation = statistics.fmean(known), statistics.stdev(known)
        yield Spread(name, of, mean, deviation, min(known), max(known), len(known), unit)
