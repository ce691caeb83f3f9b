"""A run's folder read back: its record, its attempts, and in what state it is.

What is being written right now is read as far as it is whole.
"""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import TypeVar

from ..errors import Failure, Hint, problem, text, verbatim
from ..model.codec import from_json
from ..model.runs import Attempt, Run, RunEnd, RunRecord, RunState
from ..model.slurm import BatchJob
from ..targets.held import is_taken
from .folder import RunFolder
from .observed import attempt_numbers, glance
from .seen import records

T = TypeVar("T")


def read_run(folder: RunFolder) -> Run:
    """Return a run with its attempts and state; of its progress what a glance at its last lines tells.

    Raises Failure PV1181 where its record cannot be read.
    """
    record = read_record(folder)
    # the last word is asked for again, since it may come between the two looks
    end = read_end(folder)
    running = end is None and is_held(folder)
    if end is None and not running:
        end = read_end(folder)
    job = read_job(folder)
    going: RunState = job.state if job is not None else "running"
    state: RunState = end.state if end is not None else going if running else "lost"
    return Run(
        record,
        state,
        read_attempts(folder),
        end,
        glance(folder),
        seconds=_seconds(folder, record, end, running=running),
        begun=max(attempt_numbers(folder), default=0),
        job=job,
    )


def read_record(folder: RunFolder) -> RunRecord:
    """Return what was launched. Raises Failure PV1181 where that cannot be read."""
    try:
        return from_json(RunRecord, json.loads(folder.record.read_bytes()))
    except (OSError, ValueError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        hint = Hint(text("PV1181.hint"), f"provenv runs rm {folder.id}")
        raise Failure(
            problem("PV1181", run=folder.id, path=str(folder.record), why=verbatim(why), hints=(hint,))
        ) from error


def read_end(folder: RunFolder) -> RunEnd | None:
    """Return the last word of whoever watched a run, None where there is none (yet)."""
    try:
        return from_json(RunEnd, json.loads(folder.end.read_bytes()))
    except (OSError, ValueError, RecursionError):
        return None


def read_attempts(folder: RunFolder) -> tuple[Attempt, ...]:
    """Return the attempts that ended, as far as they are written whole."""
    return tuple(
        found for record in records(folder.attempts) if (found := _fitting(Attempt, record)) is not None
    )


def read_job(folder: RunFolder) -> BatchJob | None:
    """Return how a run's batch system saw it last; None where it runs here, or nothing was heard yet."""
    try:
        return from_json(BatchJob, json.loads(folder.job.read_bytes()))
    except (OSError, ValueError, RecursionError):
        return None


def is_held(folder: RunFolder) -> bool:
    """Tell whether somebody watches a run right now: its batch system, where one has it.

    Where the file system has no locks, whoever launched it being alive on this machine must do.
    """
    job = read_job(folder)
    if job is not None:
        return job.state in ("queued", "running")
    try:
        handle = os.open(folder.held, os.O_RDONLY)
    except OSError:
        return False
    try:
        return is_taken(handle)
    except OSError:
        return _launcher_lives(folder)
    finally:
        os.close(handle)


def seconds_of(moment: str) -> float:
    """Return an ISO 8601 time in seconds since the epoch, 0 where it is none; without a zone it is UTC."""
    try:
        read = datetime.fromisoformat(moment.replace("Z", "+00:00"))
    except ValueError:
        return 0.0
    return (read if read.tzinfo else read.replace(tzinfo=timezone.utc)).timestamp()


def _fitting(kind: type[T], record: object) -> T | None:
    try:
        return from_json(kind, record)
    except ValueError:
        return None


def _seconds(folder: RunFolder, record: RunRecord, end: RunEnd | None, *, running: bool) -> float:
    """Return how long a run took, takes, or showed signs of life."""
    if end is not None:
        return end.seconds
    began = seconds_of(record.began)
    if not began:
        return 0.0
    until = time.time() if running else max(_touched(folder), began)
    return max(until - began, 0.0)


def _touched(folder: RunFolder) -> float:
    """Return when anything of a run was written last."""
    places = [
        folder.attempts,
        *(one for number in attempt_numbers(folder) for one in _files(folder.attempt(number))),
    ]
    return max((_changed(place) for place in places), default=0.0)


def _files(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _launcher_lives(folder: RunFolder) -> bool:
    try:
        pid = read_record(folder).pid
        if pid <= 0 or sys.platform == "win32":
            # there a signal would end the process; whoever watches holds the run's file
            return False
        os.kill(pid, 0)
    except (Failure, ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True
