"""Which image target a `render` is about, how it was asked for, and which engine it is for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from ...engines.find import find
from ...errors import Exit, Failure, Hint, problem, text
from ...model.engine import Client
from ...model.image import ImageOptions
from ...model.lock import Lock
from ...model.spec import Spec
from ...targets.names import HERE
from ..locking import lock_path, read_lock, targeted
from ..project import Project
from ..render import Asked
from .target import options_of

EXAMPLE = '[target.box]\\nkind = "image"\\ncommand = "python serve.py"'
"""An image target as `printf` writes it."""


@dataclass(frozen=True)
class Wanted:
    """An image target that is rendered: what is declared of it, and how it was asked for."""

    project: Project
    spec: Spec
    options: ImageOptions
    asked: Asked

    @property
    def lock_path(self) -> Path:
        """Return where the target's lock lies."""
        return lock_path(self.project, None)

    def command(self, what: str, more: str = "") -> str:
        """Return the command that renders `what` of this target."""
        return f"provenv render {what} --on {self.project.target}{f' {more}' if more else ''}"


def wanted(project: Project, what: str, asked: Asked) -> Wanted:
    """Return the image target that is meant: the only one where none was named.

    Raises Failure: PV1025 where none is declared, PV1026 where it may be one of several, PV1000 where the
    one that was named is no image.
    """
    declared = project.spec()
    if project.target == HERE:
        images = [name for name, one in declared.targets.items() if one.kind == "image"]
        if not images:
            raise _none(declared)
        if len(images) > 1:
            hints = tuple(Hint(None, f"provenv render {what} --on {name}") for name in images)
            names = ", ".join(f"`{one}`" for one in images)
            raise Failure(problem("PV1026", names=names, hints=hints), exit_code=Exit.USAGE)
        project = replace(project, target=images[0])
    spec = targeted(project, declared)
    options = options_of(project, spec)
    if options is None:
        raise Failure(problem("PV1000", target=project.target))
    return Wanted(project, spec, options, asked)


def _none(declared: Spec) -> Failure:
    file = declared.file if declared.file.endswith("provenv.toml") else "provenv.toml"
    begin = () if file == declared.file else (Hint(text("PV1025.hint_init"), "provenv init"),)
    add = Hint(text("PV1025.hint", file=file), f"printf '\\n{EXAMPLE}\\n' >> {file}")
    return Failure(problem("PV1025", file=declared.file, hints=(*begin, add)))


def locked(found: Wanted) -> Lock:
    """Return the target's lock. Raises Failure PV763 where there is none, PV761 where it is an old one."""
    path = found.lock_path
    lock = read_lock(path, found.project.root)
    hint = f"provenv lock --on {found.project.target}"
    if lock is None or not lock.inputs:
        raise Failure(problem("PV763", path=path.name, hints=(Hint(None, hint),)))
    if lock.inputs.get("spec") != found.spec.digest:
        raise Failure(problem("PV761", path=path.name, hints=(Hint(text("PV761.hint"), hint),)))
    return lock


def client_of(found: Wanted) -> Client | None:
    """Return the engine that answers; None where none does: what is rendered may be for another place."""
    try:
        return find(found.project.host, found.options.engine, found.project.environment).client
    except Failure:
        return None
