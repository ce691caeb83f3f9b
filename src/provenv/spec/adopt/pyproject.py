"""pyproject.toml with `[project]`: referred to where our reader reads it natively, else copied.

What stands in its way is `[tool.uv.sources]` of a project that is not built (a
built one is read by uv itself), and PDM's own development groups and sources.
"""

from __future__ import annotations

from typing import Any

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Pep508
from packaging.utils import canonicalize_name

from ...errors import text
from ..source import relative
from ..toml_text import Document
from .adopted import Draft, Item, Reference
from .dependency_table import take_dependency
from .indexes import is_pytorch, take_extra_index, take_index
from .pip_lines import take_line
from .poetry import read_sources
from .python_versions import stated
from .toml_places import place, table, tables


def read(draft: Draft, document: Document) -> None:
    """Read the project, its groups, extras and sources."""
    project = table(document, "project")
    name = project.get("name")
    draft.name = name if isinstance(name, str) else None
    file = relative(draft.root, draft.folder / "pyproject.toml")
    is_built = "build-system" in document.data and table(document, "tool", "uv").get("package") is not False
    sources = table(document, "tool", "uv", "sources")
    requires = project.get("requires-python")
    if isinstance(requires, str) and not is_built:
        draft.python = stated(requires, place(document, "project", "requires-python"))
    if sources and not is_built:
        _copy(draft, document, sources)
        draft.about = text("adopt.about.sources", file=file)
    else:
        draft.references.append(Reference(file))
        draft.python = None
        draft.tell(text("spec.init.found_project", file=file))
        if isinstance(requires, str):
            draft.tell(text("spec.init.found_python", file=file, python=requires))
        _named(draft, document)
    _uv(draft, document)
    read_sources(draft, document, "tool", "pdm", "source")
    _pdm(draft, document)


def _named(draft: Draft, document: Document) -> None:
    groups = table(document, "dependency-groups")
    if groups:
        draft.groups += list(groups)
        draft.tell(text("spec.init.found_groups", groups=", ".join(groups)))
    extras = table(document, "project", "optional-dependencies")
    if extras:
        draft.extras += list(extras)
        draft.tell(text("adopt.found.extras", extras=", ".join(extras)))


def _copy(draft: Draft, document: Document, sources: dict[str, Any]) -> None:
    by_name = {canonicalize_name(name): (name, value) for name, value in sources.items()}
    _list(draft, document, ("project", "dependencies"), by_name, None)
    for extra in table(document, "project", "optional-dependencies"):
        _list(draft, document, ("project", "optional-dependencies", extra), by_name, f"extra:{extra}")
    for group in table(document, "dependency-groups"):
        _list(draft, document, ("dependency-groups", group), by_name, group)


def _list(
    draft: Draft,
    document: Document,
    path: tuple[str, ...],
    sources: dict[Any, tuple[str, Any]],
    group: str | None,
) -> None:
    value: Any = document.data
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    note = None
    if group is not None:
        extra = group.removeprefix("extra:")
        note = (
            text("adopt.note.extra", extra=extra) if extra != group else text("adopt.note.group", group=group)
        )
    for number, words in enumerate(value if isinstance(value, list) else ()):
        where = place(document, *path, number)
        if not isinstance(words, str):
            draft.leave(str(words), where, text("adopt.left.included_group"))
            continue
        try:
            name = canonicalize_name(Pep508(words).name)
        except InvalidRequirement:
            name = canonicalize_name("")
        if name in sources:
            _from_source(draft, document, words, *sources[name], sure=group is None)
        else:
            take_line(draft, words, where, note=note, sure=group is None)


def _from_source(
    draft: Draft, document: Document, words: str, name: str, source: object, *, sure: bool
) -> None:
    where = place(document, "tool", "uv", "sources", name)
    for one in source if isinstance(source, list) else [source]:
        if not isinstance(one, dict):
            continue
        index = one.get("index")
        if isinstance(index, str) or one.get("workspace") is True:
            _indexed(draft, document, words, one, where, sure=sure)
            continue
        requirement = Pep508(words)
        table_form = {**one, "extras": sorted(requirement.extras)}
        if requirement.marker and "marker" not in one:
            table_form["marker"] = str(requirement.marker)
        take_dependency(draft, requirement.name, table_form, where, lambda constraint: constraint, sure=sure)


def _indexed(
    draft: Draft, document: Document, words: str, source: dict[str, Any], where: str, *, sure: bool
) -> None:
    if source.get("workspace") is True:
        draft.leave(words, where, text("adopt.left.workspace"))
        return
    url = next(
        (
            one.get("url")
            for _, one in tables(document, "tool", "uv", "index")
            if one.get("name") == source["index"]
        ),
        "",
    )
    note = (
        text("adopt.note.torch_index")
        if is_pytorch(str(url))
        else text("adopt.note.index", index=str(source["index"]))
    )
    if all(item.words != words for item in draft.requirements):
        take_line(draft, words, where, note=note, sure=sure)


def _uv(draft: Draft, document: Document) -> None:
    for number, index in tables(document, "tool", "uv", "index"):
        where = place(document, "tool", "uv", "index", number)
        url = index.get("url")
        if isinstance(url, str):
            (take_index if index.get("default") is True else take_extra_index)(draft, url, where)
    uv = table(document, "tool", "uv")
    for number, words in enumerate(uv.get("constraint-dependencies") or ()):
        take_line(
            draft,
            str(words),
            place(document, "tool", "uv", "constraint-dependencies", number),
            constraint=True,
        )
    for number, words in enumerate(uv.get("dev-dependencies") or ()):
        where = place(document, "tool", "uv", "dev-dependencies", number)
        take_line(draft, str(words), where, note=text("adopt.note.group", group="dev"), sure=False)
    for key in (
        "override-dependencies",
        "conflicts",
        "no-build-isolation-package",
        "extra-build-dependencies",
        "environments",
    ):
        if key in uv:
            draft.leave(f"tool.uv.{key}", place(document, "tool", "uv", key), text("adopt.left.uv_key"))


def _pdm(draft: Draft, document: Document) -> None:
    groups = table(document, "tool", "pdm", "dev-dependencies")
    for group, entries in groups.items():
        for number, words in enumerate(entries if isinstance(entries, list) else ()):
            where = place(document, "tool", "pdm", "dev-dependencies", group, number)
            take_line(draft, str(words), where, note=text("adopt.note.group", group=group), sure=False)
    for name, script in table(document, "tool", "pdm", "scripts").items():
        where = place(document, "tool", "pdm", "scripts", name)
        command = script.get("cmd") if isinstance(script, dict) else script
        if isinstance(command, str) and name.replace("-", "").replace("_", "").isalnum():
            draft.runs[name] = Item(command, where)
        else:
            draft.leave(f"tool.pdm.scripts.{name}", where, text("adopt.left.not_understood"))
    overrides = table(document, "tool", "pdm", "resolution", "overrides") or table(
        document, "tool", "pdm", "overrides"
    )
    for name in overrides:
        draft.leave(name, place(document, "tool", "pdm"), text("adopt.left.uv_key"))
