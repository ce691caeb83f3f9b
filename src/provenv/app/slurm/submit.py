"""`run --on CLUSTER`: a script for sbatch, submitted, and a record of what becomes of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from ... import environ
from ...errors import Exit, Failure, problem
from ...hosts.files import write_whole
from ...model.launch import Asked, Launch
from ...model.slurm import BatchJob
from ...render.sbatch import script
from ...runs.environment import not_set
from ...runs.folder import RunFolder, new_id, runs_folder
from ...runs.recording import PRIVATE, record_submitted
from ...slurm.programs import submit as sbatch
from ...spec.slurm import read_array
from ..launch import Ready, as_ours, declared, prepared_generation
from ..project import Project
from ..runs.launch import HOOKS as HOOKS_HERE
from ..runs.launch import recorded
from . import batch
from .follow import follow
from .look import write
from .target import options_of, possible

SCRIPT = "job.sh"


def run(
    project: Project,
    *,
    name: str | None,
    command: Sequence[str],
    announce: Callable[[Launch], None],
    asked: Asked,
    folder: Path | None,
    in_place: bool,
) -> Launch:
    """Submit the declared run `name`, or `command`, and return at once; with `asked.wait` when it is over.

    `announce` is told the job's number; what it prints goes to standard output then. Raises Failure with 125:
    PV721 without an environment, PV750 without such a run, PV1392 to PV1394 where Slurm takes no such job;
    with 2 for options that a job can't have (PV1397).
    """
    _check(asked, folder, in_place)
    ready = as_ours(lambda: prepared_generation(project, name=name))
    try:
        argv = tuple(command) if name is None else as_ours(lambda: declared(ready.spec, name, tuple(command)))
        begun = as_ours(lambda: _submitted(project, ready, argv, name=name, asked=asked))
    finally:
        os.close(ready.held)
    announce(begun)
    if not asked.wait:
        return begun
    return follow(project, begun, _write)


def _write(data: bytes) -> None:
    while data:
        data = data[os.write(1, data) :]


def _submitted(
    project: Project, ready: Ready, argv: tuple[str, ...], *, name: str | None, asked: Asked
) -> Launch:
    number = ready.generation.number
    options = options_of(project, project.spec())
    possible(project, options)
    members = read_array(options.array) if options.array else ()
    runs = runs_folder(project.root)
    folders = [RunFolder(runs / one) for one in _ids(max(1, len(members)))]
    links = runs / f"array-{folders[0].id}" if members else None
    place = batch.Place("" if links else str(folders[0].path), str(links) if links else "")
    made = batch.wanted(project, ready.spec, options, number, argv, name=name or "", asked=asked, place=place)
    # the cache of data lies at home, which the nodes share as they share the project
    data = {key: value for key, value in ready.prepared.added.items() if key.startswith(environ.DATA.name)}
    made = replace(made, variables={**data, **made.variables})
    begun = Launch(
        argv,
        number,
        findings=not_set(project.environment, ready.spec),
        run=folders[0].id,
        processes=made.world,
    )
    for finding in begun.findings:
        project.progress.warn(finding)
    _hooks(project)
    try:
        for one in folders:
            one.path.mkdir(parents=True)
        if links is not None:
            links.mkdir()
            for member, one in zip(members, folders, strict=True):
                (links / str(member)).symlink_to(os.path.join("..", one.id))
        words = script(made)
        for one in folders:
            write_whole(one.path / SCRIPT, words.encode(), PRIVATE)
        job = sbatch(project.host, words, project.environment)
    except (Failure, OSError):
        for made_here in (*(one.path for one in folders), *([links] if links else [])):
            shutil.rmtree(made_here, ignore_errors=True)
        raise
    # of the variables here only the declared ones get there
    prepared = replace(ready.prepared, environment=made.variables)
    record, difference = recorded(
        project,
        begun,
        folders[0],
        spec=ready.spec,
        prepared=prepared,
        name=name,
        folder=str(project.root),
        data=ready.data,
    )
    record = replace(record, processes=made.world, retries=made.restarts)
    numbers = [f"{job}_{member}" for member in members] or [job]
    for one, own in zip(folders, numbers, strict=True):
        write(one, BatchJob(own, "queued", "PENDING", partition=options.partition))
        record_submitted(one, replace(record, id=one.id, job=own), difference)
    return replace(begun, job=job, members=len(members))


def _ids(count: int) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < count:
        found[new_id()] = None
    return sorted(found)


def _hooks(project: Project) -> None:
    """Lay what sees a training from within where all nodes see it."""
    goal = project.layout.base / batch.HOOKS
    shutil.copytree(HOOKS_HERE, goal, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))


def _check(asked: Asked, folder: Path | None, in_place: bool) -> None:
    """Raise Failure PV1397 (usage) for options that a job of a cluster can't have."""
    given = {
        "--replace": in_place,
        "--folder": folder is not None,
        "--no-record": asked.record is False,
        "--stall": asked.stall is not None,
    }
    wrong = ", ".join(f"`{name}`" for name, said in given.items() if said)
    if wrong:
        raise Failure(problem("PV1397", names=wrong), exit_code=Exit.USAGE)
