"""A process that supervises a job as `provenv run` does: to be signalled, killed, given a terminal."""

from __future__ import annotations

import json
import math
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from provenv.model.codec import to_json
from provenv.model.runs import RunRecord
from provenv.runs.folder import RunFolder, new_id
from provenv.runs.job import Callbacks, Job
from provenv.runs.shown import Shown
from provenv.runs.supervisor import Supervised, supervise

LIMIT = 60.0

PROGRAM = """
import json, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from supervising import told_job
told_job(json.loads(sys.argv[1]))
"""


def runner(folder: RunFolder, argv: list[str], **fields: Any) -> list[str]:
    """Return the command of a process that supervises; it writes what came of it to `result.json`."""
    told = {"path": str(folder.path), "argv": argv, **fields}
    return [sys.executable, "-c", PROGRAM.format(tests=str(Path(__file__).parent)), json.dumps(told)]


def told_job(told: dict[str, Any]) -> None:
    """Be that process; `told:` lines on standard error say what the user is told."""
    folder = RunFolder(Path(told.pop("path")))

    def write(stream: int, words: bytes) -> None:
        while words:
            words = words[os.write(stream, words) :]

    rows = told.pop("rows", None)
    shown = Shown(told.get("world", 1), write)
    result = supervised(
        folder,
        told.pop("argv"),
        environment=dict(os.environ),
        callbacks=Callbacks(
            said=shown,
            began=lambda _number, pids: write(2, f"began: {' '.join(map(str, pids))}\n".encode()),
            told=lambda text: write(2, f"told: {text.key}\n".encode()),
            rows=lambda: rows,
            every=0.05 if rows else math.inf,
        ),
        **told,
    )
    shown.end()
    (folder.path / "result.json").write_text(json.dumps(to_json(result)))
    sys.exit(result.end.code)


def supervised(
    folder: RunFolder,
    argv: list[str],
    *,
    environment: Mapping[str, str] | None = None,
    callbacks: Callbacks | None = None,
    diagnose: Callable[..., Any] = lambda _log, _code: None,
    difference: bytes = b"",
    **fields: Any,
) -> Supervised:
    """Supervise a job in this process."""
    record = RunRecord(folder.id, tuple(argv), str(folder.path), "here", 1, "2026-01-01T00:00:00+00:00")
    job = Job(tuple(argv), os.getcwd(), dict(environment or os.environ), **fields)
    return supervise(folder, record, job, callbacks=callbacks, diagnose=diagnose, difference=difference)


def new_run(root: Path) -> RunFolder:
    """Return a folder for a run, which isn't there yet."""
    return RunFolder(root / ".provenv" / "runs" / new_id())


def until(condition: Callable[[], Any], limit: float = LIMIT) -> Any:
    """Return what the condition gives as soon as it holds."""
    deadline = time.monotonic() + limit
    while not (found := condition()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.01)
    return found


def whole(path: Path) -> str:
    """Return the content of a file that is written by whole lines; empty if there is none (yet)."""
    try:
        content = path.read_text()
    except FileNotFoundError:
        return ""
    return content if content.endswith("\n") else ""


def is_gone(pid: int) -> bool:
    """Return whether a process has ended; one that only waits to be asked for has."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state in ("Z", "X")
