"""`runs logs`: what a run's processes printed, also while they go on."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ...errors import Exit, Failure, Hint, Text, problem, text
from ...model.run_results import RunLog, RunLogs
from ...runs.finding import find_run
from ...runs.folder import RunFolder
from ...runs.logs import Follower, log_files, tail_start
from ...runs.prefixed import Prefixed
from ...runs.reading import is_held, read_end, read_record
from ..project import Project
from .batch import Followed, script_log

LOOKS = 0.15
TOLD = 1 << 20
"""Bytes of the end of a log that a JSON document holds."""


def logs(
    project: Project,
    wanted: str | None,
    write: Callable[[bytes], None],
    *,
    ranks: Sequence[int] = (),
    attempt: int | None = None,
    tail: int | None = None,
    follow: bool = False,
    tell: Callable[[Text], None] = lambda _: None,
    pause: Callable[[float], None] = time.sleep,
) -> RunLogs:
    """Write a run's logs as they are, with the rank before each line where there are several.

    With `follow` it goes on until the run has ended, also into the attempts that come; `tell` is told
    where another attempt begins. Raises Failure: PV1180 to PV1183 where no single run is meant, PV1189
    where it has no such log.
    """
    folder = find_run(project.root, wanted)
    follower = Follower(folder, ranks, attempt, tail)
    several = Prefixed(write)
    seen: set[int] = set()
    processes = _processes(folder)
    followed = Followed(project, folder, tell)
    while True:
        followed.look()
        over = not follow or _over(folder)
        known = {one.rank for one in log_files(folder, ranks, attempt)}
        prefixed = len(set(ranks)) != 1 and max(len(known), processes) > 1
        for chunk in follower.read():
            if chunk.log.attempt not in seen:
                if seen:
                    several.close()
                    tell(text("runs.logs.attempt", number=chunk.log.attempt))
                seen.add(chunk.log.attempt)
            if prefixed:
                several.take(f"[{chunk.log.place or chunk.log.rank}] ".encode(), chunk.data)
            else:
                write(chunk.data)
        # what was printed between the last look at the files and the end has been read by now
        if over:
            break
        pause(LOOKS)
    several.close()
    found = log_files(folder, ranks, attempt)
    said = None if found else script_log(folder)
    if said is not None:
        # it never came to the training: what its script and its batch system said is all there is
        write(said.read_bytes())
    if not found and (ranks or attempt is not None):
        raise _none(folder)
    return RunLogs(
        folder.id,
        tuple(
            RunLog(one.attempt, one.rank, str(one.path), one.path.stat().st_size, place=one.place)
            for one in found
        ),
    )


def told(logs: RunLogs, tail: int | None = None) -> RunLogs:
    """Return the logs with their texts, for a document: the last `tail` lines, or what fits into one."""
    return RunLogs(logs.run, tuple(_with_text(one, tail) for one in logs.logs))


def _with_text(log: RunLog, tail: int | None) -> RunLog:
    with open(log.path, "rb") as file:
        start = tail_start(Path(log.path), tail) if tail is not None else 0
        start = max(start, log.bytes - TOLD)
        file.seek(start)
        words = file.read(TOLD).decode("utf-8", "replace")
    return RunLog(log.attempt, log.rank, log.path, log.bytes, words, start > 0, log.place)


def _over(folder: RunFolder) -> bool:
    return read_end(folder) is not None or not is_held(folder)


def _processes(folder: RunFolder) -> int:
    try:
        return read_record(folder).processes
    except Failure:
        # its logs can be read all the same
        return 1


def _none(folder: RunFolder) -> Failure:
    """Return PV1189 with the logs that there are."""
    found = log_files(folder)
    attempts = ", ".join(str(one) for one in sorted({one.attempt for one in found})) or "-"
    known = ", ".join(str(one) for one in sorted({one.rank for one in found})) or "-"
    hint = Hint(None, f"provenv runs logs {folder.id}")
    return Failure(
        problem(
            "PV1189",
            run=folder.id,
            why=text("PV1189.why", attempts=attempts, ranks=known),
            hints=(hint,),
        ),
        exit_code=Exit.USAGE,
    )
