"""The looks at what lies inside the project and its environment, and at the machine's facts."""

from __future__ import annotations

from . import environments, files, loader, machine, room, standing
from .look import Look

INSIDE: tuple[Look, ...] = (
    Look("machine", ("facts",), machine.look, limit=12.0),
    Look("standing", ("spec", "lock", "generation", "standing"), standing.look),
    Look("drift", ("drift",), standing.drift),
    Look("environments", ("environments",), environments.look),
    Look("loader", ("search",), loader.look),
    Look("files", ("files",), files.look),
    Look("room", ("rooms",), room.look),
)
