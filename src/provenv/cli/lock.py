"""`provenv lock`."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import click

from .. import app
from ..lazy import load
from .session import Session, command, option
from .upgrade import upgrade_option, upgraded


@command(
    "lock",
    upgrade_option(),
    option("--facts", type=click.Path(path_type=Path), metavar="FILE", help="cli.lock.facts"),
    option("--output", "-o", type=click.Path(path_type=Path), metavar="FILE", help="cli.lock.output"),
    option("--download", type=click.Path(path_type=Path), metavar="DIR", help="cli.lock.download"),
    option("--with-python", is_flag=True, help="cli.lock.with_python"),
)
def lock(
    session: Session,
    *,
    upgrade: tuple[str, ...],
    facts: Path | None,
    output: Path | None,
    download: Path | None,
    with_python: bool,
) -> None:
    project = session.project()
    if download is None or upgrade or output:
        # the machine answers while what makes locks is still imported
        with nullcontext(None) if facts else app.machine.asking(project) as told:
            made = app.locking.lock(
                project, facts_file=facts, upgrade=upgraded(upgrade), output=output, told=told
            )
        session.view.done(made)
    if download is not None:
        found = load("app.download")(project, download, with_python=with_python, facts_file=facts)
        session.view.done(found)
