"""`runs report`: all of one run for its page, and where pages are written."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from ...errors import Failure, Hint, problem, text, verbatim
from ...hosts.files import write_whole
from ...model.run_report import PageWritten, RunReport
from ...model.runs import Run
from ...runs.finding import find_run
from ...runs.folder import RunFolder, runs_folder
from ...runs.observed import attempt_numbers, ranks
from ...runs.reading import seconds_of
from ...runs.usage import usage
from ...targets.records import LOCK
from ..overwriting import declares, own
from ..project import Project
from .known import known, lock_of

PAGE = "report.html"
OURS = b'<meta name="generator" content="provenv'
"""What each of our pages has among its first bytes: such a file may be written over."""
LOG, LINES = 1 << 16, 120
"""Bytes and lines of the end of a log that stand on the page."""
DIFFERENCE = 200_000


def report(project: Project, wanted: str | None = None) -> RunReport:
    """Return all that was recorded of a run. Raises Failure PV1180 to PV1183 where no single run is meant."""
    folder = find_run(project.root, wanted)
    run, seen = known(folder)
    began = seconds_of(run.record.began)
    lock = lock_of(project, run.record)
    rank = _rank(run, folder)
    return RunReport(
        run=run,
        seen=seen,
        usage=usage(folder, began),
        began=tuple(max(seconds_of(one.began) - began, 0.0) for one in run.attempts),
        python=lock.python if lock else "",
        packages=len(lock.packages) if lock else None,
        difference=_text(folder.diff, DIFFERENCE),
        log=_tail(folder, rank),
        rank=rank,
    )


def write_page(
    project: Project, page: str, runs: Sequence[str], output: Path | None = None, *, force: bool = False
) -> PageWritten:
    """Write a page to `output`; without it beside the record of the (only) run.

    Raises Failure PV1231 for a file that is not one of our pages, unless `force`, PV1232 where nothing can
    be written.
    """
    path = runs_folder(project.root) / runs[0] / PAGE if output is None else project.folder / output
    if path.is_dir():
        path = path / PAGE
    _not_declared(project, path)
    if path.exists() and not force and not is_ours(path):
        command = f"provenv runs {'report' if len(runs) == 1 else 'compare'} {' '.join(runs)}"
        again = f"{command} -o {shlex.quote(str(output or path))} --force"
        raise Failure(problem("PV1231", path=str(path), hints=(Hint(text("PV1231.hint"), again),)))
    written = page.encode("utf-8", "replace")
    try:
        write_whole(path, written)
    except OSError as error:
        why = verbatim(error.strerror or str(error))
        raise Failure(problem("PV1232", path=str(path), why=why)) from error
    return PageWritten(str(path), tuple(runs), len(written))


def _not_declared(project: Project, path: Path) -> None:
    """Raise Failure PV441 for what declares the project, which no page is written over."""
    try:
        spec = project.spec()
    except Failure:
        # what a broken file declares is not known: it is not one of our pages at any rate
        return
    if declares(spec, path, project.root / LOCK):
        raise Failure(own(path))


def is_ours(path: Path) -> bool:
    """Tell whether a file is one of our pages, by its beginning."""
    try:
        with path.open("rb") as file:
            return OURS in file.read(2048)
    except OSError:
        return False


def _rank(run: Run, folder: RunFolder) -> int:
    """Return the rank whose log tells most: the one that ended the last attempt, else the first."""
    first = next((one.rank for one in run.attempts[-1].ranks if one.first), 0) if run.attempts else 0
    numbers = attempt_numbers(folder)
    there = ranks(folder, numbers[-1]) if numbers else []
    return first if first in there else next(iter(there), 0)


def _tail(folder: RunFolder, rank: int) -> str:
    numbers = attempt_numbers(folder)
    if not numbers:
        return ""
    try:
        with folder.log(numbers[-1], rank).open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - LOG, 0))
            read = file.read(LOG)
    except OSError:
        return ""
    lines = [_seen(line) for line in read.decode("utf-8", "replace").split("\n")]
    return "\n".join(lines[-LINES:]).strip("\n")


def _seen(line: str) -> str:
    """Return what a terminal shows of a line at its end: a progress bar has written over itself."""
    return line.rstrip("\r").rpartition("\r")[2]


def _text(path: Path, most: int) -> str:
    try:
        with path.open("rb") as file:
            return file.read(most).decode("utf-8", "replace")
    except OSError:
        return ""
