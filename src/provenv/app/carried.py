"""A downloaded folder used on a machine without a network: nothing is taken from anywhere else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from ..errors import Failure, Hint, problem, text
from ..lock.download import FILES, MANIFEST, PYTHON
from .project import Project


def carried(project: Project, folder: Path) -> Project:
    """Return the project with nothing but a downloaded folder to take files from.

    Raises Failure PV769 for a folder that `download` did not make, or that has lost files since.
    """
    whole = folder.resolve()
    try:
        entries = json.loads((whole / MANIFEST).read_text(encoding="utf-8"))["files"]
        missing = [one["path"] for one in entries if not _stands(whole / one["path"], one["size"])]
    except (OSError, ValueError, KeyError, TypeError) as error:
        hints = (Hint(text("PV769.hint"), f"provenv lock --download {folder}"),)
        raise Failure(problem("PV769", folder=str(folder), hints=hints)) from error
    if missing:
        hints = (Hint(text("PV769.hint_lost")),)
        names = ", ".join(missing[:5])
        raise Failure(
            problem(
                "PV769", folder=str(folder), why=text("PV769.lost", n=len(missing), names=names), hints=hints
            )
        )
    # pip splits its lists at spaces, so an address and not a path
    environment = {**project.environment, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": (whole / FILES).as_uri()}
    if (whole / PYTHON).is_dir():
        environment["UV_PYTHON_INSTALL_MIRROR"] = (whole / PYTHON).as_uri()
    return replace(project, environment=environment)


def _stands(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size
