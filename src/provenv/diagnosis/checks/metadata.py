"""Packages whose own records are wrong: torn, twice there, half removed, of conda and pip."""

from __future__ import annotations

import os
import shlex
from collections import Counter
from collections.abc import Iterator

from ...errors import text, verbatim
from ...model.diagnosis import Advice
from ...model.environment import Environment
from ...model.findings import Finding
from ..ground import Ground
from .advising import REPAIR, install, judged, named


def look(ground: Ground) -> Iterator[Finding]:
    """Yield what is wrong with each environment's records."""
    for environment in judged(ground):
        where = named(environment, ground)
        yield from _torn(ground, environment, where)
        yield from _leftovers(environment, where)
        yield from _twice(environment, where)
        yield from _two_managers(environment, where)


def _torn(ground: Ground, environment: Environment, where: str) -> Iterator[Finding]:
    if not environment.torn:
        return
    names = [path.rpartition("/")[2].rpartition(".")[0].split("-")[0] for path in environment.torn]
    own = environment.kind == "generation"
    command = "provenv up --repair" if own else install(environment, ["--reinstall", *names])
    yield Finding(
        "torn-metadata",
        "packages",
        "hurts",
        what=text("doctor.metadata.torn", n=len(names), names=", ".join(names), where=where),
        why=text("doctor.metadata.torn.why"),
        evidence=tuple(verbatim(one) for one in environment.torn),
        remedies=(Advice(text("doctor.remedy.reinstall"), (command,)),),
        fix=REPAIR if own else None,
        subject=where,
    )


def _leftovers(environment: Environment, where: str) -> Iterator[Finding]:
    if not environment.leftovers:
        return
    paths = [os.path.join(environment.path, one) for one in environment.leftovers]
    yield Finding(
        "half-removed-packages",
        "packages",
        "better",
        what=text("doctor.metadata.leftovers", n=len(paths), where=where),
        why=text("doctor.metadata.leftovers.why"),
        evidence=tuple(verbatim(one) for one in environment.leftovers),
        remedies=(Advice(text("doctor.metadata.remove"), (shlex.join(["rm", "-r", *paths]),)),),
        subject=where,
    )


def _twice(environment: Environment, where: str) -> Iterator[Finding]:
    counted = Counter(one.name for one in environment.installed)
    for name, times in sorted(counted.items()):
        if times < 2:
            continue
        found = [one for one in environment.installed if one.name == name]
        yield Finding(
            "installed-twice",
            "packages",
            "hurts",
            what=text("doctor.metadata.twice", name=name, versions=", ".join(one.version for one in found)),
            why=text("doctor.metadata.twice.why"),
            evidence=tuple(verbatim(f"{where}: {one.info} ({one.installer or '?'})") for one in found),
            remedies=(
                Advice(text("doctor.remedy.reinstall"), (install(environment, ["--reinstall", name]),)),
            ),
            subject=f"{where}:{name}",
        )


def _two_managers(environment: Environment, where: str) -> Iterator[Finding]:
    """Yield packages of which conda's record and the installed metadata name different versions."""
    told = [
        (one.name, environment.conda[one.name], one.version)
        for one in environment.installed
        if one.installer in ("pip", "uv") and one.name in environment.conda
    ]
    if not told:
        return
    names = [name for name, _, _ in told]
    yield Finding(
        "conda-and-pip",
        "packages",
        "hurts",
        what=text("doctor.metadata.managers", n=len(told), names=", ".join(names)),
        why=text("doctor.metadata.managers.why"),
        evidence=tuple(
            text("doctor.metadata.managers.line", name=name, conda=conda, pip=pip)
            for name, conda, pip in told
        ),
        remedies=(
            Advice(
                text("doctor.metadata.managers.remedy"),
                (
                    shlex.join(["pip", "uninstall", *names]),
                    shlex.join(["conda", "install", "--force-reinstall", *names]),
                ),
            ),
            Advice(text("doctor.metadata.managers.own"), ("provenv init", "provenv up")),
        ),
        subject=where,
    )
