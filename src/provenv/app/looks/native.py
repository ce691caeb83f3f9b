"""What the environment's native files lack here: headers read by its own interpreter, nothing imported."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from ... import environ
from ...diagnosis.ground import Ground
from ...errors import Failure
from ...model.outside import Lacking, Native, Outdated
from ...proof.libraries import look as read
from ...proof.verdict import Raw
from ...runs.environment import is_stray
from ...targets.layout import has_python, python_of
from ...targets.receipts import read_proof
from ...targets.records import current_number
from ..project import Project

LIMIT = 4.0
OPTIONAL = re.compile(r"^\? ([^\s:]+):", re.MULTILINE)
"""How the proof's evidence begins a line about what is missing and no import asks for."""


def look(project: Project) -> Ground:
    """Read the current generation; where there is none, the environment that lies in the project's folder."""
    venv = environment_of(project)
    if venv is None:
        return Ground()
    variables = {name: value for name, value in project.environment.items() if not is_stray(name)}
    try:
        raw = read(
            project.host,
            str(python_of(venv)),
            environment=variables,
            folder=str(project.root),
            through=_through(project.environment),
            imports=False,
            limit=LIMIT,
        )
    except Failure:
        # an interpreter that does not run is told of by whoever looks at the environment
        return Ground()
    return Ground(native=_read(str(venv), raw, *_proven(project)))


def _proven(project: Project) -> tuple[bool, frozenset[str]]:
    """Return whether the current generation passed its proof, and what was missing then without any harm."""
    number = current_number(project.layout)
    try:
        evidence = read_proof(project.layout, number) if number is not None else None
    except (Failure, OSError):
        return False, frozenset()
    outcome = next((one for one in evidence.outcomes if one.name == "libraries"), None) if evidence else None
    if outcome is None or outcome.status != "passed":
        return False, frozenset()
    return True, frozenset(OPTIONAL.findall(outcome.evidence))


def environment_of(project: Project) -> Path | None:
    """Return the environment that commands run in here."""
    number = current_number(project.layout)
    venvs = [project.layout.venv(number)] if number is not None else []
    return next((one for one in (*venvs, project.root / ".venv") if has_python(one)), None)


def _through(variables: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the folders that the shell's variables lead the loader to (`provenv run` sets them aside)."""
    found = {}
    said = environ.read(environ.SET_ASIDE[3], variables)
    if said:
        found["LD_LIBRARY_PATH"] = [one for one in said.split(os.pathsep) if os.path.isabs(one)]
    return found


def _read(venv: str, raw: Raw, proven: bool, harmless: frozenset[str]) -> Native:
    return Native(
        venv,
        int(raw.get("files", 0)),
        bool(raw.get("musl")),
        tuple(
            Lacking(
                str(entry["name"]),
                tuple((str(owner), str(file)) for file, owner in entry["files"]),
                bool(entry["imported"]),
            )
            for entry in raw["missing"]
            if entry["name"] not in harmless
        ),
        tuple(
            Outdated(str(name), str(version), str(file), str(owner), str(there))
            for name, version, file, owner, there in raw["versions"]
        )
        + tuple(
            Outdated(str(name), str(version), str(file), str(owner), str(there), str(by))
            for by, name, version, file, owner, there in raw["shadowed"]
        ),
        proven,
    )
