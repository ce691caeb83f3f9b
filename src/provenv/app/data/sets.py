"""Which declared sets are meant, and where each stands."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

from ...errors import Exit, Failure, Hint, problem, text
from ...model.data import DataHere, DataSet, DataStanding, DataState
from ...model.spec import Spec
from ...pipconf import redact
from ...targets.layout import has_python
from ...targets.names import HERE
from ...targets.records import read_state
from ..project import Project
from . import fetched, local

WRONG = frozenset({"PV1443", "PV1445", "PV1447", "PV1450"})
"""Problems of data that is there and not what it should be, in contrast to such that can't be had."""


def chosen(spec: Spec, names: Sequence[str] = ()) -> tuple[DataSet, ...]:
    """Return the declared sets of these names, all without any. Raises Failure PV1435 (usage)."""
    for name in names:
        if name not in spec.data:
            close = difflib.get_close_matches(name, spec.data, n=1)
            hints = (Hint(text("spec.hint.write", right=close[0])),) if close else ()
            known = ", ".join(spec.data) or "-"
            shown = problem("PV1435", name=name, known=known, file=spec.file, hints=hints)
            raise Failure(shown, exit_code=Exit.USAGE)
    return tuple(spec.data[name] for name in dict.fromkeys(names)) if names else tuple(spec.data.values())


def environment_of(project: Project) -> Path | None:
    """Return the current environment of this machine, in which packages' data lies; None without one."""
    state = read_state(project.layout)
    if project.target != HERE or state.current is None:
        return None
    venv = project.layout.venv(state.current)
    return venv if has_python(venv) else None


def look(project: Project, one: DataSet, venv: Path | None, *, deep: bool = False) -> DataHere | None:
    """Return what lies here of a set, None where it has to be fetched first; nothing is fetched.

    Raises Failure where what lies here is not what was declared (see `fetched.lying`, `local.lying`).
    """
    if one.is_fetched:
        return fetched.lying(project, one, deep=deep)
    return local.lying(project, one, venv, deep=deep)


def standing(project: Project, one: DataSet, venv: Path | None, *, deep: bool = False) -> DataStanding:
    """Return where a set stands, with what is wrong with it."""
    try:
        here = look(project, one, venv, deep=deep)
    except Failure as failure:
        return lacking(one, failure)
    return DataStanding(one.name, one.source, origin(one), "there" if here else "missing", here)


def lacking(one: DataSet, failure: Failure) -> DataStanding:
    """Return how a set stands that can't be had, by what was raised."""
    first = failure.problems[0]
    state: DataState = "wrong" if first.code in WRONG else "missing"
    return DataStanding(one.name, one.source, origin(one), state, why=first)


def origin(one: DataSet) -> str:
    """Return where a set comes from, as it may be shown."""
    if one.source == "url":
        return redact(one.origin)
    if one.source == "npm":
        return f"{one.origin}@{one.revision}"
    return f"{one.origin}:{one.path}" if one.path else one.origin
