"""What is known of a recorded run, gathered for a page or a comparison."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from ...errors import Failure
from ...model.comparison import Compared
from ...model.lock import Lock
from ...model.run_results import Observed
from ...model.runs import Run, RunRecord
from ...runs.folder import RunFolder
from ...runs.observed import observe, peaks
from ...runs.reading import read_run, seconds_of
from ...targets.records import LOCK
from ..locking import read_lock
from ..project import Project

POINTS = 600
"""Values of a curve: more than a drawing has columns."""


def known(folder: RunFolder) -> tuple[Run, Observed]:
    """Return a run with its progress and peaks, and what was seen of it. Raises Failure PV1181."""
    run = read_run(folder)
    seen = observe(folder, points=POINTS, began=seconds_of(run.record.began))
    return replace(run, progressed=seen.progressed, peaks=peaks(folder)), seen


def compared(project: Project, folder: RunFolder) -> Compared:
    """Return a run as it is compared."""
    run, seen = known(folder)
    return Compared(run, seen.curves, lock_of(project, run.record), _digest(folder), seen.seeds)


def lock_of(project: Project, record: RunRecord) -> Lock | None:
    """Return the lock of the generation that a run stood on; None where that is gone or another by now."""
    if not record.generation:
        return None
    layout = replace(project, target=record.target).layout
    path = layout.generation(record.generation) / LOCK
    if not path.is_file():
        return None
    try:
        lock = read_lock(path, project.root)
    except Failure:
        # what is broken is told by `status`; here it only cannot be compared
        return None
    return lock if lock is not None and (not record.lock or record.lock == lock.identity) else None


def _digest(folder: RunFolder) -> str:
    """Return the digest of how the code differed, empty where it did not."""
    try:
        return hashlib.sha256(folder.diff.read_bytes()).hexdigest()
    except OSError:
        return ""
