"""`provenv version`."""

from __future__ import annotations

from .. import app
from .session import Session, command


@command("version")
def version(session: Session) -> None:
    session.view.done(app.about.about())
