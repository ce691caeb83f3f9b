"""The programs that are measured, as a user has them on PATH."""

from __future__ import annotations

import shutil
import sys


def program(name: str) -> str:
    """Return the path of a program. Ends the script with its name where it is not there."""
    found = shutil.which(name)
    if found is None:
        sys.exit(f"`{name}` must be on PATH")
    return found
