"""`runs stop`: a run told to save and leave, or killed."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from datetime import datetime, timezone

from ...errors import text
from ...hosts.files import write_whole
from ...lazy import load
from ...model.codec import to_json
from ...model.run_results import RunStopped
from ...model.runs import RunEnd
from ...runs.finding import find_run
from ...runs.folder import RunFolder
from ...runs.reading import is_held, read_end, read_run
from ...runs.stopping import signal_watcher
from ...targets.held import hold, open_held
from ..project import Project
from .batch import look

LOOKS = 0.1
KILLED = 137
"""128 + SIGKILL."""


def stop(project: Project, wanted: str | None = None, *, kill: bool = False) -> RunStopped:
    """End a run and wait until it has ended; one that is over stays as it is.

    It is asked to save and to leave, which it may take its time for; with `kill` it is ended at once.
    Raises Failure PV1180 to PV1183 where no single run is meant, PV1184 to PV1186 where whoever watches
    it cannot be told.
    """
    folder = find_run(project.root, wanted)
    look(project, [folder])
    run = read_run(folder)
    if run.job is not None and run.state in ("queued", "running"):
        task = project.progress.task(text("runs.stop.waiting", run=folder.id))
        load("app.slurm.stop")(project, folder, kill=kill)
        task.finish(text("runs.stop.ended", run=folder.id))
        ended = read_run(folder)
        return RunStopped(folder.id, ended.state, killed=kill, seconds=ended.seconds)
    if run.state != "running":
        return RunStopped(folder.id, run.state, over=True, seconds=run.seconds)
    if signal_watcher(folder, run.record, kill=kill):
        task = project.progress.task(text("runs.stop.waiting", run=folder.id))
        wait_for_end(folder)
        task.finish(text("runs.stop.ended", run=folder.id))
        if kill:
            say_killed(folder, read_run(folder).seconds)
    ended = read_run(folder)
    return RunStopped(folder.id, ended.state, killed=kill, seconds=ended.seconds)


def wait_for_end(folder: RunFolder, *, pause: Callable[[float], None] = time.sleep) -> None:
    """Return when a run has its last word, or nobody is left to say it."""
    while read_end(folder) is None and is_held(folder):
        pause(LOOKS)


def say_killed(folder: RunFolder, seconds: float) -> None:
    """Write the last word of a run whose watcher was killed before it could: its user ended it."""
    handle = open_held(folder.held)
    try:
        if hold(handle, wait=False) and read_end(folder) is None:
            ended = datetime.now(timezone.utc).isoformat(timespec="seconds")
            end = RunEnd("stopped", KILLED, ended, seconds, text("runs.stop.killed"))
            write_whole(folder.end, json.dumps(to_json(end)).encode())
    finally:
        os.close(handle)
