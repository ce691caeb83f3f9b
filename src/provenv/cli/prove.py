"""`provenv prove`."""

from __future__ import annotations

from .. import app
from .at_once import at_once_option
from .help import completed
from .session import Session, command, option


@command(
    "prove",
    option(
        "--only", metavar="CHECK", multiple=True, help="cli.prove.only", shell_complete=completed("checks")
    ),
    option("--quick", is_flag=True, help="cli.prove.quick"),
    at_once_option(),
)
def prove(session: Session, *, only: tuple[str, ...], quick: bool, at_once: int) -> None:
    session.view.done(app.prove.prove(session.project(), only=only, quick=quick, at_once=at_once))
