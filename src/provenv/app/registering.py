"""The environment made known to Jupyter, VS Code and direnv: only when asked, and only in marked places."""

from __future__ import annotations

import json
import os
import shutil
import site
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from .. import environ
from .. import render as render_room
from ..errors import Exit, Failure, Hint, Place, problem, text
from ..model.rendered import Rendered
from ..model.state import Generation
from ..render import jsonc
from ..render.block import Unbalanced, with_block
from ..targets.durable import pointed
from ..targets.editors import stands_in_the_way
from ..targets.layout import LINK, python_of
from ..targets.names import FOLDER, HERE
from ..targets.records import read_state
from .files import keep_text
from .locking import lock_path, read_lock
from .project import Project, local_target

KERNEL = "kernel.json"
BLOCK = f"{render_room.ORIGIN} direnv"


def jupyter(project: Project, *, force: bool, check: bool, prefix: Path | None, remove: bool) -> Rendered:
    """Register the target as a kernel of the user's Jupyter (of `prefix`'s), or take the kernel away.

    Raises Failure PV721 where there is no environment, PV444 where it has no
    ipykernel, PV445 where another project's kernel has the name.
    """
    spec = project.spec()
    local_target(project, spec)
    name = render_room.kernel_name(spec.name, project.target)
    base = prefix.resolve() / "share" / "jupyter" if prefix else data_folder(project.environment)
    path = base / "kernels" / name / KERNEL
    before = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else None
    if before is not None and not force and not _is_this(before, project):
        hints = (
            Hint(text("PV445.hint_name", file=spec.file)),
            Hint(text("PV445.hint_force"), "provenv render jupyter --force"),
        )
        raise Failure(problem("PV445", path=str(path), name=name, hints=hints))
    if remove:
        return _take_away(path, name, present=before is not None, check=check)
    if "ipykernel" not in current_generation(project).packages:
        hints = (Hint(None, "provenv add ipykernel"), Hint(None, "provenv up"))
        raise Failure(problem("PV444", why=text("PV444.why"), hints=hints))
    made = render_room.kernel_specification(program(), str(project.root), spec.name, project.target)
    return _settle("jupyter", path, str(path), made, before, check, f"jupyter console --kernel {name}")


def vscode(project: Project, *, force: bool, check: bool, prefix: Path | None, remove: bool) -> Rendered:
    """Name the target's interpreter in `.vscode/settings.json`; nothing else of the user's changes.

    Raises Failure PV447 where the user named another interpreter, PV448 where
    the file is no JSON with comments.
    """
    spec = project.spec()
    local_target(project, spec)
    path = project.root / ".vscode" / "settings.json"
    shown = f".vscode/{path.name}"
    before = _read(path, shown)
    python = f"${{workspaceFolder}}/{_interpreter(project)}"
    try:
        other = render_room.conflict(before or "", python)
        if other is not None and not force:
            hints = (Hint(text("PV447.hint"), "provenv render vscode --force"),)
            where = _place(shown, before or "", other[0])
            raise Failure(problem("PV447", where=where, path=shown, python=other[1], hints=hints))
        made = render_room.merged(before or "", python, pytest=_has(project, "pytest"))
    except jsonc.Broken as error:
        where = _place(shown, before or "", error.offset)
        raise Failure(problem("PV448", where=where, path=shown, why=text("PV448.why"))) from error
    return _settle("vscode", path, shown, made, before, check)


def direnv(project: Project, *, force: bool, check: bool, prefix: Path | None, remove: bool) -> Rendered:
    """Put the block that activates the target into `.envrc`, renew it, or take it out.

    Raises Failure PV449 where a block of ours has lost its begin or its end.
    """
    spec = project.spec()
    local_target(project, spec)
    path = project.root / ".envrc"
    before = _read(path, path.name)
    aside = [variable.name for variable in environ.SET_ASIDE]
    lines = () if remove else render_room.activation(spec, project.target, aside)
    try:
        made = with_block(before or "", BLOCK, lines)
    except Unbalanced as error:
        source = (before or "").splitlines()[error.line - 1]
        where = Place(path.name, error.line, 1, source, len(source))
        raise Failure(
            problem("PV449", where=where, path=path.name, hints=(Hint(text("PV449.hint")),))
        ) from error
    if remove and before in (None, made):
        return Rendered("direnv", path.name, "", "absent")
    if remove and not made.strip() and not check:
        path.unlink()
        return Rendered("direnv", path.name, "", "removed")
    return _settle("direnv", path, path.name, made, before, check, "direnv allow")


def data_folder(environment: Mapping[str, str]) -> Path:
    """Return Jupyter's data folder of this user, as jupyter_core.paths finds it."""
    named = environ.read(environ.JUPYTER_DATA_DIR, environment)
    if named:
        return Path(named)
    home = Path(environ.read(environ.HOME, environment) or os.path.expanduser("~"))
    if sys.platform == "darwin":
        return home / "Library" / "Jupyter"
    if sys.platform == "win32":
        roaming = environ.read(environ.APPDATA, environment)
        return Path(roaming) / "jupyter" if roaming else home / ".jupyter" / "data"
    shared = environ.read(environ.XDG_DATA_HOME, environment)
    return (Path(shared) if shared else home / ".local" / "share") / "jupyter"


def program() -> tuple[str, ...]:
    """Return the command that starts this provenv from any folder, whatever the variables say.

    `-I` keeps a notebook's folder and PYTHONPATH off the search path; the user's
    own site-packages, which it keeps off too, are let in where provenv lies there.
    """
    own = Path(__file__).resolve()
    users = own.is_relative_to(Path(site.getusersitepackages()).resolve())
    return (sys.executable, *(() if users else ("-I",)), "-m", "provenv")


def current_generation(project: Project) -> Generation:
    """Return the target's current generation. Raises Failure PV721 where there is none."""
    state = read_state(project.layout)
    generation = state.generation(state.current)
    if generation is None:
        raise Failure(problem("PV721", target=project.target, hints=(Hint(None, "provenv up"),)))
    return generation


def _is_this(content: str, project: Project) -> bool:
    try:
        told = json.loads(content)["metadata"]["provenv"]
        return bool(told["root"] == str(project.root) and told["target"] == project.target)
    except (ValueError, KeyError, TypeError):
        return False


def _take_away(path: Path, name: str, *, present: bool, check: bool) -> Rendered:
    if not present:
        return Rendered("jupyter", str(path), "", "absent")
    if not check:
        _try(path, lambda: shutil.rmtree(path.parent))
    return Rendered("jupyter", str(path), "", "differs" if check else "removed")


def _interpreter(project: Project) -> str:
    """Return the interpreter's path below the project: by `.venv`, else by the switch."""
    layout = project.layout
    if project.target == HERE and not stands_in_the_way(layout):
        venv = Path(LINK)
    else:
        current = layout.current.name
        if layout.current.is_file():
            current = pointed(layout.current) or current
        venv = Path(FOLDER, project.target, current, "venv")
    return python_of(venv).as_posix()


def _has(project: Project, name: str) -> bool:
    """Tell whether the target's lock has a package."""
    lock = read_lock(lock_path(project, None), project.root)
    return lock is not None and lock.package(name) is not None


def _read(path: Path, shown: str) -> str | None:
    """Return a file's text with its line ends as they are, None where there is none."""
    try:
        return path.read_bytes().decode("utf-8") if path.is_file() else None
    except UnicodeDecodeError as error:
        raise Failure(problem("PV448", where=Place(shown), path=shown, why=text("PV448.why_utf8"))) from error


def _settle(
    what: str, path: Path, shown: str, made: str, before: str | None, check: bool, follow: str = ""
) -> Rendered:
    if before == made:
        return Rendered(what, shown, made, "same")
    if check:
        return Rendered(what, shown, made, "differs")
    _try(path, lambda: path.parent.mkdir(parents=True, exist_ok=True))
    keep_text(path, made)
    return Rendered(what, shown, made, "written", follow)


def _try(path: Path, act: Callable[[], object]) -> None:
    """Do something to the file system. Raises Failure PV765 where it may not be done."""
    try:
        act()
    except OSError as error:
        reason = error.strerror or str(error)
        raise Failure(problem("PV765", path=str(path), reason=reason), exit_code=Exit.DENIED) from error


def _place(file: str, content: str, offset: int) -> Place:
    """Return the place of an offset in a file, with its line."""
    begin = content.rfind("\n", 0, offset) + 1
    line = content[begin:].partition("\n")[0].rstrip("\r")
    return Place(file, content.count("\n", 0, offset) + 1, offset - begin + 1, line)
