"""`render dockerfile | compose | devcontainer`: an image target as files that stand without provenv."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from pathlib import Path

from ... import render as render_room
from ...errors import Exit, Failure, Hint, Problem, problem, text
from ...model.lock import Lock
from ...model.rendered import Rendered
from ...render import image as image_room
from ..files import keep_text
from ..locking import read_lock
from ..overwriting import may_write
from ..project import Project
from ..render import Asked
from .build_files import DOCKERFILE, dockerfile
from .wanted import Wanted, client_of, wanted

NAMES = {"compose": "compose.yaml", "devcontainer": ".devcontainer/devcontainer.json"}
"""Where each of them is looked for by the tools that read it."""
SUFFIXES = {"compose": (".yaml", ".yml"), "devcontainer": (".json",)}
FOLLOW = {
    "compose": "docker compose up --build --wait",
    "devcontainer": "devcontainer up --workspace-folder .",
}


def render_image(project: Project, what: str, asked: Asked) -> Rendered:
    """Render `what` (of IMAGED) of the project's image target and write it where it was asked for.

    Raises Failure: PV1025, PV1026 and PV1000 where no image target is meant (see wanted); PV441 and PV442
    for files that must not be written over; PV761, PV763 for a lock that is old or not there; and, for a
    Dockerfile, what keeps a base or a secret from being known (see ground, preparing).
    """
    found = wanted(project, what, asked)
    if what == "dockerfile":
        return dockerfile(found)
    path = _path(what, asked.output)
    made = _compose(found, path) if what == "compose" else _devcontainer(found, path)
    findings = _without_dockerfile(found)
    if path is None:
        return Rendered(what, "", made, "printed", findings=findings)
    before = path.read_bytes() if path.is_file() else None
    shown = os.path.normpath(path)
    if before == made.encode():
        return Rendered(what, shown, made, "same", findings=findings)
    if asked.check:
        return Rendered(what, shown, made, "differs", findings=findings)
    may_write(found.spec, path, found.lock_path, what, before, force=asked.force)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise Failure(problem("PV765", path=shown, reason=reason), exit_code=Exit.DENIED) from error
    keep_text(path, made)
    return Rendered(what, shown, made, "written", _follow(found, what, path), findings)


def _compose(found: Wanted, path: Path | None) -> str:
    return render_room.compose(
        found.spec,
        found.options,
        target=found.project.target,
        dockerfile=_dockerfile_name(found),
        root=_root_from(found, path.parent if path else found.project.root),
        client=client_of(found) if found.options.limits.gpus else None,
    )


def _devcontainer(found: Wanted, path: Path | None) -> str:
    lock = read_lock(found.lock_path, found.project.root)
    accelerator = lock.choice("accelerator") if lock else None
    return render_room.devcontainer(
        found.spec,
        found.options,
        target=found.project.target,
        dockerfile=_dockerfile_name(found),
        root=_root_from(found, path.parent if path else found.project.root / ".devcontainer"),
        app=image_room.APP,
        packages=frozenset(one.name for one in lock.packages) if lock else frozenset(),
        sources=tuple(_modules(found.project.root, lock)) if lock else (),
        accelerator=accelerator.value if accelerator else found.spec.accelerator,
    )


def _modules(root: Path, lock: Lock) -> Iterator[str]:
    """Yield the folders in which the project's own packages have their modules."""
    for package in lock.packages:
        if package.origin == "directory" or package.editable:
            folder = root / (package.location or ".")
            if folder.resolve().is_relative_to(root.resolve()):
                place = folder / "src" if (folder / "src").is_dir() else folder
                yield Path(os.path.relpath(place, root)).as_posix()


def _path(what: str, output: Path | None) -> Path | None:
    """Return the file that `-o` means: its usual name where a folder is named."""
    if output is None or (output.suffix in SUFFIXES[what] and not output.is_dir()):
        return output
    return output / NAMES[what]


def _root_from(found: Wanted, folder: Path) -> str:
    """Return the project's folder as it is reached from where the file lies."""
    return Path(os.path.relpath(found.project.root.resolve(), folder.resolve())).as_posix()


def _dockerfile_name(found: Wanted) -> str:
    """Return which Dockerfile of the folder is the target's: beside one of the user's it has another name."""
    usual, own = (found.project.root / one for one in (DOCKERFILE, f"{DOCKERFILE}.{found.project.target}"))
    if own.is_file() or (usual.is_file() and not _ours(usual)):
        return own.name
    return usual.name


def _ours(path: Path) -> bool:
    return render_room.is_ours(path.read_text(encoding="utf-8", errors="replace")[:4000], "dockerfile")


def _without_dockerfile(found: Wanted) -> tuple[Problem, ...]:
    """Return a note where what the file builds is not there yet."""
    name = _dockerfile_name(found)
    path = found.project.root / name
    if path.is_file() and _ours(path):
        return ()
    output = "." if name == DOCKERFILE else name
    hints = (Hint(None, found.command("dockerfile", f"-o {output}")),)
    return (problem("PV1031", severity="note", name=name, why=text("PV1031.why"), hints=hints),)


def _follow(found: Wanted, what: str, path: Path) -> str:
    if what != "compose" or path.name == NAMES["compose"]:
        return FOLLOW[what]
    return FOLLOW[what].replace("compose", f"compose -f {shlex.quote(os.path.normpath(path))}", 1)
