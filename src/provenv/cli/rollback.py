"""`provenv rollback`."""

from __future__ import annotations

import click

from .. import app
from .help import completed
from .session import Session, command, option


@command(
    "rollback",
    click.Argument(
        ["number"], type=click.IntRange(min=1), required=False, shell_complete=completed("generations")
    ),
    option("--force", is_flag=True, help="cli.rollback.force"),
)
def rollback(session: Session, *, number: int | None, force: bool) -> None:
    session.view.done(app.clean.rollback(session.project(), number, force=force))
