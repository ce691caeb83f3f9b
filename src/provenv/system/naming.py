"""From a library's, a program's or a package's name to what brings it on a machine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from ..model.facts import Facts
from .managers import Manager, has_t64_names
from .tables import table

Kind = Literal["library", "program", "package", "driver", "toolkit"]
VERSION = "{n}"


@dataclass(frozen=True)
class Row:
    """What belongs together: the libraries or programs, and the package that brings them, by manager."""

    libraries: tuple[str, ...]
    programs: tuple[str, ...]
    packages: Mapping[str, str]


@dataclass(frozen=True)
class Wanted:
    """One thing that has to be on the system.

    Any of `libraries` that the loader finds, any of `programs` on PATH or
    `package` being installed shows that it is there. `package` is empty where
    nothing tells what brings it here. `known` is False for a name that stands in no
    table and is handed to the package manager as it is.
    """

    name: str
    kind: Kind
    package: str = ""
    libraries: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    known: bool = True


def wanted(name: str, manager: Manager | None, facts: Facts) -> Wanted:
    """Return what a declared name means here: a soname, a program, or a package's name by any manager.

    A package that is declared by another distribution's name is translated
    (`libgl1` is `libglvnd-glx` for dnf).
    """
    if is_library(name):
        return library(name, manager, facts)
    base = name.partition(":")[0]
    row = _by_program().get(base) or _by_package().get(base)
    kind = driver_or_toolkit(base)
    if row is None:
        # a program of that name will do, too, whoever brought it
        return Wanted(name, kind or "package", "" if kind else name, programs=(base,), known=kind is not None)
    if base != name:
        # of another architecture: only the package manager can tell
        return Wanted(name, "package", name)
    if base in row.programs:
        return Wanted(name, "program", _package(row, manager, facts), programs=(name,))
    return Wanted(name, "package", _package(row, manager, facts), row.libraries, row.programs)


def library(name: str, manager: Manager | None, facts: Facts) -> Wanted:
    """Return what brings a library here, by its soname (`libGL.so.1`)."""
    kind = driver_or_toolkit(name)
    if kind is not None:
        return Wanted(name, kind, libraries=(name,))
    for row in _rows():
        for pattern in row.libraries:
            version = _version(pattern, name)
            if version is not None:
                named = {by: word.replace(VERSION, version) for by, word in row.packages.items()}
                package = _package(Row((), (), named), manager, facts)
                return Wanted(name, "library", package or _provider(name, manager), (name,))
    return Wanted(name, "library", _provider(name, manager), (name,), known=False)


def is_library(name: str) -> bool:
    """Tell whether a name is a library's own and not a package's."""
    return re.search(r"\.so(\.|$)|\.dylib$", name) is not None


def driver_or_toolkit(name: str) -> Literal["driver", "toolkit"] | None:
    """Return what a library or program comes with that is no package of the distribution's, or None."""
    kinds: tuple[Literal["driver", "toolkit"], ...] = ("driver", "toolkit")
    for kind in kinds:
        if any(_version(pattern, name) is not None for pattern in table("system_packages")[kind]):
            return kind
    return None


def _provider(name: str, manager: Manager | None) -> str:
    """Return the soname as the package manager is asked for it, where it knows sonames."""
    return manager.library.replace("{name}", name) if manager else ""


def _package(row: Row, manager: Manager | None, facts: Facts) -> str:
    if manager is None:
        return ""
    if manager.name == "apt" and has_t64_names(facts) and "apt_t64" in row.packages:
        return row.packages["apt_t64"]
    named = row.packages.get(manager.name, "")
    return named or (_provider(row.libraries[0], manager) if row.libraries else "")


def _version(pattern: str, name: str) -> str | None:
    """Return what stands for `{n}` in a name that the pattern fits ('' where it has none), else None."""
    if VERSION not in pattern:
        return "" if pattern == name else None
    head, _, tail = pattern.partition(VERSION)
    match = re.fullmatch(rf"{re.escape(head)}([\d.]+){re.escape(tail)}", name)
    return match[1] if match else None


@cache
def _rows() -> tuple[Row, ...]:
    entries = [*table("system_packages")["libraries"], *table("system_packages")["programs"]]
    return tuple(
        Row(
            tuple(entry.get("libraries", ())),
            tuple(entry.get("programs", ())),
            {key: value for key, value in entry.items() if isinstance(value, str)},
        )
        for entry in entries
    )


@cache
def _by_program() -> dict[str, Row]:
    return {name: row for row in _rows() for name in row.programs}


@cache
def _by_package() -> dict[str, Row]:
    """Return the rows by every distribution's name for them; Debian's, which is what files declare, leads."""
    found: dict[str, Row] = {}
    for by in ("apt", "apt_t64", "dnf", "zypper", "pacman", "apk", "brew"):
        for row in _rows():
            package = row.packages.get(by)
            if package is not None and VERSION not in package:
                found.setdefault(package, row)
    return found
