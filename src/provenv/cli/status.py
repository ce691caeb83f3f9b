"""`provenv status`."""

from __future__ import annotations

from .. import app
from .at_once import at_once_option
from .session import Session, command, option


@command("status", option("--deep", is_flag=True, help="cli.status.deep"), at_once_option())
def status(session: Session, *, deep: bool, at_once: int) -> None:
    session.view.done(app.status.status(session.project(), deep=deep, at_once=at_once))
