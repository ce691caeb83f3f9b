"""Versions that install together and do not work together: kept apart where the user left the range open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from ...errors import Hint, Problem, Text, problem, text
from ...model.lock import Choice
from ..tables import table
from .fitted import Addition, Part
from .wanted import Wanted


@dataclass(frozen=True)
class Misfit:
    """While `name` is one of `when`, `other` has to keep `limit`; `reason` names the words for why."""

    key: str
    name: str
    when: str
    other: str
    limit: str
    reason: str

    def broken(self, packages: Mapping[str, str]) -> bool:
        """Tell whether these versions break it; what is often absent (setuptools) has to be there."""
        if not _in(packages.get(self.name), self.when):
            return False
        if self.other not in packages:
            return self.other in table("families/misfits")["adds"]
        return not _in(packages[self.other], self.limit)

    def why(self, version: str) -> Text:
        """Return the reason in words."""
        return text(f"lock.families.misfit.{self.reason}", name=self.name, version=version, other=self.other)


@cache
def known() -> tuple[Misfit, ...]:
    """Return the table's rows."""
    found = []
    for row in table("families/misfits")["rows"]:
        ((name, when),), ((other, limit),) = row["when"].items(), row["limit"].items()
        found.append(Misfit(row["id"], name, when, other, limit, row["reason"]))
    return tuple(found)


def fit(wanted: Wanted) -> Part:
    """Return the limits that the locked versions call for, and those of earlier passes.

    A version that the user pinned is not fought; `review` says what it breaks.
    """
    part = Part()
    for one in known():
        if one.key not in wanted.held and not one.broken(wanted.locked):
            continue
        if _pinned(wanted, one) or f"!{one.key}" in wanted.held:
            continue
        why = one.why(wanted.locked.get(one.name, one.when))
        held = Part(held=(one.key,), choices=(Choice(f"limit:{one.other}", f"{one.other}{one.limit}", why),))
        if wanted.has(one.other):
            part += held + Part(constraints=(f"{one.other}{one.limit}",))
        else:
            part += held + Part(additions=(Addition(f"{one.other}{one.limit}", one.other, one.name),))
    return part


def review(wanted: Wanted) -> tuple[Problem, ...]:
    """Return what the versions of a finished lock break all the same."""
    return tuple(_finding(wanted, one) for one in known() if one.broken(wanted.locked))


def _pinned(wanted: Wanted, misfit: Misfit) -> bool:
    """Tell whether the user's own lines leave nothing of what the limit allows."""
    lines = (*wanted.lines.get(misfit.other, ()), *wanted.limits.get(misfit.other, ()))
    allowed = SpecifierSet(misfit.limit)
    return any(line.fixed for line in lines) or any(
        one.operator in (">=", "~=", ">", "==", "===")
        and Version(one.version.removesuffix(".*")) not in allowed
        for line in lines
        for one in line.parsed.specifier
    )


def _in(version: str | None, specifiers: str) -> bool:
    try:
        return version is not None and SpecifierSet(specifiers).contains(
            Version(version).public, prereleases=True
        )
    except InvalidVersion:
        return False


def _finding(wanted: Wanted, misfit: Misfit) -> Problem:
    line = wanted.lines.get(misfit.other, wanted.lines.get(misfit.name, ()))
    version = wanted.locked.get(misfit.name, "?")
    return problem(
        "PV393",
        severity="warning",
        where=line[0].requirement.where if line else None,
        name=misfit.name,
        version=version,
        other=misfit.other,
        found=wanted.locked.get(misfit.other, "-"),
        why=misfit.why(version),
        hints=(Hint(text("PV393.hint", other=misfit.other, limit=misfit.limit)),),
    )
