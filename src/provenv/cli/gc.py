"""`provenv gc`."""

from __future__ import annotations

import click

from .. import app
from ..app.choices import KEPT
from .session import Session, command, option


@command(
    "gc",
    option(
        "--keep",
        type=click.IntRange(min=0),
        default=KEPT,
        show_default=True,
        metavar="N",
        help="cli.gc.keep",
    ),
)
def gc(session: Session, *, keep: int) -> None:
    session.view.done(app.clean.gc(session.project(), keep=keep))
