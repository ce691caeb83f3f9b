"""Runs beside one another: what differs in how they began and in what came of them; pure."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from ..model.comparison import Compared, Comparison, RunPart, RunProperty, RunSide
from ..model.runs import Run
from .outcomes import metrics, outcomes
from .repetitions import repetitions
from .seeds import other_variables, seeds

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def compare(runs: Sequence[Compared]) -> Comparison:
    """Return what differs between at least two runs, in the order in which they are given."""
    return Comparison(
        sides=tuple(_side(place, one.run) for place, one in enumerate(runs)),
        properties=(*properties(runs), *packages(runs)),
        outcomes=outcomes([one.run for one in runs]),
        metrics=metrics([one.curves for one in runs]),
        repetitions=repetitions(runs),
        curves=tuple(tuple(curve for curve in one.curves if curve.rank == 0) for one in runs),
        locks=tuple(one.lock is not None for one in runs),
    )


def letter(place: int) -> str:
    """Return what stands for the run at a place: A to Z, then AA, AB..."""
    before, last = divmod(place, len(LETTERS))
    return (letter(before - 1) if before else "") + LETTERS[last]


def _side(place: int, run: Run) -> RunSide:
    return RunSide(
        letter(place),
        run.record.id,
        run.record.name,
        run.state,
        run.record.began,
        run.seconds,
        max(len(run.attempts), 1),
        run.progressed.steps,
    )


def properties(runs: Sequence[Compared]) -> tuple[RunProperty, ...]:
    """Return all that was given to the runs, part by part; the packages apart."""
    records = [one.run.record for one in runs]
    rows: list[tuple[RunPart, str, list[str | None]]] = [
        ("launched", "name", [one.name or None for one in records]),
        ("launched", "command", [shlex.join(one.argv) for one in records]),
        ("launched", "folder", [one.folder for one in records]),
        ("launched", "target", [one.target for one in records]),
        ("launched", "processes", [str(one.processes) for one in records]),
        ("launched", "retries", [str(one.retries) for one in records]),
        ("launched", "host", [one.host or None for one in records]),
        ("code", "revision", [one.code.revision or None for one in records]),
        ("code", "branch", [one.code.branch or None for one in records]),
        ("code", "diff", [_changed(one) for one in runs]),
        ("environment", "generation", [str(one.generation) for one in records]),
        ("environment", "lock", [one.lock or None for one in records]),
        ("environment", "proof", [one.proof or None for one in records]),
        ("environment", "facts", [one.facts or None for one in records]),
        ("environment", "framework", [one.run.progressed.framework or None for one in runs]),
        ("environment", "provenv", [one.provenv or None for one in records]),
    ]
    found = [RunProperty(part, name, tuple(values)) for part, name, values in rows if any(values)]
    found += _each("seeds", [seeds(one) for one in runs])
    found += _each("variables", [other_variables(one.variables) for one in records])
    found += _each("data", [one.data for one in records])
    return tuple(found)


def _changed(one: Compared) -> str | None:
    code = one.run.record.code
    if not code.revision:
        return None
    return one.diff or ("changed" if code.dirty else "")


def _each(part: RunPart, given: Sequence[Mapping[str, str]]) -> list[RunProperty]:
    names = sorted({name for one in given for name in one})
    return [RunProperty(part, name, tuple(one.get(name) for one in given)) for name in names]


def packages(runs: Sequence[Compared]) -> tuple[RunProperty, ...]:
    """Return the packages in which the locks that are there differ; nothing where fewer than two are."""
    if sum(one.lock is not None for one in runs) < 2:
        return ()
    locked = [
        {package.name: package.version for package in one.lock.packages} if one.lock else None for one in runs
    ]
    names = sorted({name for versions in locked if versions for name in versions})
    found = []
    for name in names:
        told = {versions.get(name) for versions in locked if versions is not None}
        if len(told) > 1:
            values = tuple(None if versions is None else versions.get(name, "") for versions in locked)
            found.append(RunProperty("packages", name, values))
    return tuple(found)
