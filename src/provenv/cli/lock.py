"""`provenv lock`."""

from __future__ import annotations

from pathlib import Path

import click

from ..app import locking
from .session import Session, command, option
from .upgrade import upgrade_option, upgraded


@command(
    "lock",
    upgrade_option(),
    option("--facts", type=click.Path(path_type=Path), metavar="FILE", help="cli.lock.facts"),
    option("--output", "-o", type=click.Path(path_type=Path), metavar="FILE", help="cli.lock.output"),
)
def lock(session: Session, *, upgrade: tuple[str, ...], facts: Path | None, output: Path | None) -> None:
    result = locking.lock(session.project(), facts_file=facts, upgrade=upgraded(upgrade), output=output)
    session.view.done(result)
