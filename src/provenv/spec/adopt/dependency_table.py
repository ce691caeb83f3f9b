"""One dependency as Poetry, Pipenv and uv write it: a version, or a table that names a place."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from packaging.markers import InvalidMarker, Marker
from packaging.specifiers import SpecifierSet

from ...errors import Text, text
from ..source import relative
from .adopted import Draft
from .pip_lines import take_line

Specifier = Callable[[str], "str | None"]
_SYSTEMS = {"linux": "linux", "darwin": "darwin", "macos": "darwin", "win32": "win32", "windows": "win32"}


def take_dependency(
    draft: Draft,
    name: str,
    value: object,
    where: str,
    specifier: Specifier,
    *,
    sure: bool = True,
    note: Text | None = None,
) -> None:
    """Carry over the dependency `name`; a list of tables is one requirement for each.

    `specifier` turns the tool's version constraint into one of PEP 440, or None.
    """
    if isinstance(value, list):
        for one in value:
            take_dependency(draft, name, one, where, specifier, sure=sure, note=note)
        return
    table: Mapping[str, Any] = value if isinstance(value, dict) else {"version": value}
    extras = table.get("extras")
    named = name + (f"[{','.join(map(str, extras))}]" if isinstance(extras, list) and extras else "")
    if table.get("optional") is True:
        sure, note = False, note or text("adopt.note.optional")
    marker = _marker(table, specifier)
    if marker is None:
        draft.leave(f"{name} = {_shown(value)}", where, text("adopt.left.marker"))
        return
    place = _place(draft, named, table)
    if place is not None:
        if marker and not place.startswith("-e"):
            place += f" ; {marker}"
        take_line(draft, place, where, note=note, sure=sure)
        return
    constraint = table.get("version", "*")
    versions = specifier(constraint) if isinstance(constraint, str) else None
    if versions is None:
        note = text("adopt.note.constraint", constraint=str(constraint))
        versions = ""
    take_line(draft, f"{named}{versions}" + (f" ; {marker}" if marker else ""), where, note=note, sure=sure)


def _place(draft: Draft, named: str, table: Mapping[str, Any]) -> str | None:
    """Return the requirement of what is a repository, a folder or a file; None for all others."""
    if isinstance(git := table.get("git"), str):
        address = git if re.match(r"[a-z+]+://", git) else re.sub(r"^(\w+@[^:/]+):", r"ssh://\1/", git)
        revision = next((table[key] for key in ("rev", "tag", "branch", "ref") if table.get(key)), "")
        subdirectory = table.get("subdirectory")
        fragment = f"#subdirectory={subdirectory}" if subdirectory else ""
        return (
            f"{named} @ git+{address.removeprefix('git+')}{'@' + str(revision) if revision else ''}{fragment}"
        )
    if isinstance(path := table.get("path"), str):
        written = relative(draft.root, draft.folder / path)
        dotted = written if written.startswith((".", "/")) else f"./{written}"
        editable = table.get("develop", table.get("editable", False)) is True
        extras = named.partition("[")[1] + named.partition("[")[2]
        return f"-e {dotted}{extras}" if editable else dotted + extras
    url = table.get("url", table.get("file"))
    if isinstance(url, str):
        if re.match(r"[a-z+]+://", url):
            return f"{named} @ {url}"
        written = relative(draft.root, draft.folder / Path(url))
        return written if written.startswith((".", "/")) else f"./{written}"
    return None


def _marker(table: Mapping[str, Any], specifier: Specifier) -> str | None:
    """Return the environment marker of a dependency, "" for none, None where it has no such form."""
    parts = []
    if isinstance(markers := table.get("markers", table.get("marker")), str) and markers.strip():
        parts.append(f"({markers})" if " or " in markers else markers)
    if isinstance(python := table.get("python"), str):
        versions = specifier(python)
        if versions is None:
            return None
        for one in sorted(SpecifierSet(versions), key=str, reverse=True):
            parts.append(f'python_version {one.operator} "{one.version}"')
    for key in (
        "platform",
        "sys_platform",
        "os_name",
        "platform_machine",
        "python_version",
        "platform_system",
    ):
        if isinstance(wanted := table.get(key), str):
            variable = "sys_platform" if key == "platform" else key
            match = re.fullmatch(r"\s*(==|!=|>=|<=|>|<|~=)?\s*['\"]?([^'\"]*)['\"]?\s*", wanted)
            if not match:
                return None
            word = _SYSTEMS.get(match[2].lower(), match[2]) if key == "platform" else match[2]
            parts.append(f'{variable} {match[1] or "=="} "{word}"')
    joined = " and ".join(parts)
    try:
        return joined and str(Marker(joined))
    except InvalidMarker:
        return None


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_shown(entry)}" for key, entry in value.items()) + " }"
    return f'"{value}"' if isinstance(value, str) else str(value)
