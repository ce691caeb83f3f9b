"""Why Slurm refuses a job, by its own words; and why a job waits, by the reason that squeue tells."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

TABLES = Path(__file__).parent / "tables"


@dataclass(frozen=True)
class Known:
    """What is known of some words of Slurm's: the key of ours, and a command that shows more.

    `denied`: it is a matter of permission.
    """

    key: str
    command: str | None = None
    denied: bool = False


def refusal(said: str) -> Known | None:
    """Return what is known of sbatch's words; None where they say nothing that is known."""
    return _first("refusals", said)


def waiting(reason: str) -> Known | None:
    """Return what is known of a reason for waiting; None for a reason that is not known, or none at all."""
    return _first("reasons", reason)


def _first(name: str, said: str) -> Known | None:
    for row in _rows(name):
        if re.search(row["match"], said):
            return Known(row["key"], row.get("command"), bool(row.get("denied")))
    return None


@cache
def _rows(name: str) -> tuple[dict[str, Any], ...]:
    read = json.loads((TABLES / f"{name}.json").read_text(encoding="utf-8"))
    return tuple(read["rows"])
