"""Locks of other tools as ours: what applies here, where torch comes from, what disagrees."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from packaging.version import Version

from ...errors import Failure, Hint, Place, Problem, problem, text
from ...model.facts import Facts
from ...model.lock import Choice, Lock, Package, Refusal
from ...model.spec import Spec
from ...pipconf import redact
from ..accelerators import decide
from ..families import review
from ..platforms import PythonChoice, choose_python, python_platform, specifiers
from ..pylock import identity, package_of, parse
from ..torch import build_of
from .agreement import agreement
from .selection import Machine, Selection, select
from .uv_project import public_index

UNUSED = "PV398"
BESIDE = (Hint(text("lock.foreign.beside"), "provenv lock --output pylock.provenv.toml"),)


def adopt(content: str, file: str, spec: Spec, facts: Facts, *, target: str, foreign: bool = False) -> Lock:
    """Return what a `pylock.toml` that another tool made says for the machine that `facts` describe.

    Its markers, environments and default groups are evaluated (or the groups
    that the declared file names). Raises Failure: PV330-PV333 for a file that
    is none, PV335-PV338 where it has nothing that runs there.
    """
    data = parse(content, file)
    extras = [name for part in spec.parts for name in part.extras]
    groups = [name for part in spec.parts for name in part.groups]
    taken = partial(select, data, file, extras=extras, groups=groups or None)
    requires = data.get("requires-python")
    declared = spec.python or (str(requires) if requires else None)
    machine, chosen, selection = with_python(declared, facts, taken, BESIDE, file, foreign=foreign)
    packages = [
        replace(package_of(entry), required_by=_asking(str(entry["name"]), spec, selection.entries))
        for entry in selection.entries
    ]
    return from_selection(packages, selection, spec, machine, file, target, chosen.choice)


def with_python(
    declared: str | None,
    facts: Facts,
    taken: Callable[[Machine], Selection],
    remedies: tuple[Hint, ...],
    file: str,
    *,
    foreign: bool,
) -> tuple[Machine, PythonChoice, Selection]:
    """Return the Python that a lock is used with, and what is `taken` from it for that.

    That is the first of the machine that `declared` allows, but where it lacks
    wheels, another one that has them all: a lock is made with one Python, and a
    range such as `>=3.12` also lets in those that came after. Raises Failure
    as `taken` does, for the first.
    """
    first = choose_python(declared, facts, foreign=foreign)
    machine = Machine(first.version, facts, remedies)
    failure: Failure | None = None
    selection: Selection | None = None
    try:
        selection = taken(machine)
    except Failure as error:
        failure = error
    if selection is not None and not selection.built:
        return machine, first, selection
    for version in _others(declared, facts, first.version):
        other = replace(machine, python=version)
        try:
            found = taken(other)
        except Failure:
            continue
        if not found.built:
            lacking = ", ".join(selection.built) if selection else file
            refused = Refusal(first.version, text("lock.foreign.python_lacks", names=lacking))
            why = text("lock.foreign.python", file=file, version=version)
            known = choose_python(version, facts, foreign=foreign)
            choice = Choice("python", version, why, (refused,))
            return other, replace(known, choice=choice), found
    if selection is None:
        raise failure or Failure()
    return machine, first, selection


def _others(declared: str | None, facts: Facts, first: str) -> tuple[str, ...]:
    """Return the minor versions of the machine's other Pythons that are allowed, the newest first."""
    wanted = specifiers(declared)
    found = {
        Version(one.version).release[:2]
        for one in facts.pythons
        if one.implementation == "cpython" and Version(one.version) in wanted
    }
    versions = [
        f"{major}.{minor}" for major, minor in sorted(found, reverse=True) if (major, minor) >= (3, 9)
    ]
    return tuple(one for one in versions if one != first)


def from_selection(
    packages: Sequence[Package],
    selection: Selection,
    spec: Spec,
    machine: Machine,
    file: str,
    target: str,
    python: Choice,
) -> Lock:
    """Return the Lock of what was selected; it has no `inputs`, since we did not make it."""
    ordered = tuple(sorted(packages, key=lambda one: (one.name, one.version)))
    torch = _torch(ordered, selection.entries, machine.facts, file)
    leads = Choice("lock", file, text("lock.foreign.leads", file=file))
    disagreeing = agreement(ordered, spec, machine, file)
    reviewed = review(ordered, spec, machine.facts, decide(spec, machine.facts), python=machine.python)
    findings = (
        *disagreeing,
        # a build for a GPU that is not there is said once, with all that it brings
        *(one for one in reviewed if one.code != UNUSED or not disagreeing),
        *_unhashed(ordered),
        *_built(selection, file, machine),
    )
    return Lock(
        target=target,
        python=machine.python,
        platform=python_platform(machine.facts.platform),
        packages=ordered,
        choices=(leads, *torch, python),
        identity=identity(ordered),
        findings=findings,
    )


def _torch(
    packages: Sequence[Package], entries: Sequence[Mapping[str, Any]], facts: Facts, file: str
) -> tuple[Choice, ...]:
    """Return which build of torch is locked and where it comes from: an installation asks for both."""
    entry = next((one for one in entries if one["name"] == "torch"), None)
    if entry is None:
        return ()
    build, why = build_of(packages, facts.platform), text("lock.foreign.build", file=file)
    index, version = redact(str(entry.get("index") or "")), str(entry.get("version") or "")
    if index.startswith(public_index()):
        source = f"public {index}"
    elif "+" in version:
        source = f"index {index}" if index else "public"
    else:
        source = "default"
    return Choice("accelerator", build, why), Choice("source:torch", source, why)


def _asking(name: str, spec: Spec, entries: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the user's lines and the packages that ask for `name`, as far as the lock says it."""
    lines = [f"{one.where.file}:{one.where.line or 1}" for one in spec.requirements if one.name == name]
    packages = [
        str(entry["name"])
        for entry in entries
        if any(one.get("name") == name for one in entry.get("dependencies", ()))
    ]
    return (*lines, *packages)


def _unhashed(packages: Sequence[Package]) -> tuple[Problem, ...]:
    names = [
        package.name
        for package in packages
        if package.origin in ("index", "archive") and not any(one.hashes for one in package.artifacts)
    ]
    if not names:
        return ()
    return (problem("PV324", severity="warning", names=", ".join(names), n=len(names)),)


def _built(selection: Selection, file: str, machine: Machine) -> tuple[Problem, ...]:
    if not selection.built:
        return ()
    names, n = ", ".join(selection.built), len(selection.built)
    where = Place(file)
    return (problem("PV349", severity="warning", names=names, python=machine.python, n=n, where=where),)
