"""Packages that nobody maintains any more, or whose name is not what people mean; and what to use instead."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ...errors import bilingual, text, verbatim
from ...model.diagnosis import Advice
from ...model.environment import Environment
from ...model.findings import Finding, Gravity
from ..ground import Ground
from .advising import judged, named, uninstall

TABLE = Path(__file__).with_name("abandoned.json")


@dataclass(frozen=True)
class Row:
    """One package: `kind` is `ended`, `renamed` or `other` (another project has the name).

    `use` are what to declare instead, `why` in both languages, `gravity` what it means for who has it.
    """

    name: str
    kind: str
    use: tuple[str, ...]
    en: str
    zh: str
    gravity: Gravity = "better"
    since: str = ""


@cache
def rows() -> Mapping[str, Row]:
    """Return the table by name."""
    content = json.loads(TABLE.read_text("utf-8"))
    return {
        row["name"]: Row(
            row["name"],
            row["kind"],
            tuple(row.get("use", ())),
            row["en"],
            row["zh"],
            row.get("gravity", "better"),
            row.get("since", ""),
        )
        for row in content["rows"]
    }


def look(ground: Ground) -> Iterator[Finding]:
    """Yield what the declared file names, then what environments have beside it."""
    seen: set[str] = set()
    for requirement in ground.spec.requirements if ground.spec else ():
        row = rows().get(requirement.name)
        if row is None or row.name in seen:
            continue
        seen.add(row.name)
        place = f"{requirement.where.file}:{requirement.where.line or 1}: {requirement.text}"
        commands = [
            f"provenv remove {row.name}",
            *(f"provenv add '{one}'" for one in row.use if "://" not in one),
        ]
        yield _finding(row, place, tuple(commands))
    for environment in judged(ground):
        for one in environment.installed:
            row = rows().get(one.name)
            if row is not None and row.name not in seen:
                seen.add(row.name)
                yield _installed(ground, environment, row, one.version)


def _installed(ground: Ground, environment: Environment, row: Row, version: str) -> Finding:
    asking = [one.name for one in environment.installed if _asks(one.requires, row.name)]
    by = f" <- {', '.join(asking)}" if asking else ""
    place = f"{named(environment, ground)}: {row.name} {version}{by}"
    if environment.kind == "generation":
        return _finding(row, place, (f"provenv why {row.name}",))
    return _finding(row, place, () if asking else (uninstall(environment, [row.name]),))


def _asks(requires: tuple[str, ...], name: str) -> bool:
    return any(
        line.lower().replace("_", "-").startswith(name) and not line[len(name) : len(name) + 1].isalnum()
        for line in requires
        if "extra ==" not in line and line[len(name) : len(name) + 1] != "-"
    )


def _finding(row: Row, place: str, commands: tuple[str, ...]) -> Finding:
    use = ", ".join(f"`{one}`" for one in row.use)
    remedies = (
        Advice(
            text(f"doctor.abandoned.{row.kind}.use", use=use) if use else text("doctor.abandoned.nothing"),
            commands,
        ),
    )
    return Finding(
        "abandoned-package",
        "packages",
        row.gravity,
        what=text(f"doctor.abandoned.{row.kind}", name=row.name, since=row.since),
        why=bilingual(row.en, row.zh),
        evidence=(verbatim(place),),
        remedies=remedies,
        subject=row.name,
    )
