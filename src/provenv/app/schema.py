"""The declared file's JSON Schema, for editors."""

from __future__ import annotations

from typing import Any

from .. import spec


def schema() -> dict[str, Any]:
    """Return the JSON Schema of `provenv.toml`."""
    return spec.json_schema()
