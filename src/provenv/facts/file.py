"""A facts.json that another machine wrote (`facts --json`) -> Facts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..errors import Exit, Failure, Hint, Place, problem, text, verbatim
from ..model.codec import from_json
from ..model.facts import Facts

LARGEST = 4 << 20
SCHEMA = 1
HINT = Hint(command="provenv facts --json > facts.json")


def load(path: Path) -> Facts:
    """Return the Facts in a file: the bare document, or `facts --json`'s whole answer around it.

    Raises Failure: PV204 it can't be read, PV205 no facts, PV206 a newer provenv wrote it, PV207 too large.
    """
    data = _parse(path, _bytes(path))
    if isinstance(data, dict) and "provenv" in data and "data" in data:
        data = data["data"]
    if not isinstance(data, dict) or "platform" not in data:
        raise _refused(path, "PV205", why=text("PV205.why"))
    schema = data.get("schema", SCHEMA)
    if isinstance(schema, int) and schema > SCHEMA:
        hint = Hint(text=text("PV206.hint"), command="uv tool upgrade provenv")
        raise Failure(problem("PV206", where=Place(str(path)), hints=(hint,), schema=schema, known=SCHEMA))
    try:
        return from_json(Facts, data)
    except (ValueError, RecursionError) as error:
        raise _refused(path, "PV205", why=verbatim(str(error)[:300])) from error


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        denied = isinstance(error, PermissionError)
        why = verbatim(error.strerror or str(error))
        code = Exit.DENIED if denied else Exit.FAILED
        raise Failure(problem("PV204", why=why, hints=(HINT,), path=str(path)), exit_code=code) from error
    if len(content) > LARGEST:
        raise _refused(path, "PV207", largest=LARGEST >> 20)
    return content


def _parse(path: Path, content: bytes) -> Any:
    try:
        # json finds UTF-8, UTF-16 and UTF-32 out by itself (Windows' shells redirect as UTF-16)
        return json.loads(content)
    except json.JSONDecodeError as error:
        lines = error.doc.splitlines()
        source = lines[error.lineno - 1][:500] if error.lineno <= len(lines) else None
        where = Place(str(path), error.lineno, error.colno, source)
        raise Failure(problem("PV205", where=where, why=verbatim(error.msg), hints=(HINT,))) from error
    except (ValueError, RecursionError) as error:
        raise _refused(path, "PV205", why=verbatim(str(error)[:300])) from error


def _refused(path: Path, code: str, **details: Any) -> Failure:
    return Failure(problem(code, where=Place(str(path)), hints=(HINT,), **details))
