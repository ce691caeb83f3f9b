"""`provenv up`."""

from __future__ import annotations

from pathlib import Path

import click

from .. import app
from ..errors import Exit, Failure, Hint, problem, text
from ..lazy import load
from .at_once import at_once_option
from .hosts import host_option
from .session import Session, command, option
from .upgrade import upgrade_option, upgraded


@command(
    "up",
    option("--locked", is_flag=True, help="cli.up.locked"),
    option("--repair", is_flag=True, help="cli.up.repair"),
    upgrade_option(),
    option("--no-wait", is_flag=True, help="cli.up.no_wait"),
    at_once_option(),
    host_option(),
    option("--from", "folder", type=click.Path(path_type=Path), metavar="DIR", help="cli.up.from"),
)
def up(
    session: Session,
    *,
    locked: bool,
    repair: bool,
    upgrade: tuple[str, ...],
    no_wait: bool,
    at_once: int,
    hosts: tuple[str, ...],
    folder: Path | None,
) -> None:
    project = session.project()
    if hosts:
        on_all = Hint(text("PV1344.hint"), f"provenv up --on {project.target}")
        raise Failure(problem("PV1344", hints=(on_all,)), exit_code=Exit.USAGE)
    result = app.up.up(
        project if folder is None else load("app.carried")(project, folder),
        locked=locked,
        repair=repair,
        upgrade=upgraded(upgrade),
        wait=not no_wait,
        agree=session.agree,
        at_once=at_once,
    )
    session.view.done(result)
