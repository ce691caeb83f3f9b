"""`provenv remove`."""

from __future__ import annotations

import click

from .. import app
from .help import completed
from .session import Session, command


@command("remove", click.Argument(["names"], nargs=-1, required=True, shell_complete=completed("packages")))
def remove(session: Session, *, names: tuple[str, ...]) -> None:
    session.view.done(app.edit.remove(session.project().root, names))
