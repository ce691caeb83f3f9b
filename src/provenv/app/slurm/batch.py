"""The script of a run: what is declared, the generation that is current, where its record lies."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from ... import environ
from ...model.launch import Asked
from ...model.slurm import SlurmOptions
from ...model.spec import Spec
from ...render.sbatch import Wanted
from ...targets.records import LOCK
from ..locking import read_lock
from ..project import Project
from .node_copy import node_copy
from .target import gpus

HOOKS = "watching"
"""The folder below `.provenv/TARGET` with what sees a training from within: nodes may not see ours."""


@dataclass(frozen=True)
class Place:
    """Where a run's record lies; `members` is the folder with a link for each member of an array."""

    record: str = ""
    members: str = ""


def wanted(
    project: Project,
    spec: Spec,
    options: SlurmOptions,
    number: int,
    argv: tuple[str, ...],
    *,
    name: str,
    asked: Asked,
    place: Place,
) -> Wanted:
    """Return what the script of a run is made from. Raises Failure PV1402 (see node_copy)."""
    declared = spec.runs.get(name)
    processes = asked.processes or (str(declared.processes) if declared else "1")
    retries = asked.retries if asked.retries is not None else declared.retries if declared else 0
    locked = read_lock(project.layout.generation(number) / LOCK, project.root)
    made_by = f"provenv render sbatch --on {project.target}"
    return Wanted(
        name=name,
        argv=argv,
        file=spec.file,
        target=project.target,
        project=str(project.root),
        generation=str(project.layout.generation(number)),
        options=options,
        made_by=f"{made_by} {name}" if name else f"{made_by} -- {shlex.join(argv)}",
        processes=max(1, gpus(options)) if processes == "auto" else int(processes),
        retries=retries,
        record=place.record,
        members=place.members,
        hooks=str(project.layout.base / HOOKS),
        torch=locked is not None and locked.package("torch") is not None,
        variables=_variables(project, spec),
        passed=tuple(one for one in spec.passed if one in project.environment),
        copy=node_copy(project, number) if options.environment == "node" else None,
    )


def _variables(project: Project, spec: Spec) -> dict[str, str]:
    """Return the declared variables, and the Hub's endpoint, as the training gets them."""
    endpoint = spec.mirrors.huggingface
    hub = {environ.HF_ENDPOINT.name: environ.expand(endpoint, project.environment)} if endpoint else {}
    return {**hub, **spec.variables}
