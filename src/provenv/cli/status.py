"""`provenv status`."""

from __future__ import annotations

from .. import app
from .session import Session, command, option


@command("status", option("--deep", is_flag=True, help="cli.status.deep"))
def status(session: Session, *, deep: bool) -> None:
    session.view.done(app.status.status(session.project(), deep=deep))
