"""`provenv up`."""

from __future__ import annotations

from pathlib import Path

import click

from .. import app
from ..lazy import load
from .session import Session, command, option
from .upgrade import upgrade_option, upgraded


@command(
    "up",
    option("--locked", is_flag=True, help="cli.up.locked"),
    option("--repair", is_flag=True, help="cli.up.repair"),
    upgrade_option(),
    option("--no-wait", is_flag=True, help="cli.up.no_wait"),
    option("--from", "folder", type=click.Path(path_type=Path), metavar="DIR", help="cli.up.from"),
)
def up(
    session: Session,
    *,
    locked: bool,
    repair: bool,
    upgrade: tuple[str, ...],
    no_wait: bool,
    folder: Path | None,
) -> None:
    project = session.project()
    result = app.up.up(
        project if folder is None else load("app.carried")(project, folder),
        locked=locked,
        repair=repair,
        upgrade=upgraded(upgrade),
        wait=not no_wait,
        agree=session.agree,
    )
    session.view.done(result)
