"""`provenv facts`."""

from __future__ import annotations

from ..app.machine import facts_of
from .session import Session, command


@command("facts")
def facts(session: Session) -> None:
    session.view.done(facts_of(session.folder, session.view.progress))
