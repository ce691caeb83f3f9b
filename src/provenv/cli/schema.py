"""`provenv schema`."""

from __future__ import annotations

import json

from .. import app
from .session import Session, command


@command("schema")
def schema(session: Session) -> None:
    session.view.screen.out.write(json.dumps(app.schema.schema(), indent=2, ensure_ascii=False) + "\n")
