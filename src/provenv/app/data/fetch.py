"""`data fetch`, and what a run needs: each set there before anything begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ... import environ
from ...errors import Failure, Problem
from ...model.data import DataHere, DataList, DataSet, DataStanding
from ...model.spec import Spec
from ...runs.environment import Prepared
from ...spec.declared_data import variable_of
from ..project import Project
from . import fetched, local
from .sets import chosen, environment_of, lacking, origin


@dataclass(frozen=True)
class Given:
    """What a command gets of the declared data: variables with paths, and the digest of each set."""

    variables: dict[str, str] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)


def fetch(project: Project, names: Sequence[str] = ()) -> DataList:
    """Fetch what is missing of the sets that are named, of all without names.

    Those that can be had are had, whatever is wrong with the others. Raises Failure with the list and all
    that is wrong: PV1435, and what `fetched.bring` and `local.lying` raise.
    """
    spec, venv = project.spec(), environment_of(project)
    found: list[DataStanding] = []
    wrong: list[Problem] = []
    for one in chosen(spec, names):
        try:
            here, fresh = there(project, spec, one, venv)
            found.append(DataStanding(one.name, one.source, origin(one), "there", here, fresh))
        except Failure as failure:
            # the problem itself is told whole, below the list
            found.append(replace(lacking(one, failure), why=None))
            wrong += failure.problems
    listed = DataList(tuple(found))
    if wrong:
        raise Failure(*wrong, data=listed)
    return listed


def given(project: Project, spec: Spec, venv: Path, names: Sequence[str] | None) -> Given:
    """Return what a command gets of the sets that are named (None: all), fetched where they are missing.

    Raises Failure for the first that can't be had.
    """
    sets = spec.data.values() if names is None else [spec.data[name] for name in names]
    made = Given()
    for one in sets:
        here, _ = there(project, spec, one, venv)
        made.variables[environ.DATA.name + variable_of(one.name)] = here.path
        made.digests[one.name] = here.digest
    return made


def with_data(prepared: Prepared, given: Given) -> Prepared:
    """Return a command's environment with the variables that lead to its data."""
    return replace(
        prepared,
        environment={**prepared.environment, **given.variables},
        added=dict(sorted({**prepared.added, **given.variables}.items())),
    )


def there(project: Project, spec: Spec, one: DataSet, venv: Path | None) -> tuple[DataHere, bool]:
    """Return a set, brought here if need be (then True)."""
    if one.is_fetched:
        return fetched.bring(project, spec, one)
    return local.lying(project, one, venv), False
