"""`provenv pull`."""

from __future__ import annotations

import click

from ..lazy import load
from .help import completed
from .session import Session, command, option


@command(
    "pull",
    click.Argument(["reference"], required=False, shell_complete=completed("pushed")),
    option("--any", "any_", is_flag=True, help="cli.pull.any"),
)
def pull(session: Session, *, reference: str | None, any_: bool) -> None:
    session.view.done(load("app.images.pull")(session.project(), reference or "", any_=any_))
