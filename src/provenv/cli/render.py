"""`provenv render`."""

from __future__ import annotations

from pathlib import Path

import click

from .. import app
from ..app.choices import LOCKED, PLACED
from ..errors import Exit
from .session import Session, command, option

WHATS = (*LOCKED, *PLACED)


@command(
    "render",
    click.Argument(["what"], type=click.Choice(WHATS), metavar="|".join(WHATS)),
    option(
        "--output",
        "-o",
        type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
        metavar="FILE",
        help="cli.render.output",
    ),
    option("--force", is_flag=True, help="cli.render.force"),
    option("--check", is_flag=True, help="cli.render.check"),
    option("--no-hashes", is_flag=True, help="cli.render.no_hashes"),
    option("--prefix", type=click.Path(path_type=Path), metavar="DIR", help="cli.render.prefix"),
    option("--remove", is_flag=True, help="cli.render.remove"),
)
def render(
    session: Session,
    *,
    what: str,
    output: Path | None,
    force: bool,
    check: bool,
    no_hashes: bool,
    prefix: Path | None,
    remove: bool,
) -> int:
    # as everywhere: `-` is standard output
    output = None if output == Path("-") else output
    asked = app.render.Asked(output, force, check, not no_hashes, prefix, remove)
    made = app.render.render(session.project(), what, asked)
    if made.state == "printed" and not session.json:
        session.view.screen.out.write(made.text)
    session.view.done(made)
    return Exit.CHANGES if made.state == "differs" else Exit.DONE
