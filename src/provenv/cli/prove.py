"""`provenv prove`."""

from __future__ import annotations

from .. import app
from .help import completed
from .session import Session, command, option


@command(
    "prove",
    option(
        "--only", metavar="CHECK", multiple=True, help="cli.prove.only", shell_complete=completed("checks")
    ),
    option("--quick", is_flag=True, help="cli.prove.quick"),
)
def prove(session: Session, *, only: tuple[str, ...], quick: bool) -> None:
    session.view.done(app.prove.prove(session.project(), only=only, quick=quick))
