"""What a project's place allows: whether an environment can live there, and where uv keeps its cache."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ..errors import Failure, Hint, Text, problem, text
from .project import Project

CACHE = "cache"


def usable(root: Path) -> None:
    """Make sure that programs of an environment in this folder can be found.

    Raises Failure PV466 for a path that holds what separates folders in PATH (as Python's own
    venv does), and for one that is not UTF-8 (uv takes no other).
    """
    why: Text | None = None
    if os.pathsep in str(root):
        why = text("PV466.separator", separator=os.pathsep)
    else:
        try:
            str(root).encode()
        except UnicodeEncodeError:
            why = text("PV466.encoding")
    if why is not None:
        shown = os.fsencode(root).decode("utf-8", "backslashreplace")
        raise Failure(problem("PV466", path=shown, why=why, hints=(Hint(text("PV466.hint")),)))


def with_cache(project: Project) -> Project:
    """Return the project, with a cache of its own for uv where the user's cannot be written; that is said."""
    cache, _ = project.caches()
    if _writable(cache):
        return project
    own = str(project.layout.home / CACHE)
    project.progress.warn(
        problem("PV468", severity="note", path=cache, cache=own, hints=(Hint(text("PV468.hint")),))
    )
    environment: Mapping[str, str] = {**project.environment, "UV_CACHE_DIR": own}
    return replace(project, environment=environment)


def _writable(folder: str) -> bool:
    """Tell whether this user may write into a folder, or make it where it is not there."""
    place = os.path.abspath(folder)
    while not os.path.lexists(place) and os.path.dirname(place) != place:
        place = os.path.dirname(place)
    return os.path.isdir(place) and os.access(place, os.W_OK | os.X_OK)
