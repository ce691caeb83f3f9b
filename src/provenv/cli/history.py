"""`provenv history`."""

from __future__ import annotations

from .. import app
from .session import Session, command


@command("history")
def history(session: Session) -> None:
    session.view.done(app.history.history(session.project()))
