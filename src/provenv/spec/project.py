"""`pyproject.toml`: the project's own requirements, extras and dependency groups (PEP 621, 735)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path as FilePath
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from ..errors import Failure, Hint, Place, problem, text
from ..model.spec import Part, Requirement
from .gathered import Gathered
from .mistakes import parses
from .positions import Path
from .requirement import Origin, Read, read_requirement
from .source import brief, read_toml, relative
from .toml_text import Document, parse


def read_project(gathered: Gathered, path: FilePath, where: Place | None = None) -> Document | None:
    """Return the parsed pyproject.toml; None where it cannot be read, which is then among the problems."""
    try:
        document = parse(read_toml(gathered.root, path, where))
    except Failure as failure:
        gathered.problems.extend(failure.problems)
        return None
    gathered.note_file(document.source.name)
    gathered.problems.extend(document.problems)
    return document


def project_name(document: Document) -> str | None:
    """Return `[project] name`, if the file has one."""
    project = document.data.get("project")
    name = project.get("name") if isinstance(project, dict) else None
    return name if isinstance(name, str) and name.strip() else None


def project_python(gathered: Gathered, document: Document) -> str | None:
    """Return `[project] requires-python`, if the file has one that is right."""
    project = document.data.get("project")
    value = project.get("requires-python") if isinstance(project, dict) else None
    if value is None:
        return None
    try:
        if isinstance(value, str):
            SpecifierSet(value)
            return value
    except InvalidSpecifier:
        pass
    span = document.at_value(("project", "requires-python"))
    gathered.problems.append(
        problem(
            "PV105",
            key="project.requires-python",
            value=brief(str(value)),
            where=document.source.place(span.start, span.length),
            why=text("spec.bad.requires_python"),
        )
    )
    return None


def gather_project(
    gathered: Gathered,
    document: Document,
    folder: FilePath,
    *,
    groups: Sequence[tuple[str, Place]] = (),
    extras: Sequence[tuple[str, Place]] = (),
) -> None:
    """Add what the project in `folder` needs: itself, where it can be built, or else its dependencies.

    `groups` and `extras` come with the places that name them.
    """
    if document.partial and not document.data:
        return
    data = document.data
    names = [tuple(name for name, _ in named) for named in (extras, groups)]
    gathered.parts.append(Part(document.source.name, *names))
    project = data.get("project")
    known = _extras(document)
    chosen = [name for name, place in extras if _known_extra(gathered, document, known, name, place)]
    if _is_built(data):
        _add_itself(gathered, document, folder, chosen)
    elif isinstance(project, dict):
        _warn_sources(gathered, document)
        _gather_list(gathered, document, folder, ("project", "dependencies"))
        _gather_extras(gathered, document, folder, known, chosen)
    for name, place in groups:
        gather_group(gathered, document, folder, name, place)


def _is_built(data: dict[str, Any]) -> bool:
    """Return whether the project is a package: it names a build system, and does not tell uv otherwise."""
    tool = data.get("tool")
    uv = tool.get("uv") if isinstance(tool, dict) else None
    return "build-system" in data and not (isinstance(uv, dict) and uv.get("package") is False)


def _add_itself(gathered: Gathered, document: Document, folder: FilePath, extras: Sequence[str]) -> None:
    path = relative(gathered.root, folder)
    target = path if path == "." or path.startswith((".", "/")) else f"./{path}"
    suffix = f"[{','.join(extras)}]" if extras else ""
    name = project_name(document)
    span = document.at_key(("project", "name") if name else ("build-system",))
    where = document.source.place(span.start, span.length)
    normalised = canonicalize_name(name) if name else ""
    gathered.take(Read(Requirement(f"-e {target}{suffix}", normalised, where, True), (), folder))
    # what it requires is read by its build backend; what is wrong with it is found here, with its line
    project = document.data.get("project")
    if isinstance(project, dict):
        _check_list(gathered, document, folder, ("project", "dependencies"))


def _extras(document: Document) -> dict[str, str]:
    project = document.data.get("project")
    table = project.get("optional-dependencies") if isinstance(project, dict) else None
    return {canonicalize_name(name): name for name in table} if isinstance(table, dict) else {}


def _known_extra(
    gathered: Gathered, document: Document, known: dict[str, str], name: str, place: Place
) -> bool:
    if canonicalize_name(name) in known:
        return True
    why = text("spec.extras_are", file=document.source.name, extras=", ".join(known.values()) or "-")
    gathered.problems.append(problem("PV133", extra=brief(name), where=place, why=why))
    return False


def _gather_extras(
    gathered: Gathered, document: Document, folder: FilePath, known: dict[str, str], chosen: Sequence[str]
) -> None:
    """Add the extras' dependencies; `name[other]` of the project itself means that other extra."""
    own = canonicalize_name(project_name(document) or "")
    waiting = [canonicalize_name(name) for name in chosen]
    done: set[str] = set()
    while waiting:
        extra = waiting.pop(0)
        if extra in done or extra not in known:
            continue
        done.add(extra)
        path: Path = ("project", "optional-dependencies", known[extra])
        before = len(gathered.requirements)
        _gather_list(gathered, document, folder, path)
        added = gathered.requirements[before:]
        itself = [one for one in added if own and one.name == own]
        for one in itself:
            gathered.requirements.remove(one)
            if match := re.search(r"\[([^\]]*)\]", one.text):
                waiting.extend(canonicalize_name(name.strip()) for name in match[1].split(","))


def _warn_sources(gathered: Gathered, document: Document) -> None:
    tool = document.data.get("tool")
    uv = tool.get("uv") if isinstance(tool, dict) else None
    if isinstance(uv, dict) and uv.get("sources"):
        span = document.at_key(("tool", "uv", "sources"))
        where = document.source.place(span.start, span.length)
        gathered.problems.append(problem("PV137", where=where, why=text("PV137.why"), severity="warning"))


def _gather_list(gathered: Gathered, document: Document, folder: FilePath, path: Path) -> None:
    for read in _read_list(gathered, document, folder, path):
        gathered.take(read)


def _check_list(gathered: Gathered, document: Document, folder: FilePath, path: Path) -> None:
    for read in _read_list(gathered, document, folder, path):
        gathered.problems.extend(read.problems)


def _read_list(gathered: Gathered, document: Document, folder: FilePath, path: Path) -> list[Read]:
    value: Any = document.data
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    if value is None:
        return []
    if not isinstance(value, list):
        gathered.problems.append(_wrong_type(document, path, "array"))
        return []
    reads = []
    for number, entry in enumerate(value):
        element = (*path, number)
        if not isinstance(entry, str):
            gathered.problems.append(_wrong_type(document, element, "string"))
        elif not gathered.full:
            reads.append(standard_requirement(gathered, document, folder, element, entry))
    return reads


def standard_requirement(
    gathered: Gathered, document: Document, folder: FilePath, element: Path, words: str
) -> Read:
    """Return the requirement at `element`, which has to be PEP 508: no path, no option."""
    origin = Origin(gathered.root, folder, string_place(document, element))
    read = read_requirement(words, origin)
    if read.requirement is not None and not parses(words):
        why = text("spec.requirement.standard")
        where = origin.place(0, len(words))
        return Read(None, (problem("PV120", requirement=brief(words), where=where, why=why),))
    return read


def gather_group(
    gathered: Gathered,
    document: Document,
    folder: FilePath,
    name: str,
    place: Place,
    *,
    stack: tuple[str, ...] = (),
) -> None:
    """Add what a dependency group requires, with the groups inside it (PEP 735); `place` names it."""
    table = document.data.get("dependency-groups")
    known = {canonicalize_name(key): key for key in table} if isinstance(table, dict) else {}
    normalised = canonicalize_name(name)
    if normalised not in known:
        why = text("spec.groups_are", file=document.source.name, groups=", ".join(known.values()) or "-")
        hints = (
            (Hint(text("spec.hint.write_pair", key="extras", value=f'["{name}"]')),)
            if normalised in _extras(document)
            else ()
        )
        gathered.problems.append(problem("PV132", group=brief(name), where=place, why=why, hints=hints))
        return
    if normalised in stack:
        chain = " -> ".join((*stack[stack.index(normalised) :], normalised))
        gathered.problems.append(
            problem("PV134", group=name, where=place, why=text("PV123.why", chain=chain))
        )
        return
    path: Path = ("dependency-groups", known[normalised])
    entries = document.data["dependency-groups"][known[normalised]]
    if not isinstance(entries, list):
        gathered.problems.append(_wrong_type(document, path, "array"))
        return
    for number, entry in enumerate(entries):
        element = (*path, number)
        if isinstance(entry, str):
            gathered.take(standard_requirement(gathered, document, folder, element, entry))
        elif isinstance(entry, dict) and isinstance(entry.get("include-group"), str) and len(entry) == 1:
            span = document.at_value((*element, "include-group"))
            where = document.source.place(span.start, span.length)
            gather_group(
                gathered, document, folder, entry["include-group"], where, stack=(*stack, normalised)
            )
        else:
            span = document.at_value(element)
            where = document.source.place(span.start, span.length)
            gathered.problems.append(problem("PV135", where=where, why=text("PV135.why")))


def string_place(document: Document, path: Path) -> Any:
    """Return the function from (offset, length) in the string at `path` to its place in the file."""
    span = document.at_value(path)
    token = document.source.text[span.start : span.end]
    quotes = 3 if token[:3] in ('"""', "'''") else 1
    plain = "\\" not in token and "\n" not in token

    def place(offset: int, length: int) -> Place:
        if plain:
            return document.source.place(span.start + quotes + offset, length)
        return document.source.place(span.start, span.length)

    return place


def _wrong_type(document: Document, path: Path, expected: str) -> Any:
    span = document.at_value(path)
    key = ".".join(str(part) for part in path if not isinstance(part, int))
    found = document.source.text[span.start : span.end].partition("\n")[0]
    return problem(
        "PV102",
        key=key,
        value=brief(found),
        where=document.source.place(span.start, span.length),
        why=text(f"spec.expects.{expected}"),
    )
