"""How the jobs of recorded runs stand, asked of Slurm and kept beside each record.

A run whose script had the last word is over; of others Slurm says how they ended, as long as it knows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone

from ...errors import Failure, text
from ...hosts.files import write_whole
from ...model.codec import from_json, to_json
from ...model.runs import RunEnd
from ...model.slurm import BatchJob
from ...runs.folder import RunFolder
from ...runs.reading import read_end, read_job, read_record, seconds_of
from ...runs.recording import finish
from ...slurm.queue import OPEN, jobs
from ..project import Project

CODES: Mapping[str, int] = {"CANCELLED": 143, "TIMEOUT": 143, "PREEMPTED": 143, "OUT_OF_MEMORY": 137}
"""The exit code of a run that Slurm has ended, as a shell says it."""


def look(project: Project, folders: Sequence[RunFolder]) -> None:
    """Ask Slurm how these runs stand, those of them that are not over, and keep it.

    Where Slurm doesn't answer they stay as they were seen last, and that is said.
    """
    asked = {job.id: folder for folder in folders if (job := _open(folder)) is not None}
    if not asked:
        return
    try:
        found = jobs(project.host, list(asked), project.environment)
    except Failure as failure:
        for one in failure.problems:
            project.progress.warn(replace(one, severity="warning"))
        return
    for name, folder in asked.items():
        keep(folder, found.get(name))


def keep(folder: RunFolder, job: BatchJob | None) -> None:
    """Keep how a run's job stands; of one that is over, or that nobody knows any more, also how it ended."""
    before = read_job(folder)
    if job is not None and job.state in OPEN:
        if job != before:
            write(folder, job)
        return
    # the script's own last word may have come between the two looks
    if read_end(folder) is None:
        end = _end(folder, job)
        if end is not None:
            finish(folder, end)
    if job is not None:
        write(folder, job)
    elif before is not None:
        write(folder, replace(before, state="lost", word="", reason=""))


def write(folder: RunFolder, job: BatchJob) -> None:
    """Write how a run's job stands. Raises OSError."""
    write_whole(folder.job, json.dumps(to_json(job)).encode() + b"\n")


def _open(folder: RunFolder) -> BatchJob | None:
    job = read_job(folder)
    return job if job is not None and job.state in OPEN and read_end(folder) is None else None


def _end(folder: RunFolder, job: BatchJob | None) -> RunEnd | None:
    """Return how a run ended that has no last word; None where nobody can tell."""
    told = _told(folder)
    if job is None:
        return told
    now = datetime.now(timezone.utc)
    began = seconds_of(read_record(folder).began)
    code = job.code or CODES.get(job.word, 0 if job.state == "done" else 1)
    return RunEnd(
        job.state,
        told.code if told is not None and told.code else code,
        told.ended if told is not None else now.isoformat(timespec="seconds"),
        told.seconds if told is not None else max(now.timestamp() - began, 0.0),
        text(f"slurm.ended.{job.word}") if job.word in CODES or job.state == "failed" else None,
    )


def _told(folder: RunFolder) -> RunEnd | None:
    try:
        return from_json(RunEnd, json.loads(folder.told.read_bytes()))
    except (OSError, ValueError):
        return None
