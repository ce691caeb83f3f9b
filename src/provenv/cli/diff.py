"""`provenv diff`."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import click

from .. import app
from ..app.choices import COMPARED
from ..errors import Exit
from .help import completed
from .session import Session, command, option

if TYPE_CHECKING:
    from ..model.diff import Part


@command(
    "diff",
    click.Argument(["before"], metavar="[A]", required=False, shell_complete=completed("proofs")),
    click.Argument(["after"], metavar="[B]", required=False, shell_complete=completed("proofs")),
    option("--only", type=click.Choice(COMPARED), multiple=True, metavar="PART", help="cli.diff.only"),
    option("--exit-code", is_flag=True, help="cli.diff.exit_code"),
)
def diff(
    session: Session, *, before: str | None, after: str | None, only: tuple[str, ...], exit_code: bool
) -> int:
    parts = cast("tuple[Part, ...]", only)
    result = app.diff.diff(session.project(), before, after, only=parts)
    session.view.done(result)
    return Exit.CHANGES if exit_code and result.differs else Exit.DONE
