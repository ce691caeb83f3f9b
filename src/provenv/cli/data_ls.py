"""`provenv data ls`."""

from __future__ import annotations

from ..app import data
from .declared_data import data_argument
from .session import Session, command


@command("data ls", data_argument())
def ls(session: Session, *, names: tuple[str, ...]) -> None:
    session.view.done(data.ls.ls(session.project(), names))
