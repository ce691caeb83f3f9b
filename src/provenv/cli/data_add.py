"""`provenv data add`."""

from __future__ import annotations

from pathlib import Path

import click

from ..app import data
from .declared_data import data_argument
from .session import Session, command


@command(
    "data add",
    data_argument(several=False),
    click.Argument(["file"], type=click.Path(path_type=Path, dir_okay=False), metavar="FILE"),
)
def add(session: Session, *, name: str, file: Path) -> None:
    session.view.done(data.add.add(session.project(), name, file))
