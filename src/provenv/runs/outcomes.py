"""What came of runs, beside one another: their metrics' last and best values, speed, time, peaks; pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from ..model.comparison import Better, MetricOutcome, RunOutcome, Unit
from ..model.runs import Curve, Run
from .metric_names import better

NOISE = 0.02
"""What was measured of two runs and is apart by less says nothing of them."""
# each figure of a run: its name, what it is counted in, which way is better
FIGURES: tuple[tuple[str, Unit, Better, Callable[[Run], float | None]], ...] = (
    ("seconds", "seconds", "low", lambda run: run.seconds or None),
    ("steps", "count", "", lambda run: run.progressed.steps or None),
    ("mean_rate", "rate", "high", lambda run: run.progressed.mean_rate),
    ("waiting", "share", "low", lambda run: run.progressed.waiting),
    ("utilisation", "share", "high", lambda run: run.progressed.utilisation),
    ("memory", "bytes", "low", lambda run: run.peaks.memory or None),
    ("cpu", "count", "", lambda run: run.peaks.cpu or None),
    ("gpu_memory", "bytes", "low", lambda run: run.peaks.gpu_memory or None),
    ("gpu", "share", "high", lambda run: run.peaks.gpu or None),
    ("shm", "bytes", "", lambda run: run.peaks.shm or None),
    ("read", "bytes", "", lambda run: run.peaks.read or None),
    ("written", "bytes", "", lambda run: run.peaks.written or None),
    ("attempts", "count", "low", lambda run: float(len(run.attempts)) or None),
)


def outcomes(runs: Sequence[Run]) -> tuple[RunOutcome, ...]:
    """Return the figures of the runs that any of them has."""
    found = []
    for name, unit, way, read in FIGURES:
        values = tuple(_finite(read(run)) for run in runs)
        if any(value is not None for value in values):
            found.append(RunOutcome(name, values, unit, way, leader(values, way, NOISE)))
    return tuple(found)


def metrics(curves: Sequence[Sequence[Curve]]) -> tuple[MetricOutcome, ...]:
    """Return last and best value of each metric that at least two runs have; losses first."""
    named = [{one.name: one for one in of_run if one.rank == 0 and one.values} for of_run in curves]
    names = list(dict.fromkeys(name for one in named for name in one))
    found = []
    for name in names:
        if sum(name in one for one in named) < 2:
            continue
        way = better(name)
        bests = [best(one[name], way) if name in one else None for one in named]
        best_values = tuple(None if one is None else one[1] for one in bests)
        found.append(
            MetricOutcome(
                name,
                way,
                tuple(one[name].values[-1] if name in one else None for one in named),
                best_values,
                tuple(None if one is None else one[0] for one in bests),
                leader(best_values, way),
            )
        )
    order = {"low": 0, "high": 1, "": 2}
    return tuple(sorted(found, key=lambda one: order[one.better]))


def best(curve: Curve, way: Better) -> tuple[int, float] | None:
    """Return step and value of a curve's best point; None where no way is better or no value is finite."""
    points = [
        (step, value) for step, value in zip(curve.steps, curve.values, strict=True) if math.isfinite(value)
    ]
    if not points or not way:
        return None
    choose = min if way == "low" else max
    return choose(points, key=lambda point: point[1])


def leader(values: Sequence[float | None], way: Better, noise: float = 0.0) -> int | None:
    """Return the place of the best of at least two values; None where another is as good.

    `noise` is the share by which two values may be apart and count as the same.
    """
    known = [value for value in values if value is not None and math.isfinite(value)]
    if len(known) < 2 or not way:
        return None
    winner = min(known) if way == "low" else max(known)
    as_good = [value for value in known if abs(value - winner) <= abs(winner) * noise]
    return values.index(winner) if len(as_good) == 1 else None


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
