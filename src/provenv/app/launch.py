"""`run`: a command in the proven environment, which stays as it is while the command runs."""

from __future__ import annotations

import os
import shlex
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from ..errors import Failure, Hint, problem, text
from ..lazy import load
from ..model.launch import Launch
from ..model.spec import Spec
from ..model.state import Generation
from ..runs.environment import Prepared, other_environments, prepare
from ..runs.launch import become, launch
from ..runs.program import Code
from ..targets.layout import has_python
from ..targets.lease import lease
from ..targets.names import HERE, RECORD
from ..targets.records import read_state
from .folder import usable
from .project import Project, local_target
from .remembered import granted_cores, remembered_spec

T = TypeVar("T")

PROMPTS = frozenset({"ipython", "ipython3", "bpython", "ptpython", "jupyter-console"})
"""Programs of an environment that talk with the user: they need the terminal itself."""


@dataclass(frozen=True)
class Ready:
    """A proven generation, held, and the environment that commands get in it."""

    spec: Spec
    generation: Generation
    prepared: Prepared
    held: int


def run(
    find: Callable[[], Project],
    *,
    name: str | None = None,
    command: Sequence[str] = (),
    announce: Callable[[Launch], None],
    folder: Path | None = None,
    in_place: bool = False,
    explain: bool | None = None,
) -> Launch:
    """Run the declared run `name`, or `command`, in the current generation and return how it ended.

    `find` opens the project; `announce` is told what is about to run, before it does. `folder` is
    where it runs, if not in the project's; `in_place` makes this very process the command. With `explain`
    its standard error is read along, so that a failure comes with its diagnosis; None leaves it to
    what is run. Raises Failure with 125 (ours: no environment, no such run), 126 or 127 (not
    executable, not found).
    """
    project = as_ours(find)
    ready = as_ours(lambda: prepared_generation(project))
    argv = tuple(command) if name is None else as_ours(lambda: _declared(ready.spec, name, tuple(command)))
    place = folder.resolve() if folder else project.folder if name is None else project.root
    if in_place:
        return carry_out(ready, argv, str(place), announce, become)
    read_along = explain if explain is not None else name is not None or _is_program(argv, ready.prepared)
    if not read_along:
        return carry_out(ready, argv, str(place), announce)
    return _explained(project, ready, argv, str(place), announce)


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


def prepared_generation(project: Project) -> Ready:
    """Return the current generation, held, with the environment that commands get. Raises Failure PV721."""
    usable(project.root)
    if project.target != HERE:
        local_target(project, project.spec())
    generation, held = _hold(project)
    declared = remembered_spec(project, generation)
    venv = str(project.layout.venv(generation.number))
    prepared = prepare(
        project.environment,
        spec=load("app.answering")(project, declared) if declared.mirrors.fallbacks else declared,
        venv=venv,
        granted_cores=granted_cores(project, generation.number),
        others=other_environments(project.environment.get("PATH", "")),
    )
    return Ready(declared, generation, prepared, held)


def _hold(project: Project) -> tuple[Generation, int]:
    """Take a lease on the current generation; one that was just cleaned away is not current any more."""
    while True:
        state = read_state(project.layout)
        generation = state.generation(state.current)
        if generation is None:
            raise Failure(problem("PV721", target=project.target, hints=(Hint(None, "provenv up"),)))
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


def _declared(spec: Spec, name: str, rest: tuple[str, ...]) -> tuple[str, ...]:
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
