"""Distributions that install the same files: the one of a group that fits the machine, and no other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from ...errors import Hint, Problem, Text, problem, text
from ...model.lock import Choice, Refusal
from ..tables import table
from .fitted import Part, Rewrite
from .wanted import Wanted, overlaps, runs


@dataclass(frozen=True)
class Taken:
    """A distribution that fits: why, with which extras, below which version (None: any)."""

    why: Text
    extras: tuple[str, ...] = ()
    below: str | None = None
    first: str | None = None


def groups() -> Mapping[str, Mapping[str, Any]]:
    """Return the groups by name, as the table has them."""
    found: Mapping[str, Mapping[str, Any]] = table("families/variants")["groups"]
    return found


def fit(wanted: Wanted, major: int | None) -> Part:
    """Return for every group that is declared which of its distributions it is."""
    part = Part()
    for name, group in groups().items():
        declared = [one for one in group["members"] if wanted.declared(one)]
        if len(declared) > 1:
            part += _several(wanted, name, group, declared)
        elif declared:
            part += _one(wanted, name, group, declared[0], major)
    return part


def _one(wanted: Wanted, name: str, group: Mapping[str, Any], declared: str, major: int | None) -> Part:
    if declared not in group["free"] or wanted.line(declared).fixed:
        return _named(wanted, name, group, declared, major)
    refused: list[Refusal] = []
    for candidate in _order(wanted, group, declared):
        found = _takes(wanted, group["members"][candidate], candidate, declared, major)
        if isinstance(found, Text):
            refused.append(Refusal(candidate, found))
            continue
        rest = [one for one in _order(wanted, group, declared) if one != candidate]
        seen = {one.value for one in refused}
        refused += [
            Refusal(one, text("lock.families.variant.lower", better=candidate))
            for one in rest
            if one not in seen
        ]
        dropped = _dropped(wanted, group, declared)
        if candidate == declared and not (found.extras or found.below or refused or dropped):
            return Part()
        return Part(
            rewrites=(Rewrite(declared, candidate, found.extras, dropped),),
            constraints=_limits(candidate, found),
            excluded=_left_out(group, candidate),
            choices=(Choice(f"variant:{name}", candidate, found.why, tuple(refused)),),
            findings=_on_cpu(wanted, group, declared, candidate, refused),
        )
    return Part()


def _on_cpu(
    wanted: Wanted, group: Mapping[str, Any], declared: str, taken: str, refused: Iterable[Refusal]
) -> tuple[Problem, ...]:
    """Return the warning that the distribution for the machine's GPU was refused, and why."""
    better = [one for one in refused if group["members"][one.value].get("needs") == wanted.kind]
    if taken != declared or not better:
        return ()
    hint = Hint(text("PV387.hint_cpu_only"), f"provenv why {declared}")
    where = wanted.line(declared).requirement.where
    return (
        problem("PV387", severity="warning", where=where, name=declared, why=better[0].why, hints=(hint,)),
    )


def _named(wanted: Wanted, name: str, group: Mapping[str, Any], declared: str, major: int | None) -> Part:
    """Return what follows where the user named one: it stays, and the plain one of others is left out."""
    member = group["members"][declared]
    others = _left_out(group, declared)
    found = _takes(wanted, member, declared, declared, major)
    why = text("lock.families.variant.declared", name=declared)
    if not isinstance(found, Text):
        found = Taken(why, () if wanted.line(declared).fixed else found.extras, found.below, found.first)
        if wanted.line(declared).fixed:
            return Part(excluded=others, choices=(Choice(f"variant:{name}", declared, why),))
        return Part(
            rewrites=(Rewrite(declared, declared, found.extras),),
            constraints=_limits(declared, found),
            excluded=others,
            choices=(Choice(f"variant:{name}", declared, why),) if group["free"] else (),
        )
    free = next(iter(group["free"]), None)
    hint = (
        Hint(text("PV382.hint", name=free or declared))
        if free
        else Hint(text("PV382.hint_other", files=name))
    )
    finding = problem(
        "PV382",
        severity="warning",
        name=declared,
        where=wanted.line(declared).requirement.where,
        why=found,
        hints=(hint,),
    )
    choices = (Choice(f"variant:{name}", declared, why),) if group["free"] else ()
    return Part(excluded=others, choices=choices, findings=(finding,))


def _dropped(wanted: Wanted, group: Mapping[str, Any], declared: str) -> tuple[str, ...]:
    """Return the extras of the user's line that only bring what another kind of machine needs."""
    extras = {one for line in wanted.lines[declared] for one in line.parsed.extras}
    return tuple(one for one in group.get("cuda_extras", ()) if one in extras and wanted.kind != "cuda")


def _order(wanted: Wanted, group: Mapping[str, Any], declared: str) -> list[str]:
    ranked = group["order"].get(wanted.kind, ())
    display = [
        one
        for one, member in group["members"].items()
        if member.get("display") and wanted.kind != "cuda" and _has_display(wanted)
    ]
    found = dict.fromkeys([*display, *ranked, declared])
    return [one for one in found if one == declared or _made_for(wanted, group["members"][one])]


def _made_for(wanted: Wanted, member: Mapping[str, Any]) -> bool:
    systems, machines = member.get("systems"), member.get("machines")
    return (not systems or wanted.system in systems) and (not machines or wanted.machine in machines)


def _has_display(wanted: Wanted) -> bool:
    """Tell whether Windows has a GPU of another vendor than NVIDIA: DirectML computes on it."""
    return wanted.system == "windows" and bool(wanted.facts.amd.devices or wanted.facts.intel.devices)


def _takes(
    wanted: Wanted, member: Mapping[str, Any], name: str, declared: str, major: int | None
) -> Taken | Text:
    """Return that a distribution fits, or why it does not."""
    if name in wanted.without:
        return text("lock.families.variant.no_index")
    if not _made_for(wanted, member):
        return text("lock.families.variant.platform", system=wanted.system, machine=wanted.machine)
    needs = member.get("needs")
    if needs and needs != wanted.kind:
        return text("lock.families.variant.kind", needs=needs, kind=wanted.kind)
    specifiers = wanted.specifiers(declared) & wanted.specifiers(name)
    first = member.get("first")
    if first and not overlaps(specifiers, first, None):
        return text("lock.families.variant.first", first=first)
    rows = member.get("rows", ())
    if wanted.kind != "cuda" or not rows:
        return Taken(_why(wanted, member, name), first=first)
    return _newest(wanted, name, specifiers, rows, None if member.get("loose") else major)


def _newest(
    wanted: Wanted,
    name: str,
    specifiers: SpecifierSet,
    rows: Iterable[Mapping[str, Any]],
    major: int | None,
) -> Taken | Text:
    """Return the newest versions that run on the machine's driver and GPUs, as an upper limit."""
    why: Text | None = None
    above: str | None = None
    for row in sorted(rows, key=lambda one: Version(one["from"]), reverse=True):
        if overlaps(specifiers, row["from"], row["to"]):
            refusal = runs(wanted, row)
            if refusal is None and major is not None and Version(row["cuda"]).major != major:
                refusal = text("lock.families.variant.major", cuda=row["cuda"], major=major)
            if refusal is None:
                reason = text("lock.families.variant.cuda", name=name, cuda=row["cuda"])
                return Taken(reason, tuple(row.get("extras", ())), above, row["from"])
            why = why or refusal
        above = row["from"]
    return why or text("lock.families.variant.versions", specifiers=str(specifiers))


def _limits(name: str, found: Taken) -> tuple[str, ...]:
    return (f"{name}<{found.below}",) if found.below else ()


def _why(wanted: Wanted, member: Mapping[str, Any], name: str) -> Text:
    size = int(member.get("bytes", 0))
    if member.get("needs"):
        return text("lock.families.variant.for_kind", name=name, kind=wanted.kind)
    if member.get("display"):
        return text("lock.families.variant.display", name=name)
    if size:
        return text("lock.families.variant.smaller", name=name, size_bytes=size)
    return text("lock.families.variant.plain", name=name)


def _left_out(group: Mapping[str, Any], kept: str) -> tuple[str, ...]:
    """Return the plain names that others' requirements would bring beside a ranked one, over its files."""
    ranked = {one for order in group["order"].values() for one in order}
    return tuple(one for one in group["free"] if one != kept) if kept in ranked or group.get("strict") else ()


def _several(wanted: Wanted, name: str, group: Mapping[str, Any], declared: list[str]) -> Part:
    """Return the error about two lines for the same files: which one is meant can't be guessed."""
    first, second = (wanted.line(one).requirement for one in declared[:2])
    where = f"{first.where.file}:{first.where.line or 1}"
    better = next(iter(group["free"]), None)
    hints = (
        Hint(text("PV380.hint_free", name=better)) if better else Hint(text("PV380.hint", name=declared[0])),
    )
    found: Problem = problem(
        "PV380",
        severity="error" if group.get("strict") else "warning",
        where=second.where,
        first=declared[0],
        second=declared[1],
        files=group["files"],
        why=text("PV380.why", files=group["files"], line=where),
        hints=hints,
    )
    return Part(findings=(found,))
