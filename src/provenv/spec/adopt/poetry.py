"""`[tool.poetry]` of pyproject.toml: https://python-poetry.org/docs/pyproject/"""

from __future__ import annotations

from ...errors import text
from ..toml_text import Document
from .adopted import Draft, Item
from .dependency_table import take_dependency
from .indexes import take_extra_index, take_index
from .poetry_version import specifier
from .python_versions import stated
from .toml_places import place, table, tables

_KNOWN = frozenset(
    {"dependencies", "dev-dependencies", "group", "extras", "source", "scripts", "name", "packages"}
)
_DESCRIBING = frozenset(
    {"version", "description", "authors", "maintainers", "license", "readme", "homepage", "repository",
     "documentation", "keywords", "classifiers", "include", "exclude", "urls", "package-mode",
     "requires-poetry"}
)  # fmt: skip
"""What describes a package rather than its environment; nothing is lost without it."""


def is_poetry(document: Document) -> bool:
    """Return whether Poetry's own tables say what the project needs."""
    return bool(table(document, "tool", "poetry")) and "project" not in document.data


def read(draft: Draft, document: Document) -> None:
    """Read Poetry's dependencies, groups and sources."""
    poetry = table(document, "tool", "poetry")
    name = poetry.get("name")
    draft.name = name if isinstance(name, str) else None
    extras = {
        str(one).partition("[")[0].lower(): str(extra)
        for extra, names in table(document, "tool", "poetry", "extras").items()
        for one in (names if isinstance(names, list) else ())
    }
    for key, value in table(document, "tool", "poetry", "dependencies").items():
        where = place(document, "tool", "poetry", "dependencies", key)
        if key == "python":
            _python(draft, str(value), where)
            continue
        extra = extras.get(key.lower())
        note = text("adopt.note.extra", extra=extra) if extra else None
        take_dependency(draft, key, value, where, specifier, sure=extra is None, note=note)
    _group(draft, document, "dev", "tool", "poetry", "dev-dependencies")
    for group, content in table(document, "tool", "poetry", "group").items():
        if isinstance(content, dict):
            _group(draft, document, group, "tool", "poetry", "group", group, "dependencies")
    read_sources(draft, document, "tool", "poetry", "source")
    _itself(draft, document)
    for key in poetry:
        if key not in _KNOWN | _DESCRIBING:
            draft.leave(
                f"tool.poetry.{key}", place(document, "tool", "poetry", key), text("adopt.left.unknown_key")
            )
    draft.about = text("adopt.about.copied", file=document.source.name)


def read_sources(draft: Draft, document: Document, *path: str) -> None:
    """Read the sources of Poetry, PDM or Pipenv: a name, a URL, and which of them comes first."""
    for number, source in tables(document, *path):
        where = place(document, *path, number)
        url, name = source.get("url"), str(source.get("name", ""))
        if not isinstance(url, str) or (name.lower() == "pypi" and "pypi" in url and url.count(".") < 2):
            continue
        if (
            source.get("priority") in ("default", "primary")
            or source.get("default") is True
            or name.lower() == "pypi"
        ):
            take_index(draft, url, where)
        else:
            take_extra_index(draft, url, where)


def _python(draft: Draft, constraint: str, where: str) -> None:
    versions = specifier(constraint)
    if versions:
        draft.python = stated(versions, where)
    elif versions is None:
        draft.leave(f"python = {constraint}", where, text("adopt.left.not_understood"))


def _group(draft: Draft, document: Document, group: str, *path: str) -> None:
    for key, value in table(document, *path).items():
        note = text("adopt.note.group", group=group)
        take_dependency(draft, key, value, place(document, *path, key), specifier, sure=False, note=note)


def _itself(draft: Draft, document: Document) -> None:
    """Add the project itself where it is a package; without a `src` folder its code is found as it is."""
    poetry = table(document, "tool", "poetry")
    name = (draft.name or "").replace("-", "_").lower()
    if poetry.get("package-mode") is False or "build-system" not in document.data or not name:
        return
    in_src = (draft.folder / "src" / name).is_dir()
    if not in_src and not (draft.folder / name).is_dir() and "packages" not in poetry:
        return
    needed = in_src or bool(poetry.get("scripts"))
    where = place(document, "tool", "poetry", "name")
    draft.requirements.append(Item(_editable(draft), where, text("adopt.note.itself"), needed))


def _editable(draft: Draft) -> str:
    path = draft.folder.resolve()
    root = draft.root.resolve()
    return (
        "-e ."
        if path == root
        else f"-e ./{path.relative_to(root).as_posix()}"
        if root in path.parents
        else f"-e {path}"
    )
