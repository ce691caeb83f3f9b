"""`data ls`, `data verify`, `data path`: where the declared sets stand; nothing is fetched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...errors import Failure, Hint, Problem, problem
from ...model.data import DataList, DataPath
from ..project import Project
from .sets import chosen, environment_of, look, standing


def ls(project: Project, names: Sequence[str] = ()) -> DataList:
    """Return where each declared set stands. Raises Failure PV1435."""
    venv = environment_of(project)
    return DataList(tuple(standing(project, one, venv) for one in chosen(project.spec(), names)))


def verify(project: Project, names: Sequence[str] = ()) -> DataList:
    """Read every file of the sets again.

    Raises Failure with the list and what is wrong with each: PV1448 for one that is not there, PV1450 for
    one whose content changed, what `sets.look` raises.
    """
    venv = environment_of(project)
    found = [standing(project, one, venv, deep=True) for one in chosen(project.spec(), names)]
    wrong = [one.why or missing(one.name) for one in found if one.state != "there"]
    # the problems themselves are told whole, below the list
    listed = DataList(tuple(replace(one, why=None) for one in found), verified=True)
    if wrong:
        raise Failure(*wrong, data=listed)
    return listed


def path(project: Project, name: str) -> DataPath:
    """Return where a set lies. Raises Failure PV1435, PV1448, and what `sets.look` raises."""
    (one,) = chosen(project.spec(), (name,))
    here = look(project, one, environment_of(project))
    if here is None:
        raise Failure(missing(name))
    return DataPath(name, here.path)


def missing(name: str) -> Problem:
    """Return the problem that a set was not fetched yet."""
    return problem("PV1448", name=name, hints=(Hint(None, f"provenv data fetch {name}"),))
