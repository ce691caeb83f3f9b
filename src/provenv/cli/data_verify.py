"""`provenv data verify`."""

from __future__ import annotations

from ..app import data
from .declared_data import data_argument
from .session import Session, command


@command("data verify", data_argument())
def verify(session: Session, *, names: tuple[str, ...]) -> None:
    session.view.done(data.ls.verify(session.project(), names))
