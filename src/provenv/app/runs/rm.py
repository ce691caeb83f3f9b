"""`runs rm`: records taken away, out of sight first, so that a kill never leaves half a run."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

from ...errors import Exit, Failure, Hint, problem, text
from ...model.run_results import RunsRemoved
from ...runs.finding import find_run
from ...runs.folder import RunFolder, run_folders, runs_folder
from ...runs.reading import is_held, read_end, read_record, seconds_of
from ...targets.remove import TRASH, discard
from ..project import Project
from .batch import look

AGE = re.compile(r"(\d{1,6})([mhdw])")
SECONDS = {"m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}


@dataclass(frozen=True)
class Chosen:
    """The runs that are to go, and those that would but run."""

    folders: tuple[RunFolder, ...] = ()
    running: tuple[str, ...] = ()


def choose(
    project: Project,
    wanted: Sequence[str] = (),
    *,
    keep: int | None = None,
    older: float | None = None,
    now: float | None = None,
) -> Chosen:
    """Return the runs that are named, or all but the newest `keep`, or those over for `older` seconds.

    With both, a run goes that neither keeps. Raises Failure: PV1180 to PV1183 for a name that means no
    single run, PV1187 for a named one that runs.
    """
    look(project, run_folders(project.root))
    if wanted:
        found = [find_run(project.root, one) for one in wanted]
        folders = list({one.id: one for one in found}.values())
        running = [one.id for one in folders if _runs(one)]
        if running:
            hints = tuple(Hint(text("PV1187.hint"), f"provenv runs stop {one}") for one in running)
            raise Failure(
                problem("PV1187", n=len(running), runs=", ".join(f"`{one}`" for one in running), hints=hints)
            )
        return Chosen(tuple(folders))
    folders = run_folders(project.root)
    if keep is not None:
        folders = folders[: max(len(folders) - keep, 0)]
    if older is not None:
        before = (time.time() if now is None else now) - older
        folders = [one for one in folders if _ended(one) < before]
    running = [one.id for one in folders if _runs(one)]
    return Chosen(tuple(one for one in folders if one.id not in running), tuple(running))


def remove(project: Project, chosen: Chosen) -> RunsRemoved:
    """Remove the records, and what killed removals left. Raises OSError where a folder cannot go."""
    removed: list[str] = []
    freed = 0
    for folder in chosen.folders:
        try:
            freed += discard(folder.path)
        except FileNotFoundError:
            # somebody else removed it meanwhile
            continue
        removed.append(folder.id)
    runs = runs_folder(project.root)
    for left in sorted(runs.glob(f"{TRASH}*")) if runs.is_dir() else ():
        freed += discard(left)
    return RunsRemoved(tuple(removed), chosen.running, freed)


def age(words: str) -> float:
    """Return `90m`, `12h`, `30d` or `2w` in seconds. Raises Failure PV1188 for anything else."""
    match = AGE.fullmatch(words)
    if match is None:
        raise Failure(problem("PV1188", given=words, why=text("PV1188.why")), exit_code=Exit.USAGE)
    return int(match[1]) * SECONDS[match[2]]


def _runs(folder: RunFolder) -> bool:
    return read_end(folder) is None and is_held(folder)


def _ended(folder: RunFolder) -> float:
    """Return when a run ended, or began where it has no last word; its id tells where its record does not."""
    end = read_end(folder)
    if end is not None and seconds_of(end.ended):
        return seconds_of(end.ended)
    try:
        began = read_record(folder).began
    except Failure:
        began = ""
    day, clock = folder.id.split("-")[:2]
    return seconds_of(began) or seconds_of(
        f"{day[:4]}-{day[4:6]}-{day[6:]}T{clock[:2]}:{clock[2:4]}:{clock[4:]}+00:00"
    )
