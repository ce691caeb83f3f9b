"""`provenv init`."""

from __future__ import annotations

from .. import app
from .session import Session, command, option


@command(
    "init",
    option("--from", "source", metavar="PATH", help="cli.init.from"),
    option("--force", is_flag=True, help="cli.init.force"),
)
def init(session: Session, *, source: str | None, force: bool) -> None:
    session.view.done(app.edit.init(session.folder, session.view.words, source=source, force=force))
