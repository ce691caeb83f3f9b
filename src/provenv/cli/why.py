"""`provenv why`."""

from __future__ import annotations

import click

from ..app import locking
from .session import Session, command


@command("why", click.Argument(["subject"]))
def why(session: Session, *, subject: str) -> None:
    session.view.done(locking.why(session.project(), subject))
