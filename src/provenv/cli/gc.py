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
    option("--build-cache", is_flag=True, help="cli.gc.build_cache"),
)
def gc(session: Session, *, keep: int, build_cache: bool) -> None:
    session.view.done(app.clean.gc(session.project(), keep=keep, build_cache=build_cache))
