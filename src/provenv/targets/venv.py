"""The local target: a new virtual environment beside the old one, then the one switch."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import Failure, text
from ..hosts.files import sync_folder
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
    is the one that is left when the cache was wrong; `create_instead` and `install_instead` give the
    same from another mirror, where there is one. `explain_create` and `explain` say why uv failed.
    """

    create: Command
    installs: Sequence[Command]
    anew: Callable[[], Command]
    create_instead: Callable[[Completed], Command | None]
    install_instead: Callable[[Failure], Command | None]
    explain_create: Callable[[Completed], Failure]
    explain: Callable[[Completed], Failure]
    packages: int
    download: int


@dataclass(frozen=True)
class Healing:
    """What is done about files that are not what their packages recorded.

    `find` names such packages of an environment as it was read, `heal` takes them out of the cache,
    `hopeless` says that they could not be had anew (with the reason), or are wrong even then (None).
    """

    find: Callable[[Path, Tree, Records], tuple[Wrong, ...]]
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
) -> Records:
    """Build generation `number`: an environment, its packages, the manifest; all verified and made durable.

    Every file is read back with `read` and compared with what its package recorded. What is wrong is
    taken from its source again, once. Returns what the packages recorded. Raises what `recipe`
    and `healing` say.
    """
    folder = layout.generation(number)
    venv = folder / "venv"
    folder.mkdir(parents=True)
    task = progress.task(text("targets.create", number=number))
    _create(recipe, host)
    task.finish(text("targets.created", number=number))
    task = progress.task(
        text("targets.install", n=recipe.packages), total=recipe.download or None, unit="bytes"
    )
    _install(recipe.installs, recipe, host, task)
    task.describe(text("targets.verify"))
    tree, records = read(venv), recorded(venv)
    found = healing.find(venv, tree, records)
    if found:
        healing.heal(found)
        task.describe(text("targets.heal"))
        shutil.rmtree(venv)
        _create(recipe, host)
        try:
            _install((recipe.anew(),), recipe, host, task)
        except Failure as failure:
            raise healing.hopeless(found, failure) from failure
        tree, records = read(venv), recorded(venv)
        found = healing.find(venv, tree, records)
    if any(one.certain for one in found):
        raise healing.hopeless(found, None)
    files, size = write_manifest(folder, tree)
    task.finish(text("targets.installed", n=recipe.packages, files=files, size_bytes=size))
    return records


def _create(recipe: Recipe, host: Host) -> None:
    following: Command | None = recipe.create
    while following is not None:
        created = host.exec(following.argv, environment=following.environment, patience=following.patience)
        if created.code == 0:
            return
        following = recipe.create_instead(created)
    raise recipe.explain_create(created)


def _install(ways: Sequence[Command], recipe: Recipe, host: Host, task: Task) -> None:
    """Try one way after the other, then from other mirrors. Raises why the last one failed."""
    watcher = _Watcher(task)
    left = list(ways)
    while left:
        command = left.pop(0)
        for path, content in command.files.items():
            host.put(content.encode(), path, mode=0o600)
        done = host.exec(
            command.argv,
            environment=command.environment,
            patience=command.patience,
            on_stderr=watcher.line,
        )
        if done.code == 0:
            return
        if not left:
            failure = recipe.explain(done)
            another = recipe.install_instead(failure)
            if another is None:
                raise failure
            left.append(another)


def make_current(layout: Layout, number: int) -> None:
    """Switch the target to generation `number` by one rename."""
    switch(layout.current, f"generations/{layout.generation(number).name}")
    follow_switch(layout)


def forget_target(layout: Layout) -> None:
    """Take away the switch, and `.venv` where it points into this target."""
    layout.current.unlink(missing_ok=True)
    unlink_for_editors(layout)
    # what they led to is removed next
    for folder in (layout.base, layout.root):
        sync_folder(folder)


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
