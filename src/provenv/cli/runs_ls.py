"""`provenv runs ls`."""

from __future__ import annotations

import click

from ..app import runs
from ..app.choices import RUN_STATES
from .help import completed
from .session import Session, command, option


@command(
    "runs ls",
    option("--all", "-a", "everything", is_flag=True, help="cli.runs.ls.all"),
    option("--state", type=click.Choice(RUN_STATES), help="cli.runs.ls.state"),
    option("--name", metavar="NAME", help="cli.runs.ls.name", shell_complete=completed("runs")),
)
def ls(session: Session, *, everything: bool, state: str | None, name: str | None) -> None:
    session.view.done(runs.ls.ls(session.project(), state=state, name=name, everything=everything))
