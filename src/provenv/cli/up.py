"""`provenv up`."""

from __future__ import annotations

from ..app import up as app
from .session import Session, command, option
from .upgrade import upgrade_option, upgraded


@command(
    "up",
    option("--locked", is_flag=True, help="cli.up.locked"),
    option("--repair", is_flag=True, help="cli.up.repair"),
    upgrade_option(),
    option("--no-wait", is_flag=True, help="cli.up.no_wait"),
)
def up(session: Session, *, locked: bool, repair: bool, upgrade: tuple[str, ...], no_wait: bool) -> None:
    result = app.up(
        session.project(), locked=locked, repair=repair, upgrade=upgraded(upgrade), wait=not no_wait
    )
    session.view.done(result)
