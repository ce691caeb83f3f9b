"""Where an environment is proven, and whose facts count, where that is not the machine that builds it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from ..lazy import load
from ..model.facts import Facts
from .machine import of_prover
from .project import Project, is_slurm


@contextmanager
def at_its_place(project: Project) -> Iterator[Project]:
    """Yield the project with the place where its target is used; a cluster's node is given back afterwards.

    No node is taken before something is asked of it.
    """
    if project.prover is not None or not is_slurm(project):
        yield project
        return
    host = load("app.slurm.prover")(project)
    try:
        yield replace(project, prover=host)
    finally:
        host.close()


def facts_of_place(project: Project) -> Facts:
    """Return the facts of where the project's target is used, read now."""
    with at_its_place(project) as there:
        return of_prover(there)
