"""`provenv data fetch`."""

from __future__ import annotations

from ..app import data
from .declared_data import data_argument
from .session import Session, command


@command("data fetch", data_argument())
def fetch(session: Session, *, names: tuple[str, ...]) -> None:
    session.view.done(data.fetch.fetch(session.project(), names))
