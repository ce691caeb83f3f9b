"""Runs that a batch system has: asked how they stand before they are read, and why they wait."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...errors import Hint, Problem, Text, problem, text
from ...lazy import load
from ...model.diagnosis import Diagnosis
from ...model.runs import Run
from ...model.slurm import BatchJob
from ...runs.folder import RunFolder, run_folders
from ...runs.last_words import kept
from ...runs.reading import read_end, read_job, read_record
from ..project import Project

EVERY = 3.0
"""Seconds between two questions to a batch system that many ask."""


def look(project: Project, folders: Sequence[RunFolder]) -> None:
    """Ask how those of the runs stand that a batch system has and that are not over."""
    theirs = [one for one in folders if one.job.exists() and not one.end.exists()]
    if theirs:
        load("app.slurm.look")(project, theirs)


def generations_of_jobs(project: Project) -> set[int]:
    """Return the generations of the project's target that jobs which are not over stand on, or wait for."""
    folders = run_folders(project.root)
    look(project, folders)
    found = set()
    for one in folders:
        job = read_job(one)
        if job is not None and job.state in ("queued", "running") and not one.end.exists():
            record = read_record(one)
            found |= {record.generation} if record.target == project.target else set()
    return found


def waiting(job: BatchJob | None) -> Problem | None:
    """Return why a job waits, in plain words, and what can be done; None where it doesn't."""
    if job is None or job.state != "queued":
        return None
    known = load("slurm.waiting")(job.reason)
    hints: tuple[Hint, ...] = ()
    if known is not None:
        command = known.command.replace("{job}", job.id) if known.command else None
        hints = (Hint(text(f"{known.key}.hint"), command),)
    why = text(known.key) if known is not None else None
    return problem("PV1410", severity="note", reason=job.reason or job.word, job=job.id, why=why, hints=hints)


def explained(project: Project, folder: RunFolder, run: Run) -> Run:
    """Return a run with what the rules say of its last attempt, if that failed: nobody here watched it."""
    last = run.attempts[-1] if run.attempts else None
    if (
        last is None
        or last.code == 0
        or last.restarted
        or last.diagnosis is not None
        or run.state != "failed"
    ):
        return run
    rank = next((one.rank for one in last.ranks if one.first), 0)
    said = kept(folder.log(last.number, rank))
    found: Diagnosis | None = load("app.answer_to_run")(said, last.code, project) if said else None
    return replace(run, attempts=(*run.attempts[:-1], replace(last, diagnosis=found)))


def script_log(folder: RunFolder) -> Path | None:
    """Return what a job's script itself and its batch system said; None where that is nothing."""
    job = read_job(folder)
    number, _, member = job.id.partition("_") if job is not None else ("", "", "")
    name = f"slurm-{number}_{member}.log" if member else f"slurm-{number}.log"
    first = next(iter(sorted(folder.path.parent.glob(f"array-*/{name}"))), None) if member else None
    path = first or folder.path / name
    return path if job is not None and path.is_file() and path.stat().st_size else None


@dataclass
class Followed:
    """Asks how one run stands, now and then; `tell` hears why it waits, when that changes."""

    project: Project
    folder: RunFolder
    tell: Callable[[Text], None]
    asked: float = 0.0
    said: str = ""

    def look(self, now: Callable[[], float] = time.monotonic) -> None:
        """Ask, where it is time to."""
        if read_job(self.folder) is None or read_end(self.folder) is not None:
            return
        if self.asked and now() - self.asked < EVERY:
            return
        self.asked = now()
        look(self.project, [self.folder])
        job = read_job(self.folder)
        found = waiting(job)
        reason = job.reason if job is not None and found is not None else ""
        if found is not None and reason and reason != self.said:
            self.tell(found.what)
            if found.why is not None:
                self.tell(found.why)
        self.said = reason
