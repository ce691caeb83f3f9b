"""`provenv system`."""

from __future__ import annotations

from .. import app
from .session import Session, command, option


@command("system", option("--install", is_flag=True, help="cli.system.install"))
def system(session: Session, *, install: bool) -> None:
    project = session.project()
    session.view.done(app.system.install(project, session.agree) if install else app.system.report(project))
