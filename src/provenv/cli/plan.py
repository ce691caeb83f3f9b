"""`provenv plan`."""

from __future__ import annotations

from pathlib import Path

import click

from .. import app
from ..errors import Exit
from .at_once import at_once_option
from .session import Session, command, option


@command(
    "plan",
    option("--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="cli.plan.out"),
    option("--exit-code", is_flag=True, help="cli.plan.exit_code"),
    option("--locked", is_flag=True, help="cli.up.locked"),
    at_once_option(),
)
def plan(session: Session, *, out: Path | None, exit_code: bool, locked: bool, at_once: int) -> int:
    result = app.build.plan(session.project(), locked=locked, at_once=at_once)
    if out is not None:
        app.build.keep_plan(result.plan, out)
    session.view.done(result)
    return Exit.CHANGES if exit_code and result.changes else Exit.DONE
