"""`provenv shell`."""

from __future__ import annotations

from .. import app
from .session import Session, command


@command("shell")
def shell(session: Session) -> int:
    return app.shell.shell(session.project, announce=session.view.show).code or 0
