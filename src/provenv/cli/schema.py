"""`provenv schema`."""

from __future__ import annotations

import json

from ..app.schema import schema as declared_schema
from .session import Session, command


@command("schema")
def schema(session: Session) -> None:
    session.view.screen.out.write(json.dumps(declared_schema(), indent=2, ensure_ascii=False) + "\n")
