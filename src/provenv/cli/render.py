"""`provenv render`."""

from __future__ import annotations

from pathlib import Path

import click

from .. import app
from ..app.choices import BATCHED, DIALECTS, IMAGED, LOCKED, PLACED
from ..errors import Exit
from .help import completed
from .session import Session, command, option

WHATS = (*IMAGED, *LOCKED, *BATCHED, *PLACED)


@command(
    "render",
    click.Argument(["what"], type=click.Choice(WHATS), metavar="|".join(WHATS)),
    click.Argument(["run"], required=False, metavar="[RUN]", shell_complete=completed("runs")),
    option(
        "--output",
        "-o",
        type=click.Path(path_type=Path, allow_dash=True),
        metavar="FILE|DIR",
        help="cli.render.output",
    ),
    option("--force", is_flag=True, help="cli.render.force"),
    option("--check", is_flag=True, help="cli.render.check"),
    option("--no-hashes", is_flag=True, help="cli.render.no_hashes"),
    option("--dialect", type=click.Choice(DIALECTS), help="cli.render.dialect"),
    option("--secrets", type=click.Path(path_type=Path), metavar="DIR", help="cli.render.secrets"),
    option("--prefix", type=click.Path(path_type=Path), metavar="DIR", help="cli.render.prefix"),
    option("--remove", is_flag=True, help="cli.render.remove"),
)
def render(
    session: Session,
    *,
    what: str,
    run: str | None,
    output: Path | None,
    force: bool,
    check: bool,
    no_hashes: bool,
    prefix: Path | None,
    remove: bool,
    dialect: str | None,
    secrets: Path | None,
) -> int:
    # as everywhere: `-` is standard output
    output = None if output == Path("-") else output
    asked = app.render.Asked(
        output, force, check, not no_hashes, prefix, remove, dialect or "", secrets, run or ""
    )
    made = app.render.render(session.project(), what, asked)
    if made.state == "printed" and not session.json:
        session.view.screen.out.write(made.text)
    session.view.done(made)
    return Exit.CHANGES if made.state == "differs" else Exit.DONE
