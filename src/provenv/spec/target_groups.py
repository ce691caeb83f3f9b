"""The dependency groups that targets add: `[target.NAME] groups`, read from the project's pyproject.toml."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any

from ..errors import Place, problem, text
from ..model.spec import Requirement
from .gathered import Gathered
from .leading import PYPROJECT
from .positions import Path
from .project import gather_group, read_project, string_place
from .source import brief
from .toml_text import Document


def gather_groups(
    gathered: Gathered, document: Document, table: Path, own: Mapping[str, Any], project: Document | None
) -> dict[str, tuple[Requirement, ...]]:
    """Return what each target's groups require, by the target's name; what is wrong is among the problems.

    `own` are provenv's keys at `table` of the leading `document`, unchecked. The groups are those of
    `project`, the pyproject.toml that the requirements came from, or else of the one beside the file.
    """
    named = {name: found for name, found in _named(document, table, own) if found}
    if not named:
        return {}
    project = project or _beside(gathered, document)
    if project is None:
        for group, place in (one for found in named.values() for one in found):
            why = text("PV132.no_file", file=PYPROJECT)
            gathered.problems.append(problem("PV132", group=brief(group), where=place, why=why))
        return {}
    folder = gathered.root / FilePath(project.source.name).parent
    required = {}
    for name, found in named.items():
        apart = Gathered(
            gathered.root, gathered.environment, files=gathered.files, problems=gathered.problems
        )
        for group, place in found:
            gather_group(apart, project, folder, group, place)
        required[name] = tuple(apart.requirements)
    return required


def _named(
    document: Document, table: Path, own: Mapping[str, Any]
) -> list[tuple[str, list[tuple[str, Place]]]]:
    """Return the names of groups by target, each with its place."""
    targets = own.get("target")
    found = []
    for name, options in targets.items() if isinstance(targets, dict) else ():
        groups = options.get("groups") if isinstance(options, dict) else None
        path: Path = (*table, "target", name, "groups")
        if isinstance(groups, list):
            found.append(
                (
                    name,
                    [
                        (one, string_place(document, (*path, number))(0, len(one)))
                        for number, one in enumerate(groups)
                        if isinstance(one, str)
                    ],
                )
            )
    return found


def _beside(gathered: Gathered, document: Document) -> Document | None:
    if document.source.name == PYPROJECT:
        return document
    path = gathered.root / PYPROJECT
    return read_project(gathered, path) if path.is_file() else None
