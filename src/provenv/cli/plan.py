"""`provenv plan`."""

from __future__ import annotations

from pathlib import Path

import click

from .. import app
from ..errors import Exit
from .session import Session, command, option


@command(
    "plan",
    option("--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="cli.plan.out"),
    option("--exit-code", is_flag=True, help="cli.plan.exit_code"),
    option("--locked", is_flag=True, help="cli.up.locked"),
)
def plan(session: Session, *, out: Path | None, exit_code: bool, locked: bool) -> int:
    result = app.build.plan(session.project(), locked=locked)
    if out is not None:
        app.build.keep_plan(result.plan, out)
    session.view.done(result)
    return Exit.CHANGES if exit_code and result.plan.steps else Exit.DONE
