"""The local target: a new virtual environment beside the old one, then the one switch."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from ..errors import Failure, text
from ..model.channel import Command, Completed, Host
from ..model.progress import Progress, Task
from .durable import switch
from .editors import follow_switch, unlink_for_editors
from .layout import Layout
from .manifest import write_manifest
from .syncing import sync_tree

EVENT = re.compile(
    r"\s*(?P<what>Downloading|Downloaded|Building|Built)\s+(?P<name>\S+)"
    r"(?:\s+\((?P<size>[\d.]+)(?P<unit>[KMGT]?i?B)\))?"
)
UNITS = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}


def build(
    layout: Layout,
    number: int,
    *,
    create: Command,
    installs: Sequence[Command],
    explain_create: Callable[[Completed], Failure],
    explain: Callable[[Completed], Failure],
    host: Host,
    progress: Progress,
    packages: int,
    download: int,
    create_instead: Callable[[Completed], Command | None] = lambda done: None,
    instead: Callable[[Failure], Command | None] = lambda failure: None,
) -> None:
    """Build generation `number`: an environment, its packages, the manifest; all of it made durable.

    `installs` are ways to the same end, tried in order (from the cache, then
    with the network); `create_instead` and `instead` give another way where the last one
    failed, from another mirror. Raises what `explain_create` and `explain` make of uv's failures.
    """
    folder = layout.generation(number)
    folder.mkdir(parents=True)
    task = progress.task(text("targets.create", number=number))
    following: Command | None = create
    while following is not None:
        created = host.exec(following.argv, environment=following.environment, patience=following.patience)
        if created.code == 0:
            break
        following = create_instead(created)
    else:
        raise explain_create(created)
    task.finish(text("targets.created", number=number))
    task = progress.task(text("targets.install", n=packages), total=download or None, unit="bytes")
    watcher = _Watcher(task)
    ways = list(installs)
    while ways:
        command = ways.pop(0)
        for path, content in command.files.items():
            host.put(content.encode(), path, mode=0o600)
        done = host.exec(
            command.argv,
            environment=command.environment,
            patience=command.patience,
            on_stderr=watcher.line,
        )
        if done.code == 0:
            break
        if not ways:
            failure = explain(done)
            another = instead(failure)
            if another is None:
                raise failure
            ways.append(another)
    files, size = write_manifest(folder)
    task.describe(text("targets.sync"))
    sync_tree(folder)
    task.finish(text("targets.installed", n=packages, files=files, size_bytes=size))


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
