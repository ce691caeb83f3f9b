"""`provenv why`."""

from __future__ import annotations

import click

from .. import app
from .help import completed
from .session import Session, command


@command("why", click.Argument(["subject"], shell_complete=completed("packages")))
def why(session: Session, *, subject: str) -> None:
    session.view.done(app.locking.why(session.project(), subject))
