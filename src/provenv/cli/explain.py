"""`provenv explain`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from .. import app
from ..errors import Exit, Failure, Hint, problem, text
from .session import Session, command, option

DASH = "-"


@command(
    "explain",
    click.Argument(["log"], required=False, type=click.Path(path_type=Path), metavar="[FILE|-]"),
    option("--facts", type=click.Path(path_type=Path), metavar="FILE", help="cli.explain.facts"),
    option("--here", is_flag=True, help="cli.explain.here"),
    option(
        "--rules", multiple=True, type=click.Path(path_type=Path), metavar="DIR", help="cli.explain.rules"
    ),
)
def explain(
    session: Session, *, log: Path | None, facts: Path | None, here: bool, rules: tuple[Path, ...]
) -> None:
    source = None if log is None or str(log) == DASH else log
    if source is None and sys.stdin.isatty():
        if log is None:
            hints = (
                Hint(text("PV902.hint_file"), "provenv explain train.log"),
                Hint(text("PV902.hint_pipe"), "COMMAND 2>&1 | provenv explain"),
                Hint(text("PV902.hint_paste"), "provenv explain -"),
            )
            raise Failure(problem("PV902", hints=hints), exit_code=Exit.USAGE)
        session.view.progress.note(text("explain.paste"))
    standard = sys.stdin.buffer if source is None else None
    asked = app.explain.Asked(source, standard, facts, here, rules)
    session.view.done(app.explain.explain(asked, session.folder, session.view.progress))
