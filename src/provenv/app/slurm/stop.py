"""A run of a cluster ended: one that waits leaves the queue, one that runs is told to save and leave."""

from __future__ import annotations

import time
from collections.abc import Callable

from ...errors import Failure, problem, text, verbatim
from ...runs.folder import RunFolder
from ...runs.reading import read_end, read_job
from ...slurm.programs import call
from ...slurm.queue import OPEN
from ..project import Project
from .look import look

LOOKS = 1.0
PATIENCE = 900.0
"""Seconds after which a run that was told to leave is cancelled."""


def stop(
    project: Project, folder: RunFolder, *, kill: bool, pause: Callable[[float], None] = time.sleep
) -> None:
    """End the job of a run and wait until it is over.

    A running one saves and leaves within its time (`signal`), with `kill` it is cancelled at once. Raises
    Failure PV1401 where Slurm refuses to.
    """
    job = read_job(folder)
    if job is None:
        return
    folder.stopped.touch()
    told = job.state == "running" and not kill
    _cancel(project, job.id, "--signal=USR1", "--batch") if told else _cancel(project, job.id)
    waited = 0.0
    while read_end(folder) is None:
        look(project, [folder])
        seen = read_job(folder)
        if seen is None or seen.state not in OPEN:
            return
        if told and waited >= PATIENCE:
            _cancel(project, job.id)
            told = False
        pause(LOOKS)
        waited += LOOKS


def _cancel(project: Project, job: str, *how: str) -> None:
    done = call(project.host, ["scancel", *how, job], project.environment)
    if done.code:
        raise Failure(
            problem(
                "PV1401", job=job, why=verbatim(done.err.strip()) if done.err.strip() else text("PV1401.why")
            )
        )
