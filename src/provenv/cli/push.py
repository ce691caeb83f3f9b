"""`provenv push`."""

from __future__ import annotations

import click

from ..lazy import load
from .session import Session, command, option


@command(
    "push",
    click.Argument(["reference"], metavar="[REPOSITORY[:TAG]]", required=False),
    option("--latest", is_flag=True, help="cli.push.latest"),
)
def push(session: Session, *, reference: str | None, latest: bool) -> None:
    session.view.done(
        load("app.images.push")(session.project(), reference or "", latest=latest, agree=session.agree)
    )
