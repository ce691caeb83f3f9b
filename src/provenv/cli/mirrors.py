"""`provenv mirrors`."""

from __future__ import annotations

import click

from .. import app
from ..app.choices import MIRROR_LIMIT, MIRRORED
from .session import Session, command, option


@command(
    "mirrors",
    click.Argument(["names"], nargs=-1, metavar="[NAME]..."),
    option("--kind", type=click.Choice(MIRRORED), multiple=True, help="cli.mirrors.kind"),
    option("--use", metavar="NAME", help="cli.mirrors.use"),
    option(
        "--limit",
        type=click.FloatRange(0.1, 600),
        default=MIRROR_LIMIT,
        metavar="SECONDS",
        help="cli.mirrors.limit",
    ),
)
def mirrors(
    session: Session, *, names: tuple[str, ...], kind: tuple[str, ...], use: str | None, limit: float
) -> None:
    result = app.mirrors.mirrors(
        session.folder,
        names=names,
        kinds=kind,
        use=use,
        limit=limit,
        progress=session.view.progress,
    )
    session.view.done(result)
