"""Compute capability by a GPU's name, for drivers that do not tell it (before 510) and names that are cut."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("data") / "compute_capability.json"


@cache
def table() -> dict[str, str]:
    """Return capability by normalised name; the file names its sources and date."""
    data = json.loads(TABLE.read_text(encoding="utf-8"))
    return {normal(name): capability for capability, names in data["capabilities"].items() for name in names}


def normal(name: str) -> str:
    """Return a name without the vendor, in lower case, with single spaces."""
    return " ".join(name.lower().replace("(tm)", "").replace("(r)", "").removeprefix("nvidia ").split())


def look_up(name: str) -> str | None:
    """Return the capability (`8.6`) of the GPU that is called `name`, or None.

    The longest entry that the name begins with, at the end of a word, decides: `A10` is not `A100`,
    `GeForce GTX 960M` not `GeForce GTX 960`. Of a name that nvidia-smi cut (`GeForce GTX 105...`)
    all entries that it may be must agree.
    """
    wanted = normal(name)
    cut = wanted.endswith("...")
    wanted = wanted.removesuffix("...").strip()
    if cut:
        possible = {value for entry, value in table().items() if entry.startswith(wanted)}
        if possible:
            return possible.pop() if len(possible) == 1 else None
    entries = [entry for entry in table() if wanted == entry or _begins(wanted, entry)]
    return table()[max(entries, key=len)] if entries else None


def _begins(wanted: str, entry: str) -> bool:
    return wanted.startswith(entry) and not wanted[len(entry)].isalnum()
