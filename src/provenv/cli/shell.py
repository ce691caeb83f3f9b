"""`provenv shell`."""

from __future__ import annotations

from typing import Any

from .. import app
from .hosts import host_option
from .session import Session, command
from .wishes import wishes, wishes_options


@command("shell", host_option(), *wishes_options())
def shell(session: Session, *, hosts: tuple[str, ...], **container: Any) -> int:
    ended = app.shell.shell(
        session.project, announce=session.view.show, wishes=wishes(**container), wanted=hosts
    )
    return ended.code or 0
