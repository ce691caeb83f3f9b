"""The looks at what lies inside the project and its environment, and at the machine's facts."""

from __future__ import annotations

from . import folder, machine
from .look import Look

INSIDE: tuple[Look, ...] = (
    Look("machine", ("facts",), machine.look, limit=12.0),
    Look("folder", ("folder",), folder.look),
)
