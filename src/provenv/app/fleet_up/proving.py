"""The proof on each host of a target: the same checks, run there; what they left together."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from ... import facts as facts_room
from ... import proof
from ...errors import text
from ...model.evidence import Check, Evidence, Outcome
from ...model.facts import Facts
from ...model.fleet import HostResult
from ...model.lock import Lock
from ...model.progress import Progress
from ...model.spec import Spec
from ...proof.between import CLOCK, COLLECTIVES, INTERFACE, NETWORK, REACH
from ..fleet.between import prove_between
from ..fleet.each import on_each
from ..project import Project
from ..prove import checked
from .environment import environment_of
from .places import Place
from .side_by_side import SideBySide

BETWEEN = frozenset(check.name for check in (REACH, INTERFACE, NETWORK, CLOCK, COLLECTIVES))
"""The checks between hosts."""


@dataclass(frozen=True)
class Proof:
    """What is to be proven: generation `number` of this Spec and Lock; `code` digests the project's files.

    `only` names checks, `quick` takes what finds most for its time (see app.prove).
    """

    number: int
    spec: Spec
    lock: Lock
    code: str = ""
    only: Sequence[str] = ()
    quick: bool = False

    def digests(self, facts: Facts) -> dict[str, str]:
        """Return what a receipt names of what was proven, on a host of these facts."""
        return {
            "declared": self.spec.digest,
            "lock": self.lock.identity,
            "facts": facts_room.digest(facts),
            "proof": self.spec.proof_digest,
            "code": self.code,
        }

    def checks(self, facts: Facts) -> tuple[Check, ...]:
        """Return the checks that apply on a host of these facts."""
        versions = {package.name: package.version for package in self.lock.packages}
        return proof.applicable(versions, self.spec, facts)

    @property
    def between(self) -> frozenset[str]:
        """Return the checks between hosts that are wanted; a quick proof leaves them out."""
        if self.quick:
            return frozenset()
        return BETWEEN & frozenset(self.only) if self.only else BETWEEN


def _nowhere(host: str, evidence: Evidence) -> None:
    """Keep nothing."""


def prove_on_each(
    project: Project,
    places: Sequence[Place],
    wanted: Proof,
    facts: Mapping[str, Facts],
    *,
    at_once: int,
    keep: Callable[[str, Evidence], None] = _nowhere,
) -> tuple[HostResult[Evidence], ...]:
    """Run the checks on every place, side by side, and return what each left; `keep` gets it as it comes.

    A host on which a check fails has its Evidence like the others; a problem has one that could not be asked.
    Raises Failure PV723 for a check that applies on none of them.
    """
    taken = _applying(places, wanted, facts)
    total = sum(map(len, taken.values()))
    if not total:
        return tuple(HostResult(one.name, _nothing(project, wanted), None, 0.0) for one in places)
    told = SideBySide(project.progress, text("fleet_up.proving", n=len(places)), total, "items")
    names = {one.name: one for one in places}

    def act(name: str, _: object) -> Evidence:
        return prove_on(project, names[name], wanted, facts[name], taken[name], told.host(name))

    def ended(one: HostResult[Evidence]) -> None:
        if one.value is not None:
            keep(one.host, one.value)
            key = "fleet_up.proven" if one.value.passed else "fleet_up.unproven"
            told.note(
                text(key, host=one.host, passed=one.value.count("passed"), failed=one.value.count("failed"))
            )

    found = on_each([(one.name, one.host) for one in places], act, at_once=at_once, progress=ended)
    well = sum(one.value is not None and one.value.passed for one in found)
    told.end(text("fleet_up.proven_all", well=well, n=len(found)), well=well == len(found))
    return found


def _applying(
    places: Sequence[Place], wanted: Proof, facts: Mapping[str, Facts]
) -> dict[str, Sequence[Check]]:
    """Return the checks of each host: of those that were named whichever apply there.

    Raises Failure PV723 where one applies nowhere.
    """
    all_ = {one.name: wanted.checks(facts[one.name]) for one in places}
    if wanted.quick:
        return {name: checked(checks, only=(), quick=True) for name, checks in all_.items()}
    if not wanted.only:
        return dict(all_)
    between = BETWEEN if len(places) > 1 else frozenset[str]()
    named = [name for name in wanted.only if name not in between]
    known = {check.name: check for checks in all_.values() for check in checks}
    checked(tuple(known.values()), only=named, quick=False)
    return {name: [check for check in checks if check.name in named] for name, checks in all_.items()}


def _nothing(project: Project, wanted: Proof) -> Evidence:
    """Return what is left where only what is between hosts is looked at."""
    started = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return proof.evidence(project.target, wanted.number, (), digests={}, started=started, seconds=0.0)


def prove_on(
    project: Project,
    place: Place,
    wanted: Proof,
    facts: Facts,
    taken: Sequence[Check],
    progress: Progress,
) -> Evidence:
    """Run these checks on one place and return what they leave. Raises Failure as its host does, PV501."""
    started, began = datetime.now(timezone.utc), time.monotonic()
    outcomes = proof.run(
        place.host,
        place.python(wanted.number),
        taken,
        environment=environment_of(place, wanted.number, wanted.spec, facts, passed_on(project, wanted.spec)),
        folder=place.root,
        progress=progress,
        at_once=proof.at_once(facts),
    )
    left_out = [one.name for one in wanted.checks(facts) if one not in taken] if wanted.quick else ()
    return proof.evidence(
        project.target,
        wanted.number,
        outcomes,
        digests=wanted.digests(facts),
        started=started.isoformat(timespec="seconds"),
        seconds=time.monotonic() - began,
        left_out=left_out,
    )


def prove_between_them(
    project: Project,
    places: Sequence[Place],
    wanted: Proof,
    facts: Mapping[str, Facts],
    *,
    began: float,
    at_once: int,
) -> tuple[Outcome, ...]:
    """Return what the wanted checks between the hosts found; nothing of one host alone.

    `began` are the seconds since the proof did. Raises Failure as `app.fleet.between.prove_between`.
    """
    if not wanted.between:
        return ()
    outcomes = prove_between(
        places,
        wanted.number,
        spec=wanted.spec,
        facts=facts,
        packages={package.name: package.version for package in wanted.lock.packages},
        passed=passed_on(project, wanted.spec),
        progress=project.progress,
        began=began,
        at_once=at_once,
    )
    return tuple(one for one in outcomes if one.name in wanted.between)


def passed_on(project: Project, spec: Spec) -> dict[str, str]:
    """Return the variables of the user's that the declared file lets pass on."""
    return {name: project.environment[name] for name in spec.passed if name in project.environment}


def digest_of_hosts(names: Sequence[str]) -> str:
    """Return a sha256 that names hosts, all of them."""
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


def of_all(
    project: Project,
    wanted: Proof,
    combined: Facts,
    told: Sequence[tuple[str, Evidence]],
    between: Sequence[Outcome] = (),
) -> Evidence:
    """Return the one receipt of all hosts, and of what is between them."""
    outcomes = proof.together([(host, one.outcomes) for host, one in told])
    hosts = digest_of_hosts([host for host, _ in told])
    return proof.evidence(
        project.target,
        wanted.number,
        (*outcomes, *between),
        digests={**wanted.digests(combined), "hosts": hosts},
        started=min(one.started for _, one in told),
        seconds=max(one.seconds for _, one in told) + sum(one.seconds for one in between),
        left_out=tuple(dict.fromkeys(name for _, one in told for name in one.left_out)),
    )
