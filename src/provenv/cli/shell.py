"""`provenv shell`."""

from __future__ import annotations

from ..app import shell as app
from .session import Session, command


@command("shell")
def shell(session: Session) -> int:
    return app.shell(session.project, announce=session.view.show).code or 0
