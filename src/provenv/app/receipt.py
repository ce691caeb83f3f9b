"""A receipt that lies in a file: a generation's proof.json, or what a command printed with --json."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import Exit, Failure, Hint, Place, problem, text, verbatim
from ..model.codec import from_json
from ..model.evidence import Evidence
from ..model.state import Generation

LARGEST = 16 << 20
SCHEMA = 1
HINT = Hint(text("PV1137.hint"), "provenv prove --json > proof.json")


@dataclass(frozen=True)
class Receipt:
    """A receipt, and the generation's record where it came with it (`status --json`, `up --json`)."""

    evidence: Evidence
    generation: Generation | None = None


def read_receipt(name: str, source: Path | bytes) -> Receipt:
    """Return the receipt in a file, or in the bytes of one.

    Raises Failure: PV1136 it can't be read, PV1137 it holds no receipt, PV1138 a newer provenv wrote it.
    """
    content = source if isinstance(source, bytes) else _bytes(name, source)
    if len(content) > LARGEST:
        why = text("PV1137.why_large", largest=LARGEST >> 20)
        raise Failure(problem("PV1137", path=name, where=Place(name), why=why, hints=(HINT,)))
    document = _parsed(name, content)
    data = document
    if isinstance(data, dict) and "provenv" in data and "data" in data:
        data = data["data"]
    around: Any = data if isinstance(data, dict) else {}
    if isinstance(around.get("evidence"), dict) and "outcomes" not in around:
        data = around["evidence"]
    if not isinstance(data, dict) or "outcomes" not in data:
        raise _no_receipt(name, document)
    schema = data.get("schema", SCHEMA)
    if isinstance(schema, int) and schema > SCHEMA:
        hints = (Hint(text("PV1138.hint"), "uv tool upgrade provenv"),)
        raise Failure(
            problem("PV1138", path=name, schema=schema, known=SCHEMA, where=Place(name), hints=hints)
        )
    try:
        evidence = from_json(Evidence, data)
        generation = from_json(Generation, around["generation"]) if _is_record(around) else None
    except (ValueError, RecursionError) as error:
        why = verbatim(str(error)[:300])
        raise Failure(problem("PV1137", path=name, where=Place(name), why=why, hints=(HINT,))) from error
    return Receipt(evidence, generation)


def _is_record(around: dict[str, Any]) -> bool:
    return isinstance(around.get("generation"), dict) and "packages" in around["generation"]


def _bytes(name: str, path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        code = Exit.DENIED if isinstance(error, PermissionError) else Exit.FAILED
        why = verbatim(error.strerror or str(error))
        raise Failure(problem("PV1136", path=name, why=why, hints=(HINT,)), exit_code=code) from error


def _parsed(name: str, content: bytes) -> Any:
    try:
        return json.loads(content)
    except json.JSONDecodeError as error:
        lines = error.doc.splitlines()
        line = lines[error.lineno - 1][:500] if error.lineno <= len(lines) else None
        where = Place(name, error.lineno, error.colno, line)
        why = verbatim(error.msg)
        raise Failure(problem("PV1137", path=name, where=where, why=why, hints=(HINT,))) from error
    except (ValueError, RecursionError) as error:
        why = verbatim(str(error)[:300])
        raise Failure(problem("PV1137", path=name, where=Place(name), why=why, hints=(HINT,))) from error


def _no_receipt(name: str, document: Any) -> Failure:
    """Return the failure; an answer of ours that failed says so, and why."""
    why = text("PV1137.why")
    if isinstance(document, dict) and document.get("ok") is False and document.get("problems"):
        first = document["problems"][0]
        code = first.get("code") if isinstance(first, dict) else None
        if isinstance(code, str):
            why = text("PV1137.why_failed", command=str(document.get("command", "")), code=code[:10])
    return Failure(problem("PV1137", path=name, where=Place(name), why=why, hints=(HINT,)))
