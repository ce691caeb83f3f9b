"""What `runs verify-resume` has a training do otherwise: save sooner, and nowhere but in its own copy."""

from __future__ import annotations

import os
from hashlib import blake2b
from pathlib import Path

EVERY = "PROVENV_CHECKPOINTS_EVERY"
"""Steps between two saves, whatever the script says."""
WITHIN = "PROVENV_CHECKPOINTS_WITHIN"
"""A folder in which those folders lie that the script names by absolute paths."""


def every(declared: int | None) -> int | None:
    """Return how many steps lie between two saves."""
    said = os.environ.get(EVERY, "")
    return int(said) if said.isdecimal() and int(said) > 0 else declared


def folder(declared: str | os.PathLike[str]) -> Path:
    """Return where checkpoints lie."""
    path, within = Path(declared), os.environ.get(WITHIN)
    if not within or not path.is_absolute() or path.is_relative_to(Path.cwd()):
        return path
    return Path(within) / f"{path.name}-{blake2b(os.fsencode(path), digest_size=4).hexdigest()}"
