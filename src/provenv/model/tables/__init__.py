"""Facts about drivers and builds that several rooms judge by: each file says its source and its date."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, cast

FOLDER = Path(__file__).parent
NAMES = ("cuda_drivers", "device_peaks", "torch_builds")


@cache
def table(name: str) -> dict[str, Any]:
    """Return the table of that name, one of NAMES."""
    return cast("dict[str, Any]", json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")))
