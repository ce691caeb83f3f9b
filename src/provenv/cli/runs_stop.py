"""`provenv runs stop`."""

from __future__ import annotations

from ..app import runs
from .recorded import run_argument
from .session import Session, command, option


@command("runs stop", run_argument(), option("--kill", is_flag=True, help="cli.runs.stop.kill"))
def stop(session: Session, *, run: str | None, kill: bool) -> None:
    session.view.done(runs.stop.stop(session.project(), run, kill=kill))
