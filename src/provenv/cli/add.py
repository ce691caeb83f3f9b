"""`provenv add`."""

from __future__ import annotations

import click

from ..app import edit
from .session import Session, command


@command("add", click.Argument(["requirements"], nargs=-1, required=True))
def add(session: Session, *, requirements: tuple[str, ...]) -> None:
    session.view.done(edit.add(session.project().root, requirements))
