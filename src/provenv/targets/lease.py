"""Leases: a running command keeps its generation from being cleaned away."""

from __future__ import annotations

import os
from pathlib import Path

from .held import hold, open_held

FOLDER = "leases"


def lease(generation: Path) -> int:
    """Take a lease on a generation and return the descriptor that is the lease.

    A child that inherits the descriptor holds it on after its parent's death.
    """
    folder = generation / FOLDER
    folder.mkdir(exist_ok=True)
    while True:
        handle = open_held(folder / f"{os.getpid()}")
        hold(handle, wait=True)
        if os.fstat(handle).st_nlink:
            return handle
        # a clean-up took the file away between the opening and the holding
        os.close(handle)


def leased(generation: Path) -> bool:
    """Return whether any running process holds the generation; forget the leases of the dead."""
    folder = generation / FOLDER
    if not folder.is_dir():
        return False
    alive = False
    for path in folder.iterdir():
        handle = open_held(path)
        try:
            if hold(handle, wait=False):
                path.unlink(missing_ok=True)
            else:
                alive = True
        finally:
            os.close(handle)
    return alive
