"""Facts about packages, devices and builds that decide a lock: each file says its source and its date."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, cast

from ...model import tables as shared

FOLDER = Path(__file__).parent


@cache
def table(name: str) -> dict[str, Any]:
    """Return the table of that name: of this folder, or one that other rooms judge by too."""
    if name in shared.NAMES:
        return shared.table(name)
    return cast("dict[str, Any]", json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")))
