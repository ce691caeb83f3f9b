"""`provenv data digest`."""

from __future__ import annotations

import click

from ..app import data
from ..app.project import Project
from .session import Session, command


@command("data digest", click.Argument(["origin"], metavar="URL | npm:NAME@VERSION | PATH"))
def digest(session: Session, *, origin: str) -> None:
    # a file that is to be written needs the digest: none has to be there yet
    project = Project(session.folder, session.folder, progress=session.view.progress)
    session.view.done(data.digest.digest(project, origin))
