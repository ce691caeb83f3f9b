"""Where a use case works: the project's folder, its environment variables, its host, its progress."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from .. import environ, spec
from ..errors import Failure, Hint, problem, text
from ..lazy import load
from ..model.progress import Progress, Silent
from ..targets.layout import Layout
from ..targets.names import HERE

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..model.channel import Host
    from ..model.spec import Spec, Target
    from .shared import Shared

T = TypeVar("T")


@dataclass(frozen=True)
class Project:
    """One project as one command sees it.

    `root` is the folder of the declared file, `folder` the one that the user stands in. `prover` is where the
    environment is proven, and whose facts count, where that is another place than the one that builds it.
    """

    root: Path
    folder: Path
    target: str = HERE
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    channel: Host | None = None
    prover: Host | None = None
    progress: Progress = field(default_factory=Silent)
    python: str = sys.executable
    shared: Shared | None = field(default=None, compare=False, repr=False)

    @property
    def host(self) -> Host:
        """Return the channel to the place: this machine where nothing else was given."""
        return self.channel or cast("Host", load("hosts.local")())

    @property
    def place(self) -> Host:
        """Return the channel to where environments are used: their facts and their proof are of there."""
        return self.prover or self.host

    @property
    def layout(self) -> Layout:
        """Return where the target's things lie."""
        return Layout(self.root, self.target)

    def spec(self) -> Spec:
        """Return the declared file, complete. Raises Failure with every mistake in it."""
        return spec.load(self.root, self.environment)

    def once(self, name: str, make: Callable[[], T]) -> T:
        """Return what `make` gives; those of a command that share what they read get the same."""
        return make() if self.shared is None else self.shared.once(name, make)

    def caches(self) -> tuple[str, str]:
        """Return uv's cache folder (its documentation, "Cache directory") and the one for temporary files."""
        uv_cache = environ.read(environ.UV_CACHE_DIR, self.environment)
        if sys.platform == "win32":
            local = environ.read(environ.LOCALAPPDATA, self.environment) or os.path.expanduser("~")
            temporary = environ.read(environ.TEMP, self.environment) or local
            return uv_cache or os.path.join(local, "uv", "cache"), temporary
        caches = environ.read(environ.XDG_CACHE_HOME, self.environment) or os.path.expanduser("~/.cache")
        temporary = environ.read(environ.TMPDIR, self.environment) or "/tmp"  # noqa: S108 - asked for space
        return uv_cache or os.path.join(caches, "uv"), temporary


def open_project(
    folder: Path,
    *,
    target: str = HERE,
    progress: Progress | None = None,
    environment: Mapping[str, str] | None = None,
) -> Project:
    """Return the project that `folder` belongs to.

    Raises Failure PV701 where no declared file, `pyproject.toml` or `requirements.txt` is found.
    """
    if not folder.is_dir():
        raise Failure(problem("PV702", folder=str(folder)))
    leading = spec.find(folder.resolve())
    if leading is None:
        raise Failure(
            problem(
                "PV701",
                folder=str(folder.resolve()),
                hints=(Hint(text("PV701.hint_init"), "provenv init"), Hint(text("PV701.hint_folder"))),
            )
        )
    return Project(
        leading.parent,
        folder.resolve(),
        target,
        dict(os.environ) if environment is None else environment,
        progress=progress or Silent(),
    )


def local_target(project: Project, declared: Spec) -> None:
    """Make sure that the project's target is carried out on this machine.

    Raises Failure: PV703 for a target that is not declared, PV405 for a kind that this version cannot build.
    """
    target = find_target(project, declared)
    if target is None or target.kind in ("venv", "slurm"):
        return
    lock = Hint(text("PV405.hint"), f"provenv lock --on {target.name}")
    if target.kind == "ssh":
        stand = Hint(text("PV405.hint_ssh"), f"provenv status --on {target.name}")
        why = text("PV405.why_ssh")
        raise Failure(problem("PV405", target=target.name, kind=target.kind, why=why, hints=(stand,)))
    raise Failure(problem("PV405", target=target.name, kind=target.kind, hints=(lock,)))


def is_image(project: Project) -> bool:
    """Tell whether the project's target is declared as a container image; `here` never is."""
    return kind_of(project) == "image"


def is_fleet(project: Project) -> bool:
    """Tell whether the project's target is hosts over SSH; `here` never is."""
    return kind_of(project) == "ssh"


def is_slurm(project: Project) -> bool:
    """Tell whether the project's target is a cluster behind Slurm; `here` never is."""
    return kind_of(project) == "slurm"


def kind_of(project: Project) -> str:
    """Return the kind of the project's target; the declared file is read for it, but for `here`, a `venv`.

    Raises Failure PV703.
    """
    target = None if project.target == HERE else find_target(project, project.spec())
    return "venv" if target is None else target.kind


def find_target(project: Project, declared: Spec) -> Target | None:
    """Return the declared target, or None for `here`, which needs no declaration. Raises Failure PV703."""
    target = declared.targets.get(project.target)
    if target is None and project.target != HERE:
        known = ", ".join([HERE, *declared.targets])
        raise Failure(problem("PV703", target=project.target, known=known))
    return target
