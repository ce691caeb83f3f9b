"""`runs show`: everything that is known of one run."""

from __future__ import annotations

from dataclasses import replace

from ...model.run_results import RunShown
from ...runs.finding import find_run
from ...runs.folder import RunFolder
from ...runs.observed import attempt_numbers, observe, peaks
from ...runs.reading import read_run, seconds_of
from ..project import Project
from .batch import explained, look, waiting


def show(project: Project, wanted: str | None = None) -> RunShown:
    """Return a run with its progress, its curves and its peaks.

    Raises Failure: PV1180, PV1182, PV1183 where no single run is meant, PV1181 where its record is broken.
    """
    folder = find_run(project.root, wanted)
    look(project, [folder])
    run = read_run(folder)
    if run.job is not None:
        run = explained(project, folder, run)
    seen = observe(folder, began=seconds_of(run.record.began))
    return RunShown(
        replace(run, progressed=seen.progressed, peaks=peaks(folder)),
        str(folder.path),
        seen,
        _stacks(folder),
        _size(folder),
        waiting(run.job) if run.end is None else None,
    )


def _stacks(folder: RunFolder) -> tuple[str, ...]:
    """Return the files that tell where threads stood, of the newest attempt."""
    numbers = attempt_numbers(folder)
    found = sorted(folder.attempt(numbers[-1]).glob("stacks-*.txt")) if numbers else []
    return tuple(str(one) for one in found if one.stat().st_size)


def _size(folder: RunFolder) -> int:
    try:
        return folder.diff.stat().st_size
    except OSError:
        return 0
