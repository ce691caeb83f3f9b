"""Reads what payload/watching's exact account wrote: the updates of each process, by attempt and rank."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..model.resume_proof import Part
from .seen import records, whole, words

# the variables of payload/watching/provenv_watching/exact.py
FOLDER = "PROVENV_RUN_EXACT"
UNTIL = "PROVENV_RUN_EXACT_UNTIL"
DEATHS = "PROVENV_RUN_EXACT_DEATHS"
STRAIGHT = "PROVENV_RUN_EXACT_STRAIGHT"
PARTS: tuple[Part, ...] = ("indices", "batches", "losses", "weights", "optimizer", "rates", "random")
_NAME = re.compile(r"(\d+)-(\d+)\.jsonl")


@dataclass(frozen=True)
class Update:
    """One update: the words of each part, which are the same where the bits are; none where it isn't seen.

    `parameters` are the weights without buffers.
    """

    number: int
    parts: Mapping[Part, tuple[str, ...]]
    parameters: str = ""


@dataclass(frozen=True)
class Account:
    """What one process of one attempt did. `begins` is the update after which it began, as it was `known`."""

    attempt: int
    rank: int
    begins: int | None = None
    known: bool = True
    parameters: str = ""
    optimizer: str = ""
    updates: tuple[Update, ...] = ()
    saves: tuple[int, ...] = field(default=())

    @property
    def reached(self) -> int:
        """Return the last update that was made."""
        return self.updates[-1].number if self.updates else self.begins or 0


def read_accounts(folder: Path) -> tuple[Account, ...]:
    """Return the accounts of a folder, by attempt and rank; those that have no line are left out."""
    found = []
    for path in folder.iterdir() if folder.is_dir() else ():
        match = _NAME.fullmatch(path.name)
        if match is not None:
            found.append(_account(int(match[1]), int(match[2]), path))
    return tuple(sorted(found, key=lambda one: (one.attempt, one.rank)))


def _account(attempt: int, rank: int, path: Path) -> Account:
    begins, known, parameters, optimizer = None, True, "", ""
    updates, saves = [], []
    for row in records(path):
        number = whole(row, "n") or 0
        kind = words(row, "k")
        if kind == "start":
            begins, known = number, row.get("known") is not False
            parameters, optimizer = words(row, "parameters"), words(row, "optimizer")
        elif kind == "update":
            told = {part: _told(row.get(part)) for part in PARTS}
            updates.append(Update(number, told, words(row, "parameters")))
        elif kind == "save":
            saves.append(number)
    return Account(attempt, rank, begins, known, parameters, optimizer, tuple(updates), tuple(saves))


def _told(value: Any) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(one for one in value if isinstance(one, str))
    return (value,) if isinstance(value, str) else ()
