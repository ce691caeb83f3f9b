"""`provenv facts`."""

from __future__ import annotations

from .. import app
from .session import Session, command


@command("facts")
def facts(session: Session) -> None:
    session.view.done(app.machine.facts_of(session.folder, session.view.progress))
