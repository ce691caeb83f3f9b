"""`runs verify-resume`: trains straight, then again with kill -9 in between, and compares every update."""

from __future__ import annotations

import os
import random
import shlex
import shutil
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ... import environ
from ...errors import Exit, Failure, Hint, problem, text
from ...lazy import load
from ...model.diagnosis import Diagnosis
from ...model.launch import Asked, Launch
from ...model.progress import Task
from ...model.resume_proof import ResumeProof
from ...runs import working_copy
from ...runs.exact_accounts import DEATHS, FOLDER, STRAIGHT, UNTIL, Account, read_accounts
from ...runs.folder import RunFolder, new_id
from ...runs.job import Callbacks, Job
from ...runs.program import Code
from ...runs.reading import is_held
from ...runs.resume_comparing import compare
from ...runs.supervisor import Supervised, supervise
from ...targets.names import FOLDER as RECORDS
from ...targets.names import HERE
from ..launch import Ready, as_ours, declared, prepared_generation
from ..project import Project
from .devices import shared
from .launch import hooks, recorded, world_of

KEPT = "resume"
"""The folder of the last verification, beside those of runs."""
EVERY, WITHIN = environ.PROVENV_CHECKPOINTS_EVERY.name, environ.PROVENV_CHECKPOINTS_WITHIN.name
"""What provenv-runtime is told: how often to save, and where to lay what a script wants elsewhere."""
TRAININGS = STRAIGHT_TRAINING, CUT_TRAINING = "straight", "cut"
SAVES = 4
"""How often a straight training saves, where provenv-runtime does."""
LEAST = 3
"""Updates without which nothing can be told."""


@dataclass(frozen=True)
class Wanted:
    """What is to be verified: a declared run or a command, and how."""

    name: str | None = None
    command: tuple[str, ...] = ()
    updates: int = 40
    kills: int = 2
    every: int | None = None
    seed: int | None = None
    processes: str | None = None
    linked: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Place:
    """Where both trainings run: the command in its environment, and the folder of their records."""

    project: Project
    ready: Ready
    argv: tuple[str, ...]
    wanted: Wanted
    folder: Path

    @property
    def within(self) -> Path:
        """Return the folder of the project in which the command runs, as a path within it."""
        at = self.project.root if self.wanted.name is not None else self.project.folder
        return at.resolve().relative_to(self.project.root.resolve())


def verify_resume(project: Project, wanted: Wanted) -> ResumeProof:
    """Train twice in copies of the project's folder, the second time killed and resumed; return the proof.

    Raises Failure: PV721 without an environment; PV1242 where a training ends otherwise than by us, PV1243
    where the folder is too large to be copied, PV1244 where no updates are seen, PV1245 where there is no
    moment to kill it at, PV1246 where it is interrupted, PV1247 for another target than this machine,
    PV1248 where a copy can't be made.
    """
    if project.target != HERE:
        raise Failure(problem("PV1247", target=project.target), exit_code=Exit.USAGE)
    asked = Asked(wanted.processes, None, None)
    ready = as_ours(
        lambda: prepared_generation(
            project, lambda spec, number: world_of(project, spec, number, wanted.name, asked), wanted.name
        )
    )
    with ExitStack() as stack:
        stack.callback(os.close, ready.held)
        argv = wanted.command if wanted.name is None else declared(ready.spec, wanted.name, wanted.command)
        folder = _folder(project.root)
        place = _Place(project, ready, argv, wanted, folder)
        return _verified(place, stack)


def _verified(place: _Place, stack: ExitStack) -> ResumeProof:
    began = time.monotonic()
    every = place.wanted.every or max(1, place.wanted.updates // SAVES)
    straight, _ = _train(
        place, STRAIGHT_TRAINING, stack, {EVERY: str(every)}, "runs.resume.straight", retries=0
    )
    last = min((one.reached for one in straight if one.updates), default=0)
    if last < LEAST:
        hints = (Hint(text("PV1244.hint")),)
        raise Failure(problem("PV1244", n=last, why=text("PV1244.why"), hints=hints), exit_code=Exit.FAILED)
    saves = tuple(sorted({number for one in straight for number in one.saves}))
    deaths = _deaths(place.wanted, saves, last, place.ready.world)
    told = {EVERY: str(every), DEATHS: deaths, STRAIGHT: str(_accounts(place.folder, STRAIGHT_TRAINING))}
    cut, killed = _train(place, CUT_TRAINING, stack, told, "runs.resume.cut", retries=len(deaths.split()))
    if not killed:
        raise _no_moment(saves[0] if saves else 0, last)
    found = compare(straight, cut, killed)
    return ResumeProof(
        place.argv,
        found.verdict,
        last,
        place.ready.world,
        saves,
        found.kills,
        found.parts,
        found.gaps,
        time.monotonic() - began,
        str(place.folder.relative_to(place.project.root)),
    )


def _deaths(wanted: Wanted, saves: Sequence[int], last: int, world: int) -> str:
    """Return when which process of which attempt dies: after the first save, at random."""
    chance = random.Random(wanted.seed)  # noqa: S311 - no secret
    # without a save that was seen, there may still be one: late is likelier behind it than early
    first = min(saves) if saves else last // 2
    moments = range(max(first, 1), last)
    if not moments:
        raise _no_moment(first, last)
    chosen = sorted(chance.sample(moments, min(wanted.kills, len(moments))))
    return " ".join(f"{update}:{chance.randrange(world)}:{chance.random():.3f}" for update in chosen)


def _no_moment(save: int, last: int) -> Failure:
    hints = (Hint(text("PV1245.hint")),)
    return Failure(problem("PV1245", save=save, n=last, hints=hints), exit_code=Exit.FAILED)


def _train(
    place: _Place, name: str, stack: ExitStack, told: dict[str, str], words: str, *, retries: int
) -> tuple[tuple[Account, ...], list[int]]:
    """Train once, in a copy of the folder; return what its processes did, and those that were killed."""
    paths = RunFolder(place.folder / name)
    accounts, work = _accounts(place.folder, name), place.folder / f"{name}-copy"
    stack.callback(shutil.rmtree, work, ignore_errors=True)
    _copied(place, work)
    accounts.mkdir(parents=True)
    prepared = place.ready.prepared
    begun = Launch(place.argv, place.ready.generation.number)
    record, difference = recorded(
        place.project,
        begun,
        paths,
        spec=place.ready.spec,
        prepared=prepared,
        data=place.ready.data,
        name=place.wanted.name,
        folder=str(work / place.within),
    )
    variables = {UNTIL: str(place.wanted.updates), FOLDER: str(accounts), WITHIN: str(work / ".elsewhere")}
    gpus = shared(place.project, record, prepared.environment, place.ready.world)
    job = Job(
        argv=place.argv,
        folder=str(work / place.within),
        environment={**prepared.environment, **variables, **told},
        world=place.ready.world,
        devices=gpus.names,
        apart=gpus.apart,
        visible=gpus.variable,
        retries=retries,
        hooks=hooks(),
        lease=place.ready.held,
    )
    task = place.project.progress.task(text(words), total=place.wanted.updates)
    watching = _Watching(task, accounts)
    done = supervise(
        paths,
        record,
        job,
        difference=difference,
        diagnose=partial(_diagnosis, place.project),
        callbacks=watching.callbacks(),
    )
    found = read_accounts(accounts)
    if done.end.state != "done":
        task.fail(text(f"{words}.failed"))
        raise _ended(place, paths, done)
    reached = max((one.reached for one in found), default=0)
    task.finish(text(f"{words}.done", n=reached))
    return found, [one.rank for attempt in done.attempts for one in attempt.ranks if one.first and one.code]


def _diagnosis(project: Project, log: bytes, code: int) -> Diagnosis | None:
    found: Diagnosis | None = load("app.answer_to_run")(log, code, project)
    return found


class _Watching:
    """Tells how far a training is."""

    def __init__(self, task: Task, accounts: Path) -> None:
        self._task, self._accounts = task, accounts
        self._reached = 0

    def callbacks(self) -> Callbacks:
        """Return what a supervisor calls."""
        return Callbacks(ticked=self._look, ended=lambda _attempt: self._look(), every=1.0)

    def _look(self) -> None:
        reached = max((one.reached for one in read_accounts(self._accounts)), default=0)
        if reached > self._reached:
            self._task.advance(reached - self._reached)
            self._reached = reached


def _ended(place: _Place, paths: RunFolder, done: Supervised) -> Failure:
    """Return the failure of a training that did not come to its end."""
    if done.end.state in ("stopped", "preempted"):
        return Failure(problem("PV1246"), exit_code=done.end.code)
    last = done.attempts[-1]
    rank = next((one.rank for one in last.ranks if one.first), 0)
    log = os.path.relpath(paths.log(last.number, rank), place.project.root)
    hints = (Hint(text("PV1242.hint"), f"tail {shlex.quote(log)}"),)
    code = "PV1242" if last.number == 1 else "PV1249"
    shown = problem(code, code=done.end.code, why=done.end.why, hints=hints)
    return Failure(shown, exit_code=Exit.FAILED, diagnosis=last.diagnosis)


def _folder(root: Path) -> Path:
    """Return a new folder for this verification; those before it go, but what goes on right now."""
    kept = root / RECORDS / KEPT
    for old in kept.iterdir() if kept.is_dir() else ():
        if not any(is_held(RunFolder(old / name)) for name in TRAININGS):
            shutil.rmtree(old, ignore_errors=True)
    folder = kept / new_id()
    folder.mkdir(parents=True)
    return folder


def _accounts(folder: Path, name: str) -> Path:
    return folder / f"{name}-updates"


def _copied(place: _Place, to: Path) -> None:
    root, wanted = place.project.root, place.wanted
    try:
        what = working_copy.taken(root, linked=wanted.linked, without=wanted.without)
        working_copy.copy(root, what, to)
    except working_copy.TooLarge as error:
        shown = ", ".join(f"`{name}` ({size >> 20} MiB)" for name, size in error.largest)
        hints = (Hint(text("PV1243.hint"), f"provenv runs verify-resume --link {error.largest[0][0]}"),)
        raise Failure(
            problem("PV1243", size=error.size >> 20, why=text("PV1243.why", largest=shown), hints=hints),
            exit_code=Code.OURS,
        ) from error
    except OSError as error:
        raise Failure(
            problem("PV1248", path=str(error.filename or to), reason=error.strerror or "?"),
            exit_code=Code.OURS,
        ) from error
