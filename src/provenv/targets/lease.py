"""Leases: a running command keeps its generation from being cleaned away."""

from __future__ import annotations

import os
from pathlib import Path

from .held import hold, is_shared, open_held, share_folder

FOLDER = "leases"


def lease(generation: Path) -> int:
    """Take a lease on a generation and return the descriptor that is the lease.

    A child that inherits the descriptor holds it on after its parent's death.
    Who may not write there (another user, a read-only file system) shares the folder itself.
    Raises FileNotFoundError where the generation is gone.
    """
    folder = generation / FOLDER
    while True:
        try:
            folder.mkdir(exist_ok=True)
            handle = open_held(folder / f"{os.getpid()}")
        except FileNotFoundError:
            raise
        except OSError:
            return share_folder(generation)
        try:
            hold(handle, wait=True)
        except OSError:
            # no locks on this file system: who would clean up is refused as well (see guard)
            return handle
        if os.fstat(handle).st_nlink:
            return handle
        # a clean-up took the file away between the opening and the holding
        os.close(handle)


def leased(generation: Path) -> bool:
    """Return whether any running process holds the generation; forget the leases of the dead."""
    if not generation.is_dir():
        return False
    alive = is_shared(generation)
    folder = generation / FOLDER
    for path in folder.iterdir() if folder.is_dir() else ():
        try:
            handle = open_held(path)
        except PermissionError:
            alive = True  # another user's: nobody can tell, so it counts
            continue
        try:
            if hold(handle, wait=False):
                path.unlink(missing_ok=True)
            else:
                alive = True
        finally:
            os.close(handle)
    return alive
