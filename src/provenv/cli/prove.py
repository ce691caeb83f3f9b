"""`provenv prove`."""

from __future__ import annotations

from ..app import prove as app
from .session import Session, command, option


@command(
    "prove",
    option("--only", metavar="CHECK", multiple=True, help="cli.prove.only"),
    option("--quick", is_flag=True, help="cli.prove.quick"),
)
def prove(session: Session, *, only: tuple[str, ...], quick: bool) -> None:
    session.view.done(app.prove(session.project(), only=only, quick=quick))
