"""How a generation's files are read whole, for those who want to know whether they are what was proven."""

from __future__ import annotations

from functools import partial

from ..targets.tree import Reader, read_tree
from .project import Project
from .remembered import granted_cores


def deep_reader(project: Project, number: int) -> Reader:
    """Return what reads a generation's files with every core that is granted."""
    return partial(read_tree, host=project.host, python=project.python, cores=granted_cores(project, number))
