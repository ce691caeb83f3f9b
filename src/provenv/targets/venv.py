"""The local target: a new virtual environment beside the old one, then the one switch."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import Failure, text
from ..model.channel import Command, Completed, Host
from ..model.progress import Progress, Task
from .durable import switch
from .editors import follow_switch, unlink_for_editors
from .layout import Layout
from .manifest import write_manifest
from .recorded import Records, Wrong, recorded
from .tree import Reader, Tree

EVENT = re.compile(
    r"\s*(?P<what>Downloading|Downloaded|Building|Built)\s+(?P<name>\S+)"
    r"(?:\s+\((?P<size>[\d.]+)(?P<unit>[KMGT]?i?B)\))?"
)
UNITS = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}


@dataclass(frozen=True)
class Recipe:
    """How an environment is made: the command that creates it, and ways to install into it.

    `installs` are ways to the same end, tried in order (from the cache, then with the network); `anew`
    is the one that is left when the cache was wrong. `explain_create` and `explain` say why uv failed.
    """

    create: Command
    installs: Sequence[Command]
    anew: Command
    explain_create: Callable[[Completed], Failure]
    explain: Callable[[Completed], Failure]
    packages: int
    download: int


@dataclass(frozen=True)
class Healing:
    """What is done about files that are not what their packages recorded.

    `find` names such packages of an environment as it was read, `unpacked` those that uv could not install
    because the cache has them in pieces; `heal` takes packages out of the cache; `hopeless`
    says that they could not be had anew (with the reason), or are wrong even then (None).
    """

    find: Callable[[Path, Tree, Records], tuple[Wrong, ...]]
    unpacked: Callable[[Completed], tuple[Wrong, ...]]
    heal: Callable[[tuple[Wrong, ...]], None]
    hopeless: Callable[[tuple[Wrong, ...], Failure | None], Failure]


def build(
    layout: Layout,
    number: int,
    recipe: Recipe,
    healing: Healing,
    *,
    read: Reader,
    host: Host,
    progress: Progress,
    begun: bool = False,
) -> Records:
    """Build generation `number`: an environment, its packages, the manifest; all verified and made durable.

    Every file is read back with `read` and compared with what its package recorded. What is wrong is
    taken from its source again, once. With `begun` the packages are linked already. Returns what the
    packages recorded. Raises what `recipe` and `healing` say.
    """
    folder = layout.generation(number)
    venv = folder / "venv"
    task = progress.task(text("targets.create", number=number))
    if not begun:
        folder.mkdir(parents=True)
        _create(recipe, host)
    task.finish(text("targets.created", number=number))
    task = progress.task(
        text("targets.install", n=recipe.packages), total=recipe.download or None, unit="bytes"
    )
    failed = None if begun else _install(recipe.installs, host, task)
    found = healing.unpacked(failed) if failed else ()
    if failed and not found:
        raise recipe.explain(failed)
    if not found:
        task.describe(text("targets.verify"))
        tree = read(venv)
        records = recorded(venv)
        found = healing.find(venv, tree, records)
    if found:
        healing.heal(found)
        task.describe(text("targets.heal"))
        shutil.rmtree(venv)
        _create(recipe, host)
        failed = _install((recipe.anew,), host, task)
        if failed:
            raise healing.hopeless(found, recipe.explain(failed))
        tree = read(venv)
        records = recorded(venv)
        found = healing.find(venv, tree, records)
    if any(one.certain for one in found):
        raise healing.hopeless(found, None)
    files, size = write_manifest(folder, tree)
    task.finish(text("targets.installed", n=recipe.packages, files=files, size_bytes=size))
    return records


def _create(recipe: Recipe, host: Host) -> None:
    created = host.exec(recipe.create.argv, environment=recipe.create.environment)
    if created.code != 0:
        raise recipe.explain_create(created)


def _install(ways: Sequence[Command], host: Host, task: Task) -> Completed | None:
    """Try one way after the other; return how the last one failed, or None."""
    watcher = _Watcher(task)
    done = None
    for command in ways:
        for path, content in command.files.items():
            host.put(content.encode(), path, mode=0o600)
        done = host.exec(command.argv, environment=command.environment, on_stderr=watcher.line)
        if done.code == 0:
            return None
    return done


def make_current(layout: Layout, number: int) -> None:
    """Switch the target to generation `number` by one rename."""
    switch(layout.current, f"generations/{layout.generation(number).name}")
    follow_switch(layout)


def forget_target(layout: Layout) -> None:
    """Take away the switch, and `.venv` where it points into this target."""
    layout.current.unlink(missing_ok=True)
    unlink_for_editors(layout)


class _Watcher:
    """Turns uv's lines into progress: sizes when a download begins, bytes when it is there."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._sizes: dict[str, float] = {}

    def line(self, line: str) -> None:
        """Take one line of uv's standard error."""
        match = EVENT.match(line)
        if match is None:
            return
        what, name = match["what"], match["name"]
        if what == "Downloading" and match["size"]:
            self._sizes[name] = float(match["size"]) * UNITS[match["unit"]]
            self._task.describe(text("targets.downloading", name=name, size_bytes=self._sizes[name]))
        elif what == "Downloaded":
            self._task.advance(self._sizes.pop(name, 0.0))
        elif what == "Building":
            self._task.describe(text("targets.building", name=name))
