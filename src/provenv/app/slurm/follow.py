"""A submitted run followed: why it waits, what it prints, how it ends. Leaving it does not end it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from ...errors import Exit, text
from ...model.launch import Launch
from ...runs.finding import find_run
from ...runs.reading import read_run
from ..project import Project
from ..runs.batch import explained
from ..runs.logs import logs


def follow(
    project: Project,
    begun: Launch,
    write: Callable[[bytes], None],
    *,
    pause: Callable[[float], None] = time.sleep,
) -> Launch:
    """Write what a run prints until it is over, and return how it ended; Ctrl-C leaves it (130)."""
    try:
        logs(project, begun.run, write, follow=True, tell=project.progress.note, pause=pause)
    except KeyboardInterrupt:
        project.progress.note(text("slurm.follow.left", job=begun.job, run=begun.run))
        return replace(begun, code=int(Exit.INTERRUPTED))
    folder = find_run(project.root, begun.run)
    run = explained(project, folder, read_run(folder))
    ended = run.end
    return replace(
        begun,
        code=ended.code if ended is not None else 1,
        diagnosis=run.attempts[-1].diagnosis if run.attempts else None,
        seconds=run.seconds,
        attempts=max(1, len(run.attempts)),
        why=ended.why if ended is not None else None,
    )
