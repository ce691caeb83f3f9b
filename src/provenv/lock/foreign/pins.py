"""The versions that poetry, pdm or pipenv have locked, as preferences: only they can read all of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from ...errors import Failure, Place, Problem, problem, text, verbatim
from ...model.lock import Lock, Package
from ...toml_library import tomllib

NAMES = ("poetry.lock", "pdm.lock", "Pipfile.lock")
ELSEWHERE = {"directory", "editable", "file", "git", "path", "url", "virtual"}
LIMIT = 64 << 20
SHOWN = 12


def find(root: Path) -> Path | None:
    """Return the lock of poetry, pdm or pipenv in the project's folder, or None."""
    return next((root / name for name in NAMES if (root / name).is_file()), None)


def read(path: Path) -> Lock:
    """Return the names and versions of such a lock (or of a `uv.lock`), without files: preferences alone.

    Packages that come from a folder, an address or a repository are left out, and so
    are names that it has in several versions. Raises Failure PV339 for a file that can't be read.
    """
    try:
        if path.stat().st_size > LIMIT:
            raise ValueError(f"> {LIMIT >> 20} MiB")
        content = path.read_text(encoding="utf-8")
        data = json.loads(content) if path.name == "Pipfile.lock" else tomllib.loads(content)
        found = dict(_pipfile(data) if path.name == "Pipfile.lock" else _packages(data.get("package", ())))
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        why = verbatim(f"{type(error).__name__}: {error}")
        raise Failure(problem("PV339", where=Place(path.name), file=path.name, why=why)) from error
    packages = tuple(Package(name, version) for name, version in sorted(found.items()))
    return Lock("", "", "", packages, (), "")


def kept(pins: Lock, made: Iterable[Package], file: str) -> Problem:
    """Return the note about how many of the pins a lock keeps, and which moved."""
    locked = {package.name: package.version for package in made if package.origin == "index"}
    common = [one for one in pins.packages if one.name in locked]
    moved = [one for one in common if not _same(one.version, locked[one.name])]
    shown = ", ".join(f"{one.name} {one.version} -> {locked[one.name]}" for one in moved[:SHOWN])
    more = f", +{len(moved) - SHOWN}" if len(moved) > SHOWN else ""
    if not moved:
        return problem("PV347", severity="note", where=Place(file), file=file, n=len(common))
    counts = {"kept": len(common) - len(moved), "all": len(common)}
    words = text("PV347.moved", file=file, **counts)
    return Problem("PV347", words, Place(file), verbatim(f"{shown}{more}"), severity="note")


def _same(pinned: str, locked: str) -> bool:
    """Tell whether it is the same version, whatever its build (`2.7.1` and `2.7.1+cpu`)."""
    return pinned == locked or Version(pinned).public == Version(locked).public


def _packages(entries: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield the pins of a list of packages.

    What comes from elsewhere than an index has a key that says so: in pdm.lock its own, in uv.lock
    one of `source`, in poetry.lock the `type` of `source`.
    """
    entries = tuple(entries)
    names = [canonicalize_name(str(entry["name"])) for entry in entries]
    for name, entry in zip(names, entries, strict=True):
        source = entry.get("source", {})
        said = {*entry, *([source["type"]] if "type" in source else source)}
        if not said & ELSEWHERE and names.count(name) == 1:
            yield from _pin(name, str(entry["version"]))


def _pipfile(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for section in ("develop", "default"):
        for name, entry in data.get(section, {}).items():
            if str(entry.get("version", "")).startswith("=="):
                yield from _pin(canonicalize_name(name), str(entry["version"]).removeprefix("=="))


def _pin(name: str, version: str) -> Iterator[tuple[str, str]]:
    try:
        yield name, str(Version(version))
    except InvalidVersion:
        return
