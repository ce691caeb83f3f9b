"""`exec`: a command where the target is: on its hosts, in its container, in its environment here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..lazy import load
from ..model.launch import Asked, Launch
from .launch import UNASKED, as_ours, run
from .project import Project, kind_of

if TYPE_CHECKING:
    from ..model.fleet import FleetRan
    from .on_hosts.execute import Printed

UNRECORDED = Asked(record=False)


def execute(
    find: Callable[[], Project],
    argv: Sequence[str],
    *,
    announce: Callable[[Launch], None],
    printed: Printed,
    wanted: Sequence[str] = (),
    folder: str | None = None,
    at_once: int = 32,
    first_failure: bool = False,
) -> tuple[Launch | FleetRan, int]:
    """Run a command where the project's target is; return how it ended, and the exit code of it all.

    On an ssh target it runs on the `wanted` hosts (none: all), and `printed` gets what it prints there
    (see app.on_hosts.execute); on a cluster on one of its nodes; anywhere else
    as `app.launch.run` does, without a record.
    Raises Failure as these do.
    """
    project = as_ours(find)
    kind = as_ours(lambda: kind_of(project))
    if kind == "ssh" or wanted:
        ran: tuple[FleetRan, int] = load("app.on_hosts.execute")(
            project,
            argv,
            printed=printed,
            wanted=wanted,
            folder=folder,
            at_once=at_once,
            first_failure=first_failure,
        )
        return ran
    if kind == "slurm":
        there: tuple[Launch, int] = load("app.slurm.execute")(project, argv, announce=announce, folder=folder)
        return there
    ended = run(
        lambda: project,
        command=argv,
        announce=announce,
        folder=None if folder is None else Path(folder),
        asked=UNASKED if kind == "image" else UNRECORDED,
    )
    return ended, ended.code or 0
