"""Whether `up` has anything to do, decided with `os`, `json` and `hashlib` alone.

This is what a no-op costs, so nothing of the program is imported before it is
known (tests/startup holds the list). `app.up` asks here too: there is one rule.
"""

from __future__ import annotations

import json
import os

from ..plan.inputs import moved
from ..targets.names import RECORD, VENV, base_of, current_number, generation_of, python_parts
from .fingerprint import repeated

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

SCHEMA = 1


def settled(root: str, target: str, environment: Mapping[str, str]) -> dict[str, Any] | None:
    """Return the record of the target's current generation where it is proven and nothing moved since.

    None where something has to be done, or where it takes more than this to know.
    """
    base = base_of(root, target)
    number = current_number(base)
    if number is None:
        return None
    folder = generation_of(base, number)
    record = _record(os.path.join(folder, RECORD))
    if record is None or record.get("number") != number or record.get("proof") != "passed":
        return None
    if not os.path.exists(os.path.join(folder, VENV, *python_parts())):
        return None
    then = record["inputs"]
    now = repeated(root, then, record["lock_file"], record["python"], environment)
    return None if moved(then, now) else record


def _record(path: str) -> dict[str, Any] | None:
    """Return a generation's record, None where it is damaged or of another version (`up` says so)."""
    try:
        with open(path, encoding="utf-8") as file:
            record = json.load(file)
    except (OSError, ValueError):
        return None
    if not isinstance(record, dict) or record.get("schema", SCHEMA) != SCHEMA:
        return None
    inputs = record.get("inputs")
    if not isinstance(inputs, dict) or not isinstance(record.get("packages"), dict):
        return None
    words = [record.get("lock_file"), record.get("python"), *inputs.values()]
    return record if all(isinstance(one, str) for one in words) else None
