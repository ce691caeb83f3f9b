"""A project's `uv.lock`, read through uv itself: what it says for this machine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ...errors import Failure, Hint, Place, Problem, problem, text, verbatim
from ...model.channel import Host
from ...model.facts import Facts
from ...model.lock import Lock
from ...model.spec import Spec
from ...pipconf import PipConfiguration, redact
from ..platforms import choose_python
from ..pylock import located, package_of, parse
from ..sources import sources_of
from ..uv import uv_environment, uv_version
from .adopting import from_selection, with_python
from .selection import select
from .uv_project import indexes_of, is_workspace, required_by

NAME = "uv.lock"
REMEDIES = (Hint(text("lock.foreign.ours"), "provenv lock"),)
STALE = "needs to be updated"


@dataclass(frozen=True)
class UvProject:
    """A project with a `uv.lock` (`file`): its folder, the extras and groups that are wanted.

    `others` are what is declared besides, which the lock can know nothing of.
    """

    file: Path
    folder: Path
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    def shown(self, root: str) -> str:
        """Return the lock's path relative to the folder of the declared file."""
        return Path(os.path.relpath(self.file, root)).as_posix()


def find(spec: Spec) -> UvProject | None:
    """Return the project whose `uv.lock` speaks for the declared requirements, or None.

    The lock lies beside the pyproject.toml that they come from or, for a
    member of a workspace, at the workspace's root.
    """
    files = list(dict.fromkeys(part.file for part in spec.parts))
    if len(files) != 1 or Path(files[0]).name != "pyproject.toml":
        return None
    folder = (Path(spec.root) / files[0]).parent
    lock = _lock_of(folder)
    if lock is None:
        return None
    others = [one.name or one.text for one in spec.requirements if one.where.file != files[0]]
    return UvProject(
        lock,
        folder,
        tuple(dict.fromkeys(name for part in spec.parts for name in part.extras)),
        tuple(dict.fromkeys(name for part in spec.parts for name in part.groups)),
        tuple(others),
    )


def with_indexes(spec: Spec, project: UvProject, environment: Mapping[str, str]) -> Spec:
    """Return the Spec with the indexes that the project names for uv: the files of its lock lie there."""
    own = indexes_of([project.folder, project.file.parent], environment)
    indexes = spec.indexes
    return replace(
        spec,
        indexes=replace(
            indexes,
            index_url=indexes.index_url or own.default,
            extra_index_urls=tuple(dict.fromkeys([*indexes.extra_index_urls, *own.extra])),
            find_links=tuple(dict.fromkeys([*indexes.find_links, *own.flat])),
        ),
    )


def export(
    project: UvProject,
    spec: Spec,
    facts: Facts,
    *,
    target: str,
    host: Host,
    uv: str,
    pip: PipConfiguration,
    environment: Mapping[str, str],
    foreign: bool = False,
) -> Lock:
    """Return what `uv.lock` says for the machine that `facts` describe, with what disagrees as findings.

    Raises Failure: PV339 where uv can't read it, PV335-PV338 where it has
    nothing that runs there.
    """
    file, root = project.shown(spec.root), Path(spec.root)
    whole = uv_environment(environment, pip, sources_of(spec, pip, environment))
    whole["UV_PYTHON_DOWNLOADS"] = "never"
    chosen = choose_python(spec.python, facts, foreign=foreign)
    python = ["--python", chosen.path] if chosen.path else []
    wanted = [word for name in project.extras for word in ("--extra", name)]
    wanted += [word for name in project.groups for word in ("--group", name)]
    argv = [uv, "export", "--quiet", "--frozen", "--no-header", "--format", "pylock.toml"]
    # without --no-config: what the project says about its own lock counts
    done = host.exec(
        [*argv, "--no-default-groups", *wanted, *python], environment=whole, folder=str(project.folder)
    )
    if done.code != 0:
        why = verbatim(redact(done.err.strip()) or f"exit {done.code}")
        hints = (Hint(text("PV339.hint"), "uv lock"),)
        raise Failure(problem("PV339", where=Place(file), file=file, why=why, hints=hints))
    taken = partial(select, parse(done.out, file), file)
    machine, chosen, selection = with_python(spec.python, facts, taken, REMEDIES, file, foreign=foreign)
    asking = required_by(project.file, project.folder, spec)
    packages = [
        replace(
            located(package_of(entry), project.folder, root), required_by=asking.get(str(entry["name"]), ())
        )
        for entry in selection.entries
    ]
    made = from_selection(packages, selection, spec, machine, file, target, chosen.choice)
    stale = _stale(project, file, host, uv, whole, python)
    return replace(made, uv=uv_version(host, uv, whole), findings=(*stale, *made.findings))


def _stale(
    project: UvProject, file: str, host: Host, uv: str, environment: Mapping[str, str], python: list[str]
) -> tuple[Problem, ...]:
    """Return the finding that `uv.lock` no longer answers its pyproject.toml, where uv is sure of that."""
    argv, folder = [uv, "lock", "--check", *python], str(project.folder)
    done = host.exec([*argv, "--offline"], environment=environment, folder=folder)
    if done.code != 0 and STALE not in done.err:
        # uv has to look at an index to tell
        done = host.exec(argv, environment=environment, folder=folder)
    if done.code == 0 or STALE not in done.err:
        return ()
    hints = (Hint(None, "uv lock"),)
    return (problem("PV348", severity="warning", where=Place(file), file=file, hints=hints),)


def _lock_of(folder: Path) -> Path | None:
    if (folder / NAME).is_file():
        return folder / NAME
    roots = (
        parent for parent in folder.parents if (parent / NAME).is_file() and is_workspace(parent, folder)
    )
    return next((parent / NAME for parent in roots), None)
