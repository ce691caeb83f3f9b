"""The names in the project's folder."""

from __future__ import annotations

import os

from ...diagnosis.ground import Folder, Ground
from ..project import Project


def look(project: Project) -> Ground:
    """Return the files in the project's folder and the folders that Python would import."""
    files, packages = [], []
    with os.scandir(project.root) as entries:
        for entry in entries:
            if entry.is_file():
                files.append(entry.name)
            elif entry.is_dir() and os.path.isfile(os.path.join(entry.path, "__init__.py")):
                packages.append(entry.name)
    return Ground(folder=Folder(str(project.root), tuple(sorted(files)), tuple(sorted(packages))))
