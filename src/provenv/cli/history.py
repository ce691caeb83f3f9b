"""`provenv history`."""

from __future__ import annotations

from ..app import history as app
from .session import Session, command


@command("history")
def history(session: Session) -> None:
    session.view.done(app.history(session.project()))
