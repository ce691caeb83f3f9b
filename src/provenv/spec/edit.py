"""`add` and `remove`: the user's own list, edited in place."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from packaging.utils import canonicalize_name

from ..errors import Failure, Hint, Place, Problem, problem, text
from ..model.spec import Requirement
from .complete import Leading, gather, lead
from .edit_array import Item, append, array_items, insert_key, remove_item, replace_item
from .edit_lines import LineItem, append_line, line_items, remove_line, replace_line
from .edited import Edit
from .gathered import Gathered
from .leading import PYPROJECT, REQUIREMENTS
from .mistakes import parses
from .positions import Path
from .project import gather_project
from .requirement import Origin, read_requirement
from .source import Source, read_requirements, read_toml, relative
from .toml_text import Document, parse


@dataclass(frozen=True)
class _List:
    """The list that is edited: a TOML array by its path, or (`path` is None) a requirements file's lines."""

    source: Source
    path: Path | None
    standard: bool = False


def add(folder: FilePath, requirements: Sequence[str]) -> Edit:
    """Return the edit that adds `requirements` to the project's own list.

    One that stands there under the same name is replaced where it stands. Raises
    Failure where the file has mistakes, a requirement is none, or which of
    several lines is meant cannot be told.
    """
    leading = lead(folder)
    wanted, problems = _wanted(leading, requirements)
    if problems:
        raise Failure(*problems)
    chosen = _chosen(leading)
    source = chosen.source
    added: list[str] = []
    removed: list[str] = []
    for words, requirement in wanted:
        if chosen.standard and not parses(words):
            raise Failure(problem("PV143", requirement=words, file=source.name, why=text("PV143.why")))
        same = [
            item
            for item in _items(source, chosen.path, leading)
            if _matches(item.requirement, requirement, words)
        ]
        if any(item.words == words for item in same):
            continue
        if len(same) > 1:
            same = [item for item in same if _marker(item.words) == _marker(words)]
            if len(same) != 1:
                raise Failure(_ambiguous(leading, chosen, source, requirement))
        new = _replaced(source, same[0], words) if same else _appended(source, chosen.path, words)
        removed.extend(item.words for item in same)
        added.append(words)
        source = Source(source.name, new, source.encoding)
    return _edit(leading, chosen, source.text, added, removed)


def remove(folder: FilePath, names: Sequence[str]) -> Edit:
    """Return the edit that takes `names` out of the project's own list, every line of each.

    Raises Failure for a name that is not there, with where it stands instead.
    """
    leading = lead(folder)
    chosen = _chosen(leading)
    source = chosen.source
    removed: list[str] = []
    problems: list[Problem] = []
    for name in names:
        bare = re.split(r"[\s\[<>=!~;@]", name.strip(), maxsplit=1)[0]
        normalised = canonicalize_name(bare or name)
        found = [
            item
            for item in _items(source, chosen.path, leading)
            if item.requirement.name == normalised or item.words == name.strip()
        ]
        if not found:
            problems.append(_not_there(leading, chosen, name, normalised))
        while found:
            removed.append(found[0].words)
            new = _removed(source, chosen.path, found[0])
            source = Source(source.name, new, source.encoding)
            found = (
                [item for item in _items(source, chosen.path, leading) if item.requirement.name == normalised]
                if normalised == found[0].requirement.name
                else []
            )
    if problems:
        raise Failure(*problems)
    return _edit(leading, chosen, source.text, [], removed)


def _edit(leading: Leading, chosen: _List, new: str, added: Sequence[str], removed: Sequence[str]) -> Edit:
    return Edit(
        chosen.source.name,
        chosen.source.text,
        new,
        tuple(added),
        tuple(removed),
        str(leading.root),
        chosen.source.encoding,
    )


def _wanted(
    leading: Leading, requirements: Sequence[str]
) -> tuple[list[tuple[str, Requirement]], list[Problem]]:
    wanted: list[tuple[str, Requirement]] = []
    problems: list[Problem] = []
    for words in requirements:

        def place(offset: int, length: int, words: str = words) -> Place:
            return Place("provenv add", 1, offset + 1, words, length)

        origin = Origin(leading.root, leading.root, place, os.environ)
        read = read_requirement(words, origin)
        problems.extend(one for one in read.problems if one.severity == "error")
        if read.requirement is not None:
            wanted.append((words.strip(), read.requirement))
    return wanted, problems


def _chosen(leading: Leading) -> _List:
    """Return the list that is the project's own. Raises Failure where the file has mistakes of syntax."""
    document = leading.document
    if document is None:
        return _List(read_requirements(leading.root, leading.file), None)
    if document.problems:
        raise Failure(*document.problems)
    key: Path = (*(leading.table or ()), "requirements")
    declared = leading.own.get("requirements")
    if isinstance(declared, list):
        files = [entry for entry in declared if isinstance(entry, dict)]
        if len(declared) == 1 and files:
            return _of_file(leading, str(files[0].get("file", "")))
        return _List(document.source, key)
    if isinstance(declared, dict):
        return _of_file(leading, str(declared.get("file", "")))
    return _default(leading, document, key)


def _default(leading: Leading, document: Document, key: Path) -> _List:
    pyproject = leading.root / PYPROJECT
    if leading.file == pyproject and "project" in document.data:
        return _of_project(document)
    if leading.file != pyproject and pyproject.is_file():
        project = parse(read_toml(leading.root, pyproject))
        if project.problems:
            raise Failure(*project.problems)
        if "project" in project.data:
            return _of_project(project)
    if (leading.root / REQUIREMENTS).is_file():
        return _List(read_requirements(leading.root, leading.root / REQUIREMENTS), None)
    return _List(document.source, key)


def _of_file(leading: Leading, written: str) -> _List:
    path = leading.root / written
    if not written.endswith(".toml"):
        return _List(read_requirements(leading.root, path), None)
    document = parse(read_toml(leading.root, path))
    if document.problems:
        raise Failure(*document.problems)
    return _of_project(document)


def _of_project(document: Document) -> _List:
    project = document.data.get("project")
    dynamic = project.get("dynamic") if isinstance(project, dict) else None
    if isinstance(dynamic, list) and "dependencies" in dynamic:
        span = document.at_value(("project", "dynamic"))
        where = document.source.place(span.start, span.length)
        raise Failure(problem("PV144", file=document.source.name, where=where, why=text("PV144.why")))
    return _List(document.source, ("project", "dependencies"), standard=True)


def _items(source: Source, path: Path | None, leading: Leading) -> list[Any]:
    """Return the items of the list: each has `words`, its `requirement` and its span."""
    folder = (leading.root / source.name).parent

    def read(words: str, place: Callable[[int, int], Place]) -> Requirement | None:
        return read_requirement(words, Origin(leading.root, folder, place, os.environ)).requirement

    if path is None:
        return line_items(source, read)
    return array_items(source, path, read)


def _appended(source: Source, path: Path | None, words: str) -> str:
    if path is None:
        return append_line(source, words)
    document = parse(source)
    if document.positions.values.get(path) is None:
        return insert_key(document, path, words)
    return append(document, path, words)


def _replaced(source: Source, item: Any, words: str) -> str:
    if isinstance(item, LineItem):
        return replace_line(source, item, words)
    return replace_item(source, item, words)


def _removed(source: Source, path: Path | None, item: Any) -> str:
    if isinstance(item, Item):
        return remove_item(parse(source), path or (), item)
    return remove_line(source, item)


def _matches(there: Requirement, wanted: Requirement, words: str) -> bool:
    return there.name == wanted.name if wanted.name else there.text == wanted.text


def _marker(words: str) -> str:
    return "".join(words.partition(";")[2].split()).replace("'", '"')


def _ambiguous(leading: Leading, chosen: _List, source: Source, requirement: Requirement) -> Problem:
    places = [
        item.requirement.where
        for item in _items(source, chosen.path, leading)
        if item.requirement.name == requirement.name
    ]
    lines = ", ".join(str(place.line) for place in places)
    return problem(
        "PV140",
        name=requirement.name,
        file=source.name,
        where=places[0],
        why=text("PV140.why", lines=lines),
    )


def _not_there(leading: Leading, chosen: _List, name: str, normalised: str) -> Problem:
    """Return the problem that says where `name` stands, if it stands anywhere."""
    gathered = Gathered(leading.root, os.environ)
    project = gather(gathered, leading)
    if project is not None:
        _gather_all(gathered, project, leading)
    elsewhere = [
        one.where for one in (*gathered.requirements, *gathered.constraints) if one.name == normalised
    ]
    if elsewhere:
        place = elsewhere[0]
        return problem(
            "PV142",
            name=name,
            file=chosen.source.name,
            where=place,
            why=text("PV142.why", place=f"{place.file}:{place.line}"),
        )
    hints = (Hint(text("PV141.hint"), f"provenv why {normalised}"),) if _is_plain(normalised) else ()
    there = [item.requirement.name for item in _items(chosen.source, chosen.path, leading)]
    return problem(
        "PV141",
        name=name,
        file=chosen.source.name,
        why=text("PV141.why", names=", ".join(one for one in there if one) or "-"),
        hints=hints,
    )


def _is_plain(name: str) -> bool:
    return bool(re.fullmatch(r"[a-z0-9][a-z0-9.-]*", name))


def _gather_all(gathered: Gathered, project: Document, leading: Leading) -> None:
    """Read every group and extra of the project too: a name may stand in one of them."""
    place = Place(project.source.name)
    table = project.data.get("dependency-groups")
    own = project.data.get("project")
    extras = own.get("optional-dependencies") if isinstance(own, dict) else None
    plain = Document(
        project.source,
        {key: value for key, value in project.data.items() if key != "build-system"},
        project.positions,
    )
    gather_project(
        gathered,
        plain,
        (leading.root / relative(leading.root, leading.root / project.source.name)).parent,
        groups=[(str(name), place) for name in table] if isinstance(table, dict) else (),
        extras=[(str(name), place) for name in extras] if isinstance(extras, dict) else (),
    )
