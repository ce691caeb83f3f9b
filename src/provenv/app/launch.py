"""`run`: a command in the proven environment, which stays as it is while the command runs."""

from __future__ import annotations

import os
import shlex
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ..errors import Exit, Failure, Hint, problem, text
from ..lazy import load
from ..model.launch import Asked, Launch, Wishes
from ..model.spec import Spec
from ..model.state import Generation
from ..runs.environment import Prepared, other_environments, prepare
from ..runs.launch import become, launch
from ..runs.program import Code
from ..runs.recorded import is_recorded
from ..runs.started import may_need_horovod
from ..targets.layout import has_python
from ..targets.lease import lease
from ..targets.names import HERE, RECORD
from ..targets.records import read_state
from .folder import usable
from .project import Project, kind_of, local_target
from .remembered import granted_cores, remembered_spec

if TYPE_CHECKING:
    from ..model.live_run import RunView

T = TypeVar("T")

NOTHING = Wishes()
UNASKED = Asked()

PROMPTS = frozenset({"ipython", "ipython3", "bpython", "ptpython", "jupyter-console"})
"""Programs of an environment that talk with the user: they need the terminal itself."""


def _one(_spec: Spec, _number: int) -> int:
    """Return that a command is one process."""
    return 1


@dataclass(frozen=True)
class Ready:
    """A proven generation, held, and the environment that commands get in it; `data` are digests by name."""

    spec: Spec
    generation: Generation
    prepared: Prepared
    held: int
    world: int = 1
    data: Mapping[str, str] = field(default_factory=dict)


def run(
    find: Callable[[], Project],
    *,
    name: str | None = None,
    command: Sequence[str] = (),
    announce: Callable[[Launch], None],
    folder: Path | None = None,
    in_place: bool = False,
    explain: bool | None = None,
    wishes: Wishes = NOTHING,
    asked: Asked = UNASKED,
    show: Callable[[str], RunView] | None = None,
) -> Launch:
    """Run the declared run `name`, or `command`, in the current generation and return how it ended.

    `find` opens the project; `announce` is told what is about to run, before it does. `folder` is
    where it runs, if not in the project's; `in_place` makes this very process the command. With `explain`
    its standard error is read along, so that a failure comes with its diagnosis; None leaves it to
    what is run. In an image target's container `folder` is one of its own, and `wishes` count
    in place of what the target declares. What trains is recorded under `.provenv/runs` and supervised, as
    `asked` says, and shown in what `show` opens (see app.runs.launch).
    Raises Failure with 125 (ours: no environment, no such run, no Horovod for a script that needs it), 126
    or 127 (not executable, not found); with 2 where no number of processes is one
    (PV1240), where an image is asked for a record (PV1241), or `wishes` need a container and
    there is none (PV1080).
    """
    if asked.processes is not None:
        load("app.runs.checked")(asked.processes)
    project = as_ours(find)
    kind = as_ours(lambda: kind_of(project))
    if kind == "image":
        if asked != UNASKED:
            raise Failure(problem("PV1241", target=project.target), exit_code=Exit.USAGE)
        contained: Launch = load("app.images.run")(
            project,
            name=name,
            command=tuple(command),
            announce=announce,
            folder=folder,
            in_place=in_place,
            explain=explain,
            wishes=wishes,
        )
        return contained
    without_container(project, wishes)
    if kind != "ssh" and (asked.hosts or asked.min_hosts is not None):
        raise Failure(problem("PV1380", target=project.target), exit_code=Exit.USAGE)
    if asked.wait and kind != "slurm":
        raise Failure(problem("PV1403", target=project.target), exit_code=Exit.USAGE)
    if kind == "ssh":
        launched: Launch = load("app.fleet_runs.run")(
            project,
            name=name,
            command=tuple(command),
            announce=announce,
            folder=folder,
            in_place=in_place,
            explain=explain,
            asked=asked,
            show=show,
        )
        return launched
    if kind == "slurm":
        submitted: Launch = load("app.slurm.run")(
            project,
            name=name,
            command=tuple(command),
            announce=announce,
            asked=asked,
            folder=folder,
            in_place=in_place,
        )
        return submitted
    ready = as_ours(lambda: prepared_generation(project, partial(_world, project, name, asked), name))
    argv = tuple(command) if name is None else as_ours(lambda: declared(ready.spec, name, tuple(command)))
    place = folder.resolve() if folder else project.folder if name is None else project.root
    if may_need_horovod(argv, str(place), ready.prepared.environment):
        load("app.runs.horovod")(project, argv, str(place), ready.prepared.environment, ready.world)
    if in_place:
        return carry_out(ready, argv, str(place), announce, become)
    if (
        asked.record
        or (asked.record is None and is_recorded(name, argv, ready.prepared.environment))
        or ready.world > 1
    ):
        return _recorded(
            project, ready, argv, str(place), announce, name=name, asked=asked, explain=explain, show=show
        )
    read_along = explain if explain is not None else name is not None or _is_program(argv, ready.prepared)
    if not read_along:
        return carry_out(ready, argv, str(place), announce)
    return _explained(project, ready, argv, str(place), announce)


def _world(project: Project, name: str | None, asked: Asked, spec: Spec, number: int) -> int:
    if asked.processes is None and (name is None or name not in spec.runs or spec.runs[name].processes == 1):
        return 1
    count: int = load("app.runs.world")(project, spec, number, name, asked)
    return count


def _recorded(
    project: Project,
    ready: Ready,
    argv: tuple[str, ...],
    folder: str,
    announce: Callable[[Launch], None],
    *,
    name: str | None,
    asked: Asked,
    explain: bool | None,
    show: Callable[[str], RunView] | None,
) -> Launch:
    prepared = ready.prepared
    begun = Launch(argv, ready.generation.number, prepared.set_aside, prepared.added, prepared.findings)
    try:
        ended: Launch = load("app.runs.launch")(
            project,
            begun,
            spec=ready.spec,
            prepared=prepared,
            data=ready.data,
            name=name,
            folder=folder,
            world=ready.world,
            asked=asked,
            lease=ready.held,
            explain=explain is not False,
            announce=announce,
            show=show,
        )
    finally:
        os.close(ready.held)
    return ended


def _is_program(argv: tuple[str, ...], prepared: Prepared) -> bool:
    """Tell whether a command may have its standard error read along unasked.

    Without a terminal any may. On one, a shell or a prompt needs the terminal itself: only
    what the environment brings, and what is given something to run, is a program.
    """
    if not os.isatty(2):
        return True
    name = os.path.basename(argv[0]) if argv else ""
    if len(argv) < 2 or name in PROMPTS or "-i" in argv[1:2]:
        return False
    found = shutil.which(argv[0], path=prepared.environment.get("PATH", ""))
    own = prepared.environment.get("VIRTUAL_ENV", "")
    return bool(found and own) and os.path.dirname(found or "").startswith(own)


def _explained(
    project: Project, ready: Ready, argv: tuple[str, ...], folder: str, announce: Callable[[Launch], None]
) -> Launch:
    """Run a command with its standard error read along; a failure gets what the rules say of it."""
    along = load("runs.relay")()
    if along is None:
        return carry_out(ready, argv, folder, announce)
    said = b""
    try:
        ended = carry_out(ready, argv, folder, announce, partial(launch, relay=along))
    finally:
        said = along.end()
    if not ended.code:
        return ended
    return replace(ended, diagnosis=load("app.answer_to_run")(said, ended.code, project))


def as_ours(step: Callable[[], T]) -> T:
    """Give a failure before the command the code that `run` has for its own (125)."""
    try:
        return step()
    except Failure as failure:
        raise Failure(*failure.problems, exit_code=Code.OURS, data=failure.data) from failure
    except OSError as error:
        refused = load("hosts.refused")(error)
        if refused is None:
            raise
        raise Failure(*refused.problems, exit_code=Code.OURS) from error


def prepared_generation(
    project: Project, world: Callable[[Spec, int], int] = _one, name: str | None = None
) -> Ready:
    """Return the current generation, held, with the environment that commands get.

    `world` tells from the Spec and the generation's number how many processes share it. `name` is the
    declared run whose data is to be there, None for all data that is declared. Raises Failure PV721, and
    where data can't be had (see app.data.fetch).
    """
    usable(project.root)
    if project.target != HERE:
        local_target(project, project.spec())
    generation, held = _hold(project)
    declared = remembered_spec(project, generation)
    venv = str(project.layout.venv(generation.number))
    processes = world(declared, generation.number)
    prepared = prepare(
        project.environment,
        spec=load("app.answering")(project, declared) if declared.mirrors.fallbacks else declared,
        venv=venv,
        granted_cores=granted_cores(project, generation.number),
        processes=processes,
        others=other_environments(project.environment.get("PATH", "")),
    )
    if not declared.data:
        return Ready(declared, generation, prepared, held, processes)
    run_ = declared.runs.get(name) if name is not None else None
    try:
        given = load("app.data.given")(project, declared, Path(venv), run_.data if run_ else None)
    except BaseException:
        os.close(held)
        raise
    prepared = load("app.data.with_data")(prepared, given)
    return Ready(declared, generation, prepared, held, processes, given.digests)


def _hold(project: Project) -> tuple[Generation, int]:
    """Take a lease on the current generation; one that was just cleaned away is not current any more."""
    while True:
        state = read_state(project.layout)
        generation = state.generation(state.current)
        if generation is None:
            raise Failure(problem("PV721", target=project.target, hints=(Hint(None, _up(project)),)))
        if not has_python(project.layout.venv(generation.number)):
            python, hints = generation.python, (Hint(text("PV467.hint"), "provenv up"),)
            raise Failure(problem("PV467", number=generation.number, python=python, hints=hints))
        folder = project.layout.generation(generation.number)
        try:
            held = lease(folder)
        except FileNotFoundError:
            continue
        if (folder / RECORD).is_file():
            return generation, held
        os.close(held)


def _up(project: Project) -> str:
    return "provenv up" if project.target == HERE else f"provenv up --on {project.target}"


def without_container(project: Project, wishes: Wishes) -> None:
    """Make sure that nothing is wished that only a container has. Raises Failure PV1080 (usage)."""
    if wishes.named:
        names = ", ".join(f"`{name}`" for name in wishes.named)
        shown = problem("PV1080", why=text("PV1080.why", target=project.target), names=names)
        raise Failure(shown, exit_code=Exit.USAGE)


def declared(spec: Spec, name: str, rest: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words of a declared run, with what was added to them. Raises Failure PV750."""
    run_ = spec.runs.get(name)
    if run_ is None:
        known = ", ".join(spec.runs) or "-"
        hints = (Hint(text("PV750.hint"), f"provenv run -- {shlex.join([name, *rest])}"),)
        raise Failure(problem("PV750", name=name, known=known, file=spec.file, hints=hints))
    return (*shlex.split(run_.command), *rest)


def carry_out(
    ready: Ready,
    argv: tuple[str, ...],
    folder: str,
    announce: Callable[[Launch], None],
    start: Callable[..., int] = launch,
) -> Launch:
    """Announce a command, run it in the generation, give the generation free; return how it ended."""
    prepared = ready.prepared
    begun = Launch(argv, ready.generation.number, prepared.set_aside, prepared.added, prepared.findings)
    announce(begun)
    began = time.monotonic()
    try:
        code = start(argv, environment=prepared.environment, folder=folder, held=ready.held)
    finally:
        os.close(ready.held)
    return replace(begun, code=code, seconds=time.monotonic() - began)
