"""`provenv data path`."""

from __future__ import annotations

from ..app import data
from .declared_data import data_argument
from .session import Session, command


@command("data path", data_argument(several=False))
def path(session: Session, *, name: str) -> None:
    session.view.done(data.ls.path(session.project(), name))
