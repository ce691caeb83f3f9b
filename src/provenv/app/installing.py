"""How a lock gets into an environment: from the cache, the network, the next mirror; and why it does not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

from .. import lock as lock_room
from .. import pipconf
from ..errors import Failure, Hint, Problem, problem, text
from ..model.channel import Command, Completed
from ..targets.layout import python_of
from ..targets.venv import Recipe
from .fallbacks import next_mirror
from .locking import explained
from .preparing import Prepared
from .project import Project


def recipe(project: Project, prepared: Prepared, *, refresh: bool) -> Recipe:
    """Return how the plan's generation is made; with `refresh` not from uv's cache alone."""
    ways = _Ways(project, prepared, lock_room.find_uv(project.environment))
    installs = (ways.install(),) if refresh else (ways.install(offline=True), ways.install())
    return Recipe(
        create=ways.create(),
        installs=installs,
        anew=ways.install,
        create_instead=ways.create_instead,
        install_instead=ways.install_instead,
        explain_create=partial(_no_environment, prepared),
        explain=partial(_not_installed, project, prepared),
        packages=len(prepared.lock.lock.packages),
        download=prepared.plan.download,
    )


def warn_of_swapped(project: Project, prepared: Prepared) -> None:
    """Name the wheels that were swapped after locking, where uv's cache still had the locked ones."""
    lock_file = project.root / prepared.lock.path
    since = lock_file.stat().st_mtime_ns if lock_file.is_file() else None
    for one in _swapped(project, prepared, since=since):
        project.progress.warn(_swapped_wheel("PV419", one, severity="warning"))


@dataclass
class _Ways:
    """The commands of one build, from the next mirror where one does not answer."""

    project: Project
    prepared: Prepared
    uv: str

    def create(self) -> Command:
        """Return the command for the empty environment."""
        return lock_room.venv_command(
            self.prepared.base.spec,
            pip=pipconf.read(self.project.environment),
            environment=self.project.environment,
            uv=self.uv,
            python=self.prepared.python,
            path=str(self.project.layout.venv(self.prepared.plan.generation)),
        )

    def create_instead(self, done: Completed) -> Command | None:
        """Return the same from the next mirror of Python builds, where there is one and this one failed."""
        return self.create() if self._moved(lock_room.explain_failure(done), "python") else None

    def install(self, *, offline: bool = False) -> Command:
        """Return the installation, from the sources or (`offline`) from the cache alone."""
        folder = self.project.layout.generation(self.prepared.plan.generation)
        return lock_room.installation(
            self.prepared.lock.lock,
            self.prepared.base.spec,
            pip=pipconf.read(self.project.environment),
            environment=self.project.environment,
            uv=self.uv,
            python=str(python_of(folder / "venv")),
            folder=folder,
            offline=offline,
            facts=self.prepared.base.facts,
        )

    def install_instead(self, failure: Failure) -> Command | None:
        """Return the installation from the next mirror, where there is one and this one failed."""
        return self.install() if self._moved(failure, "torch", "pypi") else None

    def _moved(self, failure: Failure, *kinds: str) -> bool:
        spec = next_mirror(self.project, self.prepared.base.spec, failure, kinds)
        if spec is not None:
            self.prepared = replace(self.prepared, base=replace(self.prepared.base, spec=spec))
        return spec is not None


def _not_installed(project: Project, prepared: Prepared, done: Completed) -> Failure:
    """Return why the packages could not be installed: which wheel was swapped, or the nearest that can be."""
    failure = lock_room.explain_failure(done)
    if failure.problems[0].code == "PV357":
        told = [_swapped_wheel("PV418", one) for one in _swapped(project, prepared, since=None)]
        if told:
            return Failure(*told)
    return explained(project, prepared.base, failure, prepared.lock.lock)


def _no_environment(prepared: Prepared, done: Completed) -> Failure:
    """Return why there is no environment: most often a Python that is not here and cannot be fetched."""
    failure = lock_room.explain_failure(done)
    if Path(prepared.python).is_absolute():
        return failure
    known = ", ".join(python.version for python in prepared.base.facts.pythons) or "-"
    hints = (
        Hint(text("PV411.hint_declare", known=known)),
        Hint(text("PV411.hint_install", version=prepared.python)),
        Hint(text("PV411.hint_mirror")),
    )
    return Failure(problem("PV411", version=prepared.python, why=failure.problems[0].what, hints=hints))


def _swapped(project: Project, prepared: Prepared, *, since: int | None) -> list[lock_room.Swapped]:
    """Return the wheels in this place's folders that are not the locked ones (see lock.swapped)."""
    return list(
        lock_room.swapped(
            prepared.lock.lock,
            prepared.base.spec,
            pip=pipconf.read(project.environment),
            environment=project.environment,
            since=since,
        )
    )


def _swapped_wheel(
    code: str, one: lock_room.Swapped, *, severity: Literal["error", "warning"] = "error"
) -> Problem:
    """Return the problem that a wheel is which is not the locked one: what was wanted, what was found."""
    hints = (
        Hint(text("PV418.hint_restore", file=Path(one.path).name)),
        Hint(text("PV418.hint_lock"), "provenv lock"),
    )
    why = text("PV418.why", wanted=one.wanted, found=one.found)
    return problem(code, why=why, hints=hints, severity=severity, path=one.path)
