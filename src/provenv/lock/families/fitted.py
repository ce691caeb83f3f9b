"""What the families come to: lines as uv gets them, limits, what is left out, and the reasons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from packaging.requirements import Requirement as Parsed

from ...errors import Problem
from ...model.lock import Choice
from ...model.spec import Requirement, Spec
from .wanted import Line, Wanted

_T = TypeVar("_T")


@dataclass(frozen=True)
class Rewrite:
    """A declared name that becomes another one, gets extras or loses some; version and marker stay."""

    name: str
    to: str
    extras: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True)
class Addition:
    """A requirement that the user did not write, and the declared or locked package that it is for."""

    line: str
    name: str
    cause: str


@dataclass(frozen=True)
class Part:
    """What one family says; `+` joins them."""

    rewrites: tuple[Rewrite, ...] = ()
    additions: tuple[Addition, ...] = ()
    constraints: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    findings: tuple[Problem, ...] = ()
    unisolated: tuple[str, ...] = ()
    metadata: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    held: tuple[str, ...] = ()

    def __add__(self, other: Part) -> Part:
        """Return both, what is said twice once."""
        return Part(
            rewrites=_once(self.rewrites, other.rewrites),
            additions=_once(self.additions, other.additions),
            constraints=_once(self.constraints, other.constraints),
            excluded=_once(self.excluded, other.excluded),
            choices=_once(self.choices, other.choices),
            findings=_once(self.findings, other.findings),
            unisolated=_once(self.unisolated, other.unisolated),
            metadata={**self.metadata, **other.metadata},
            held=_once(self.held, other.held),
        )


@dataclass(frozen=True)
class Fitted:
    """The declared file as this machine's families need it.

    `requirements` and `limits` replace the Spec's own lines; `constraints` are
    more limits, `overrides` and `excluded` what uv takes in place of others'
    requirements and leaves out; `unisolated` are built without isolation, after
    torch, `metadata` is what those require where only their setup would tell.
    `cuda` is the CUDA major that torch shares with others, None where it shares none.
    `introduced` are names that the families brought in: no index may have them.
    `held` is for the next pass.
    """

    requirements: tuple[Requirement, ...]
    limits: tuple[Requirement, ...] = ()
    constraints: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    unisolated: tuple[str, ...] = ()
    metadata: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    cuda: int | None = None
    introduced: frozenset[str] = frozenset()
    held: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    findings: tuple[Problem, ...] = ()

    def asks_as(self, other: Fitted | None) -> bool:
        """Tell whether uv would be asked the same."""
        return other is not None and replace(self, choices=(), findings=(), held=()) == replace(
            other, choices=(), findings=(), held=()
        )


def applied(wanted: Wanted, part: Part, *, cuda: int | None = None) -> Fitted:
    """Return the Spec's lines with the rewrites and additions of `part`."""
    rewrites: dict[str, Rewrite] = {}
    for one in part.rewrites:
        known = rewrites.get(one.name, one)
        rewrites[one.name] = Rewrite(
            one.name,
            one.to if one.to != one.name else known.to,
            _once(known.extras, one.extras),
            _once(known.dropped, one.dropped),
        )
    added = tuple(_added(wanted.spec, wanted, one) for one in part.additions)
    introduced = {one.to for one in rewrites.values() if one.to != one.name}
    return Fitted(
        requirements=(
            *(_rewritten(one, wanted.lines, rewrites) for one in wanted.spec.requirements),
            *added,
        ),
        limits=tuple(_rewritten(one, wanted.limits, rewrites) for one in wanted.spec.constraints),
        constraints=part.constraints,
        excluded=part.excluded,
        unisolated=part.unisolated,
        metadata=part.metadata,
        cuda=cuda,
        introduced=frozenset(introduced | {one.name for one in part.additions}),
        held=part.held,
        choices=part.choices,
        findings=part.findings,
    )


def _rewritten(
    requirement: Requirement, lines: Mapping[str, tuple[Line, ...]], rewrites: Mapping[str, Rewrite]
) -> Requirement:
    rewrite = rewrites.get(requirement.name)
    line = next((one for one in lines.get(requirement.name, ()) if one.requirement is requirement), None)
    if rewrite is None or line is None or line.fixed:
        return requirement
    return replace(requirement, text=_words(line.parsed, rewrite), name=rewrite.to)


def _words(parsed: Parsed, rewrite: Rewrite) -> str:
    extras = sorted({*parsed.extras, *rewrite.extras} - {*rewrite.dropped})
    within = f"[{','.join(extras)}]" if extras else ""
    marker = f" ; {parsed.marker}" if parsed.marker else ""
    return f"{rewrite.to}{within}{parsed.specifier}{marker}"


def _added(spec: Spec, wanted: Wanted, one: Addition) -> Requirement:
    """Return the line with the place of what it is for, so that `why` leads to the user's own line."""
    found = wanted.lines.get(one.cause)
    first = found[0].requirement if found else next(iter(spec.requirements), None)
    if first is None:
        raise ValueError(f"nothing was declared, and {one.line} is to be added")
    return Requirement(one.line, one.name, first.where)


def _once(first: Iterable[_T], second: Iterable[_T]) -> tuple[_T, ...]:
    found: list[_T] = []
    for one in (*first, *second):
        if one not in found:
            found.append(one)
    return tuple(found)
