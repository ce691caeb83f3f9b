"""The checks of what lies inside the project and its environment."""

from __future__ import annotations

from . import shadowing
from .check import Check

INSIDE: tuple[Check, ...] = (
    Check("shadowing", "project", shadowing.look, needs=("folder",), uses=("lock", "environments")),
)
