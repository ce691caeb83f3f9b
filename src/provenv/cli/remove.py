"""`provenv remove`."""

from __future__ import annotations

import click

from ..app import edit
from .session import Session, command


@command("remove", click.Argument(["names"], nargs=-1, required=True))
def remove(session: Session, *, names: tuple[str, ...]) -> None:
    session.view.done(edit.remove(session.project().root, names))
