"""`provenv add`."""

from __future__ import annotations

import click

from .. import app
from .session import Session, command


@command("add", click.Argument(["requirements"], nargs=-1, required=True))
def add(session: Session, *, requirements: tuple[str, ...]) -> None:
    session.view.done(app.edit.add(session.project().root, requirements))
