"""What nodes lay an environment down from on their own disks: wheels in a folder that all of them see."""

from __future__ import annotations

import shutil
from pathlib import Path

from ... import lock as lock_room
from ... import render as render_room
from ...errors import Failure, Hint, problem, text
from ...lock.download import FILES
from ...model.lock import Lock
from ...render.sbatch import NodeCopy
from ...targets.records import LOCK, read_generation
from ..download import download
from ..files import keep_text
from ..locking import read_lock
from ..project import Project
from .target import options_of

WHEELS, REQUIREMENTS, UV = "wheels", "requirements.txt", "uv"
CONFIGURATION = "pyvenv.cfg"


def gather(project: Project, number: int) -> None:
    """Put every file of the lock into the generation's own folder, and write which they are.

    Nothing is done where jobs use the environment as it lies on the shared file system. Raises Failure as
    `download` does, PV1400 for packages that no digest protects.
    """
    folder = project.layout.generation(number) / WHEELS
    if options_of(project, project.spec()).environment != "node" or (folder / REQUIREMENTS).is_file():
        return
    locked = _lock(project, number)
    made = render_room.requirements_file(locked)
    if made.left_out:
        names = ", ".join(f"`{one}`" for one in made.left_out)
        hints = (Hint(text("PV1400.hint")),)
        raise Failure(problem("PV1400", names=names, n=len(made.left_out), hints=hints))
    download(project, folder, with_uv=False)
    # nodes need not see where provenv itself lies
    shutil.copy2(lock_room.find_uv(project.environment), folder / UV)
    keep_text(folder / REQUIREMENTS, made.text)


def node_copy(project: Project, number: int) -> NodeCopy:
    """Return what a script needs to lay the environment down. Raises Failure PV1402 without the files."""
    folder = project.layout.generation(number) / WHEELS
    if not (folder / REQUIREMENTS).is_file():
        hints = (Hint(None, f"provenv up --on {project.target} --repair"),)
        raise Failure(problem("PV1402", number=number, hints=hints))
    identity = _lock(project, number).identity.rpartition(":")[2]
    python = read_generation(project.layout, number).python
    return NodeCopy(
        str(folder / UV),
        _interpreter(project.layout.venv(number)) or python,
        str(folder / FILES),
        str(folder / REQUIREMENTS),
        f"{identity[:16]}-{python.rpartition('/')[2]}",
    )


def _lock(project: Project, number: int) -> Lock:
    locked = read_lock(project.layout.generation(number) / LOCK, project.root)
    if locked is None:
        raise Failure(problem("PV722", number=number, hints=(Hint(None, "provenv up --repair"),)))
    return locked


def _interpreter(venv: Path) -> str:
    """Return the interpreter that an environment stands on, as its pyvenv.cfg names it (PEP 405)."""
    for line in (venv / CONFIGURATION).read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition("=")
        if key.strip() == "home":
            return str(Path(value.strip()) / "python3")
    return ""
