"""The declared file, or what stands in for it, to a Spec: parse, validate, complete."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from .. import lazy
from ..errors import Failure, Hint, Place, Problem, problem, text
from ..model.duration import read_duration
from ..model.spec import Requirement, Run, Spec, Target
from .declared_data import data_sets
from .digest import build_digest, proof_digest
from .gathered import MOST_FILES, MOST_PROBLEMS, MOST_REQUIREMENTS, Gathered
from .leading import PROVENV, PYPROJECT, REQUIREMENTS, find
from .positions import Path
from .project import gather_project, project_name, project_python, read_project, string_place
from .requirement import Origin, read_requirement
from .requirement_file import gather_file
from .source import brief, read_toml
from .target_groups import gather_groups
from .toml_text import Document, parse

if TYPE_CHECKING:
    from .schema import Declared

_NOT_LISTS = (
    # files that people name and that are no list of requirements: pattern -> our words
    (re.compile(r"(?:pylock(?:\.[^.]+)?\.toml|[\w-]+\.lock|Pipfile)$"), "lock"),
    (re.compile(r"\.ya?ml$"), "conda"),
    (re.compile(r"setup\.(?:py|cfg)$"), "setup"),
)


@dataclass(frozen=True)
class Leading:
    """The file that leads, parsed: `table` is the path of provenv's own keys, None where it has none."""

    file: FilePath
    document: Document | None = None
    table: Path | None = None

    @property
    def root(self) -> FilePath:
        """Return the project's folder."""
        return self.file.parent

    @property
    def own(self) -> dict[str, Any]:
        """Return provenv's own keys as they stand in the file, unchecked."""
        value: Any = self.document.data if self.document else {}
        for part in self.table or ():
            value = value.get(part) if isinstance(value, dict) else None
        return value if isinstance(value, dict) and self.table is not None else {}


def load(folder: FilePath, environment: Mapping[str, str] | None = None) -> Spec:
    """Return what the project in `folder` (or the one around it) declares.

    `environment` gives the values of `${NAME}` in requirements files (the
    process's by default). Raises Failure with every mistake of every file.
    """
    leading = lead(folder)
    gathered = Gathered(leading.root, os.environ if environment is None else environment)
    declared = _validate(gathered, leading)
    project = gather(gathered, leading)
    groups = {}
    if leading.document is not None and leading.table is not None:
        groups = gather_groups(gathered, leading.document, leading.table, leading.own, project)
    python = declared.python if declared else None
    if python is None and project is not None:
        python = project_python(gathered, project)
    refuse(gathered)
    name = (declared.name if declared else None) or (project_name(project) if project else None)
    spec = Spec(
        name=name or folder_name(leading.root),
        root=str(leading.root.resolve()),
        file=leading.file.name,
        files=tuple(gathered.files),
        digest="",
        python=python,
        requirements=tuple(gathered.requirements),
        constraints=tuple(gathered.constraints),
        indexes=gathered.indexes(),
        findings=tuple(gathered.problems),
        expanded=tuple(gathered.expanded),
        parts=tuple(gathered.parts),
    )
    if declared is not None:
        spec = _with_declared(spec, declared, groups)
    return replace(spec, digest=build_digest(spec, gathered.directories), proof_digest=proof_digest(spec))


def lead(folder: FilePath) -> Leading:
    """Return the leading file of `folder`, parsed if it is TOML. Raises Failure where there is none."""
    file = find(folder)
    if file is None:
        # the hint is left to the commands that need a file; `init` is what makes one
        raise Failure(
            problem(
                "PV107",
                folder=str(folder),
                why=text("PV107.why"),
                hints=(Hint(command="provenv init"),),
            )
        )
    if file.name == REQUIREMENTS:
        return Leading(file)
    document = parse(read_toml(file.parent, file))
    if file.name == PROVENV:
        return Leading(file, document, ())
    tool = document.data.get("tool")
    own: Path | None = ("tool", "provenv") if isinstance(tool, dict) and "provenv" in tool else None
    return Leading(file, document, own)


def refuse(gathered: Gathered) -> None:
    """Raise Failure if any problem is an error: all of them, in the order of files and lines."""
    if len(gathered.requirements) + len(gathered.constraints) >= MOST_REQUIREMENTS:
        gathered.problems.append(
            problem(
                "PV113", file=gathered.files[-1], limit=MOST_REQUIREMENTS, where=Place(gathered.files[-1])
            )
        )
    if not any(one.severity == "error" for one in gathered.problems):
        return
    order = {name: number for number, name in enumerate(gathered.files)}

    def key(one: Problem) -> tuple[bool, int, int, int]:
        where = one.where
        if where is None:
            return one.severity != "error", MOST_FILES, 0, 0
        return one.severity != "error", order.get(where.file, MOST_FILES), where.line or 0, where.column or 0

    ordered = sorted(dict.fromkeys(_Identity(one) for one in gathered.problems), key=lambda one: key(one.it))
    shown = [one.it for one in ordered[:MOST_PROBLEMS]]
    if len(ordered) > len(shown):
        shown.append(problem("PV114", n=len(ordered) - len(shown), severity="note"))
    raise Failure(*shown)


class _Identity:
    """A problem by its code and place, so that a file that is read twice complains once."""

    def __init__(self, it: Problem) -> None:
        self.it = it
        self.key = (it.code, it.where, it.what.key, tuple(it.what.args.items()))

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identity) and self.key == other.key


def _validate(gathered: Gathered, leading: Leading) -> Declared | None:
    if leading.document is None:
        return None
    gathered.note_file(leading.file.name)
    if leading.file.name == PROVENV or leading.table is not None:
        gathered.problems.extend(leading.document.problems)
    if leading.table is None or (leading.document.partial and not leading.document.data):
        return None
    declared, problems = lazy.load("spec.validate")(leading.document, leading.table)
    gathered.problems.extend(problems)
    return declared  # type: ignore[no-any-return]  # the table of lazy imports has no types


def gather(gathered: Gathered, leading: Leading) -> Document | None:
    """Read all requirements that the leading file means; return the pyproject.toml that was read for them.

    Without a `requirements` key these are the folder's pyproject.toml with
    `[project]`, or else its requirements.txt.
    """
    declared = leading.own.get("requirements")
    path: Path = (*(leading.table or ()), "requirements")
    if declared is None:
        return gather_default(gathered, leading)
    document = leading.document
    if document is None:
        return None
    entries = declared if isinstance(declared, list) else [declared]
    project = None
    for number, entry in enumerate(entries):
        if gathered.full:
            break
        element = (*path, number) if isinstance(declared, list) else path
        if isinstance(entry, str) and isinstance(declared, list):
            origin = Origin(leading.root, leading.root, string_place(document, element), gathered.environment)
            gathered.take(read_requirement(entry, origin))
        elif isinstance(entry, dict) and isinstance(entry.get("file"), str) and entry["file"].strip():
            project = _gather_named(gathered, leading, entry, element) or project
    return project


def gather_default(gathered: Gathered, leading: Leading) -> Document | None:
    """Read what stands in for a list of requirements; return the pyproject.toml if it was that."""
    pyproject = leading.root / PYPROJECT
    if leading.file.name == REQUIREMENTS:
        gather_file(gathered, leading.file)
        return None
    if leading.file == pyproject and leading.document is not None:
        project: Document | None = leading.document
        if leading.table is None:
            gathered.problems.extend(leading.document.problems)
    elif pyproject.is_file():
        project = read_project(gathered, pyproject)
    else:
        project = None
    if project is not None and ("project" in project.data or project.partial):
        gathered.note_file(PYPROJECT)
        gather_project(gathered, project, leading.root)
        return project
    if (leading.root / REQUIREMENTS).is_file():
        gather_file(gathered, leading.root / REQUIREMENTS)
    return None


def _gather_named(
    gathered: Gathered, leading: Leading, entry: dict[str, Any], element: Path
) -> Document | None:
    document = leading.document
    if document is None:
        return None
    written = entry["file"]
    span = document.at_value((*element, "file"))
    where = document.source.place(span.start, span.length)
    path = leading.root / written
    for pattern, key in _NOT_LISTS:
        if pattern.search(written):
            why = text(f"PV136.{key}", file=written)
            gathered.problems.append(problem("PV136", file=written, where=where, why=why))
            return None
    named = {
        kind: [
            (name, string_place(document, (*element, kind, number))(0, len(name)))
            for number, name in enumerate(entry.get(kind, ()))
            if isinstance(name, str)
        ]
        for kind in ("groups", "extras")
        if isinstance(entry.get(kind, ()), list)
    }
    if not written.endswith(".toml"):
        why = text("PV132.not_project", file=written)
        for name, place in named.get("groups", ()):
            gathered.problems.append(problem("PV132", group=brief(name), where=place, why=why))
        for name, place in named.get("extras", ()):
            gathered.problems.append(problem("PV133", extra=brief(name), where=place, why=why))
        gather_file(gathered, path, where=where)
        return None
    if document.source.name == written and leading.file == path:
        project: Document | None = document
    else:
        project = read_project(gathered, path, where)
    if project is not None:
        gather_project(
            gathered,
            project,
            path.parent,
            groups=named.get("groups", ()),
            extras=named.get("extras", ()),
        )
    return project


def _with_declared(spec: Spec, declared: Declared, groups: Mapping[str, tuple[Requirement, ...]]) -> Spec:
    runs = {
        name: Run(
            name,
            run.command,
            run.processes,
            run.retries,
            None if run.stall is None else read_duration(run.stall),
            run.min_hosts,
            None if run.data is None else tuple(dict.fromkeys(run.data)),
        )
        for name, run in declared.run.items()
    }
    targets = {
        name: Target(
            name,
            target.kind,
            _options(target.model_dump(exclude={"kind"}, exclude_none=True, exclude_unset=True)),
            groups.get(name, ()),
        )
        for name, target in declared.target.items()
    }
    return replace(
        spec,
        accelerator=declared.accelerator,
        system=tuple(declared.system),
        variables=dict(declared.env.__pydantic_extra__ or {}),
        passed=tuple(declared.env.pass_),
        mirrors=lazy.load("spec.resolve_mirrors")(
            lazy.load("spec.said_mirrors")(declared.mirrors.model_dump())
        ),
        prove=dict(declared.prove.commands),
        prove_data=tuple(dict.fromkeys(declared.prove.data)),
        data=data_sets(declared.data),
        runs=runs,
        targets=targets,
    )


def _options(table: Mapping[str, Any]) -> dict[str, object]:
    return {key: _plain(value) for key, value in table.items()}


def _plain(value: Any) -> Any:
    """Return a TOML value as JSON has it: dates become text."""
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    return value if isinstance(value, (str, int, float, bool)) or value is None else str(value)


def folder_name(root: FilePath) -> str:
    """Return what a project is called after its folder."""
    return re.sub(r"[^\w.-]+", "-", root.resolve().name).strip("-._") or "project"
