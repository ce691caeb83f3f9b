"""What of a lock for many machines is for this one, as PEP 751 has it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from ...errors import Failure, Hint, Place, Problem, problem, text, verbatim
from ...model.facts import Facts
from ..pylock import filename_of
from ..wheels import markers, pythons, rank, tags

SHOWN = 8


@dataclass(frozen=True)
class Machine:
    """What a lock is read for: the Python (`3.11`) and the machine, and how the user gets another lock."""

    python: str
    facts: Facts
    remedies: tuple[Hint, ...] = ()


@dataclass(frozen=True)
class Selection:
    """The entries that apply, each with the one file that is taken; `built` have only their source."""

    entries: tuple[Mapping[str, Any], ...]
    built: tuple[str, ...] = ()


def select(
    data: Mapping[str, Any],
    file: str,
    machine: Machine,
    *,
    extras: Sequence[str] = (),
    groups: Sequence[str] | None = None,
) -> Selection:
    """Return the packages of a pylock's `data` for the machine.

    `groups` None means the lock's own default groups. Raises Failure with
    everything that keeps it from being installed there: PV335 another Python,
    PV336 another platform, PV337 no file that runs, PV338 two entries for one
    package; PV332 for a marker that is none.
    """
    values: dict[str, str | frozenset[str]] = {**markers(machine.python, machine.facts)}
    values["extras"] = frozenset(map(canonicalize_name, extras))
    chosen = data.get("default-groups", ()) if groups is None else groups
    values["dependency_groups"] = frozenset(map(canonicalize_name, chosen))
    try:
        problems = list(_unfit(data, file, machine, values))
        if problems:
            raise Failure(*problems)
        entries = [entry for entry in data.get("packages", ()) if _applies(entry.get("marker"), values)]
    except (InvalidMarker, UndefinedComparison, UndefinedEnvironmentName, InvalidSpecifier) as error:
        hint = Hint(text("PV332.hint"))
        why = verbatim(str(error))
        raise Failure(problem("PV332", where=Place(file), file=file, why=why, hints=(hint,))) from error
    return _with_files(entries, file, machine)


def _unfit(
    data: Mapping[str, Any], file: str, machine: Machine, values: Mapping[str, str | frozenset[str]]
) -> Iterator[Problem]:
    requires = str(data.get("requires-python") or "")
    full = str(values["python_full_version"])
    if not SpecifierSet(requires).contains(full, prereleases=True):
        hints = (Hint(text("PV335.hint", requires=requires)), *machine.remedies)
        yield problem("PV335", where=Place(file), file=file, python=full, requires=requires, hints=hints)
    environments = [str(one) for one in data.get("environments", ())]
    if environments and not any(_applies(one, values) for one in environments):
        why = text("PV336.why", environments="; ".join(environments))
        yield problem(
            "PV336",
            where=Place(file),
            file=file,
            platform=_platform(machine),
            why=why,
            hints=machine.remedies,
        )


def _applies(marker: object, values: Mapping[str, str | frozenset[str]]) -> bool:
    return not marker or Marker(str(marker)).evaluate(values, context="lock_file")


def _with_files(entries: Sequence[Mapping[str, Any]], file: str, machine: Machine) -> Selection:
    accepted = tags(machine.python, machine.facts.platform)
    kept: list[Mapping[str, Any]] = []
    built: list[str] = []
    problems: list[Problem] = []
    for entry in entries:
        wheels = entry.get("wheels", ())
        ranked = [(fits, one) for one in wheels if (fits := rank(_name(one), accepted)) is not None]
        # uv takes the one that fits best too; with its hash alone in the lock nothing else comes
        mine = [min(ranked, key=lambda one: one[0])[1]] if ranked else []
        name = canonicalize_name(str(entry["name"]))
        requires = SpecifierSet(str(entry.get("requires-python") or ""))
        full = markers(machine.python, machine.facts)["python_full_version"]
        if not requires.contains(full, prereleases=True) or (wheels and not mine and "sdist" not in entry):
            problems.append(_no_file(entry, name, file, machine))
        elif not mine and "sdist" in entry:
            built.append(name)
        # a marker that was looked at has done its work
        done = {"marker", "sdist"} if mine else {"marker"}
        kept.append({key: value for key, value in {**entry, "wheels": mine}.items() if key not in done})
    twice = [
        name for name, count in Counter(canonicalize_name(one["name"]) for one in kept).items() if count > 1
    ]
    for name in twice:
        versions = ", ".join(
            str(one.get("version", "?")) for one in kept if canonicalize_name(one["name"]) == name
        )
        problems.append(problem("PV338", where=Place(file), file=file, name=name, versions=versions))
    if len(problems) > SHOWN:
        problems = [
            *problems[:SHOWN],
            Problem("PV337", text("PV337.more", n=len(problems) - SHOWN), severity="note"),
        ]
    if problems:
        raise Failure(*problems)
    return Selection(tuple(kept), tuple(built))


def _no_file(entry: Mapping[str, Any], name: str, file: str, machine: Machine) -> Problem:
    names = [_name(one) for one in entry.get("wheels", ())]
    platforms = sorted({one.removesuffix(".whl").rsplit("-", 1)[-1].split(".")[0] for one in names})
    why = text(
        "PV337.why", pythons=", ".join(pythons(names)) or "?", platforms=", ".join(platforms[:SHOWN]) or "?"
    )
    if entry.get("requires-python") and not names:
        why = text("PV337.why_python", requires=str(entry["requires-python"]))
    return problem(
        "PV337",
        where=Place(file),
        file=file,
        name=name,
        version=str(entry.get("version", "?")),
        python=machine.python,
        platform=_platform(machine),
        why=why,
        hints=machine.remedies,
    )


def _name(wheel: Mapping[str, Any]) -> str:
    return str(wheel.get("name") or filename_of(str(wheel.get("url") or wheel.get("path") or "")))


def _platform(machine: Machine) -> str:
    platform = machine.facts.platform
    libc = f", {platform.libc} {platform.libc_version}" if platform.libc else ""
    return f"{platform.system} {platform.machine}{libc}"
