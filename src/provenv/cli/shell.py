"""`provenv shell`."""

from __future__ import annotations

from ..app import launch
from .session import Session, command


@command("shell")
def shell(session: Session) -> int:
    return launch.shell(session.project, announce=session.view.show).code or 0
