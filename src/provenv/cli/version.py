"""`provenv version`."""

from __future__ import annotations

from ..app.about import about
from .session import Session, command


@command("version")
def version(session: Session) -> None:
    session.view.done(about())
