"""`provenv runs show`."""

from __future__ import annotations

from ..app import runs
from .recorded import run_argument
from .session import Session, command


@command("runs show", run_argument())
def show(session: Session, *, run: str | None) -> None:
    session.view.done(runs.show.show(session.project(), run))
