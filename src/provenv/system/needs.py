"""The needs of an environment: from its files and from the declared file, with what brings each here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..model.facts import Facts
from ..model.system import SystemNeed
from .asking import Asked
from .managers import Manager
from .naming import Wanted, library

MENTIONED = re.compile(r"([\w.+-]+\.(?:so|dylib)[\w.]*): cannot open shared object")


def declared_needs(things: Sequence[Wanted], asked: Asked) -> tuple[SystemNeed, ...]:
    """Return what the declared file names, and whether it is there."""
    return tuple(
        SystemNeed(one.name, one.kind, one.package, asked.present(one), declared=True) for one in things
    )


def needed_libraries(raw: Mapping[str, Any]) -> set[str]:
    """Return the libraries that imports fail for; the others of the raw result nothing asked for yet.

    The loader names one library at a time: what else those files lack comes along.
    """
    needed: set[str] = set()
    for who, _, said in raw["imports"]:
        named = set(MENTIONED.findall(said))
        asking = {
            file
            for entry in raw["missing"]
            for file, owner in entry["files"]
            if owner == who and entry["name"] in named
        }
        for entry in raw["missing"]:
            if entry["name"] in named or asking & {file for file, _ in entry["files"]}:
                needed.add(str(entry["name"]))
    return needed


def library_needs(raw: Mapping[str, Any], manager: Manager | None, facts: Facts) -> tuple[SystemNeed, ...]:
    """Return what the environment's native files lack (the raw result of the check `libraries`)."""
    needed = needed_libraries(raw)
    found = []
    for entry in raw["missing"]:
        one = library(str(entry["name"]), manager, facts)
        users = tuple((str(owner), str(file)) for file, owner in entry["files"])
        optional = one.name not in needed
        found.append(SystemNeed(one.name, one.kind, one.package, False, optional=optional, users=users))
    return tuple(sorted(found, key=lambda need: (need.optional, need.name)))


def merged(needs: Iterable[SystemNeed]) -> tuple[SystemNeed, ...]:
    """Return the needs, each thing once: what is declared and needed by files too is one need."""
    found: dict[str, SystemNeed] = {}
    declared: dict[str, str] = {}
    for need in needs:
        name = need.name if need.name in found else declared.get(need.package, need.name)
        before = found.get(name)
        if before is None:
            found[name] = need
            if need.declared and need.package:
                declared[need.package] = name
            continue
        found[name] = replace(
            before,
            present=False if need.present is False else before.present,
            declared=before.declared or need.declared,
            optional=before.optional and need.optional,
            users=(*before.users, *need.users),
        )
    return tuple(found.values())


def to_install(needs: Iterable[SystemNeed]) -> tuple[str, ...]:
    """Return the packages that are missing: what was declared, and what imports fail for."""
    lacking = (need for need in needs if need.present is False and not need.optional)
    return tuple(dict.fromkeys(need.package for need in lacking if need.package))


def command_line(manager: Manager | None, packages: Sequence[str]) -> tuple[str, ...]:
    """Return the command that installs these packages, as a user types it; empty without any."""
    if manager is None or not packages:
        return ()
    return (*(("sudo",) if manager.root else ()), *manager.install, *packages)
