"""Pipfile and Pipfile.lock: https://pipenv.pypa.io/en/latest/pipfile.html"""

from __future__ import annotations

import json

from ...errors import Failure, Place, problem, text, verbatim
from ..source import Source
from ..toml_text import Document
from .adopted import Draft, Item
from .dependency_table import take_dependency
from .indexes import take_extra_index
from .poetry import read_sources
from .poetry_version import specifier
from .python_versions import stated
from .toml_places import place, table

_KNOWN = frozenset({"source", "packages", "dev-packages", "requires", "scripts", "pipenv"})


def read(draft: Draft, document: Document) -> None:
    """Read a Pipfile."""
    read_sources(draft, document, "source")
    requires = table(document, "requires")
    for key in ("python_version", "python_full_version"):
        if isinstance(requires.get(key), str) and draft.python is None:
            draft.python = stated(requires[key], place(document, "requires", key))
    for name, value in table(document, "packages").items():
        take_dependency(draft, name, value, place(document, "packages", name), specifier)
    for group, packages in document.data.items():
        if group in ("packages", "source", "requires", "scripts", "pipenv") or not isinstance(packages, dict):
            continue
        note = text("adopt.note.group", group="dev" if group == "dev-packages" else group)
        for name, value in packages.items():
            take_dependency(
                draft, name, value, place(document, group, name), specifier, sure=False, note=note
            )
    for name, command in table(document, "scripts").items():
        where = place(document, "scripts", name)
        plain = isinstance(command, str) and name.replace("-", "").replace("_", "").isalnum()
        if plain:
            draft.runs[name] = Item(str(command), where)
        else:
            draft.leave(f"scripts.{name}", where, text("adopt.left.not_understood"))
    if "pipenv" in document.data:
        draft.leave("[pipenv]", place(document, "pipenv"), text("adopt.left.unknown_key"))
    draft.about = text("adopt.about.copied", file=document.source.name)


def read_lock(draft: Draft, source: Source) -> None:
    """Read a Pipfile.lock: the exact versions of what Pipenv installs by default.

    Raises Failure PV152 where it is no JSON.
    """
    try:
        data = json.loads(source.text)
    except ValueError as error:
        where = Place(source.name, getattr(error, "lineno", 1))
        raise Failure(problem("PV152", file=source.name, where=where, why=verbatim(str(error)))) from None
    draft.dump = True
    meta = data.get("_meta") if isinstance(data, dict) else None
    meta = meta if isinstance(meta, dict) else {}
    for one in meta.get("sources") or ():
        if isinstance(one, dict) and isinstance(one.get("url"), str) and one.get("name") != "pypi":
            take_extra_index(draft, one["url"], _place(source, one["url"]))
    requires = meta.get("requires")
    if isinstance(requires, dict) and isinstance(requires.get("python_version"), str):
        draft.python = stated(requires["python_version"], _place(source, "python_version"))
    packages = data.get("default") if isinstance(data, dict) else None
    for name, value in packages.items() if isinstance(packages, dict) else ():
        take_dependency(draft, name, value, _place(source, f'"{name}"'), specifier)
    develop = data.get("develop") if isinstance(data, dict) else None
    if develop:
        draft.leave("develop", _place(source, '"develop"'), text("adopt.left.group"))
    draft.about = text("adopt.about.pinned", file=source.name)


def _place(source: Source, words: str) -> str:
    return f"{source.name}:{source.line_of(max(source.text.find(words), 0))}"
