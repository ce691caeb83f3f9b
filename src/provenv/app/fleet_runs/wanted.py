"""What a run on hosts was asked for, and what is declared of it; what is not possible there is refused."""

from __future__ import annotations

import os
import posixpath
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ...errors import Exit, Failure, Hint, problem, text
from ...model.launch import Asked
from ...model.spec import Spec
from ...runs.started import LAUNCHERS
from ..launch import declared
from ..project import Project

OF_TORCH = LAUNCHERS & {"torchrun", "accelerate", "deepspeed", "lightning", "fabric", "composer"}
"""Launchers whose place is taken here: one on each host would not know of the others."""


@dataclass(frozen=True)
class Wanted:
    """A run as it was asked for, with what was declared of it."""

    name: str | None
    argv: tuple[str, ...]
    processes: int | Literal["auto"]
    retries: int
    stall: float | None
    least: int | None
    folder: str


def possible(*, in_place: bool, asked: Asked) -> None:
    """Make sure that nothing is asked for that hosts can't give. Raises Failure PV1376 (usage)."""
    for option, given in (("--replace", in_place), ("--no-record", asked.record is False)):
        if given:
            raise Failure(problem("PV1376", option=option), exit_code=Exit.USAGE)


def wanted_of(
    project: Project,
    spec: Spec,
    name: str | None,
    command: tuple[str, ...],
    folder: Path | None,
    asked: Asked,
) -> Wanted:
    """Return what was asked for, completed by what is declared.

    Raises Failure: PV750 no such run, PV1377 a launcher of one host's processes, PV1378 a folder elsewhere.
    """
    argv = command if name is None else declared(spec, name, command)
    said = spec.runs.get(name) if name is not None else None
    processes: int | Literal["auto"] = said.processes if said else 1
    if asked.processes is not None:
        processes = "auto" if asked.processes == "auto" else int(asked.processes)
    elif said is None:
        processes = "auto"
    if argv and os.path.basename(argv[0]) in OF_TORCH:
        hint = Hint(text("PV1377.hint"), f"provenv run --on {project.target} -- python train.py")
        raise Failure(problem("PV1377", launcher=os.path.basename(argv[0]), hints=(hint,)))
    place = folder.resolve() if folder else project.folder if name is None else project.root
    relative = os.path.relpath(place, project.root)
    if relative.startswith(".."):
        raise Failure(problem("PV1378", folder=str(place)))
    return Wanted(
        name,
        argv,
        processes,
        asked.retries if asked.retries is not None else said.retries if said else 0,
        asked.stall if asked.stall is not None else said.stall if said else None,
        asked.min_hosts if asked.min_hosts is not None else said.min_hosts if said else None,
        "" if relative == "." else relative.replace(os.sep, posixpath.sep),
    )
