"""`prove`: the checks that fit, run inside the finished environment; their receipt beside it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import Literal

from .. import facts as facts_room
from .. import proof
from ..errors import Exit, Failure, Hint, Place, Problem, problem, text
from ..lazy import load
from ..model.evidence import Check, Evidence
from ..model.fleet_up import FleetProven
from ..model.lock import Lock
from ..model.spec import Requirement, Spec
from ..model.state import Generation
from ..runs.environment import other_environments, prepare
from ..targets.guard import guarded
from ..targets.layout import python_of
from ..targets.names import HERE
from ..targets.receipts import write_proof
from ..targets.records import LOCK, read_generation, read_state, read_value, write_generation
from .choices import AT_ONCE
from .locking import Ground, ground, read_lock
from .place import at_its_place
from .project import Project, kind_of
from .remembered import SPEC, same_files


def prove(
    project: Project,
    *,
    only: Sequence[str] = (),
    quick: bool = False,
    wait: bool = True,
    at_once: int = AT_ONCE,
) -> Evidence | FleetProven:
    """Prove the current generation again; `only` names checks, `quick` takes what finds most for its time.

    A generation answers for what was declared when it was made: what the file says by now is
    the next one's matter. The receipt of a whole proof replaces the one before; a partial or
    quick one is only shown, and so is a failure that need not be the generation's own.
    Raises Failure: PV721 where there is no generation, PV723 for a check that
    does not apply, PV724 for `only` and `quick` together, and with
    exit 3 and the Evidence where a check fails.
    """
    if only and quick:
        raise Failure(problem("PV724", hints=(Hint(None, "provenv prove --quick"),)), exit_code=Exit.USAGE)
    try:
        kind = kind_of(project)
        if kind == "image":
            proven: Evidence = load("app.images.prove")(project, only=only, quick=quick, wait=wait)
            return proven
        if kind == "ssh":
            of_hosts: FleetProven = load("app.fleet_up.prove")(
                project, only=only, quick=quick, wait=wait, at_once=at_once
            )
            return of_hosts
        with at_its_place(project) as there:
            return _prove(there, only=only, quick=quick, wait=wait)
    except Failure as failure:
        raise load("app.answered")(failure, project) from failure


def _prove(project: Project, *, only: Sequence[str], quick: bool, wait: bool) -> Evidence:
    with guarded(project.layout, wait=wait, progress=project.progress):
        # an `up` that was waited for may have made what the file said before
        base = ground(project, local=True)
        number = read_state(project.layout).current
        if number is None:
            raise Failure(problem("PV721", target=project.target, hints=(Hint(None, "provenv up"),)))
        locked = read_lock(project.layout.generation(number) / LOCK, project.root)
        if locked is None:
            raise Failure(problem("PV722", number=number, hints=(Hint(None, "provenv up --repair"),)))
        generation = read_generation(project.layout, number)
        own = declared_then(project, base.spec, locked, generation)
        if own is not None and own is not base.spec:
            project.progress.note(text("app.prove.older", number=number))
        judged = replace(base, spec=own or base.spec)
        evidence = _evidence(project, judged, locked, number, only=only, quick=quick)
        if not only and not quick:
            keep_receipt(project, generation, evidence, known=own is not None)
    if not evidence.passed:
        raise Failure(unproven(evidence, number), exit_code=Exit.UNPROVEN, data=evidence)
    return evidence


def prove_generation(project: Project, base: Ground, locked: Lock, number: int) -> Evidence:
    """Run all checks in a generation, write their receipt and return it."""
    evidence = _evidence(project, base, locked, number)
    write_proof(project.layout, evidence)
    return evidence


def _evidence(
    project: Project,
    base: Ground,
    locked: Lock,
    number: int,
    *,
    only: Sequence[str] = (),
    quick: bool = False,
) -> Evidence:
    venv = project.layout.venv(number)
    versions = {package.name: package.version for package in locked.packages}
    checks = proof.applicable(versions, base.spec, base.facts)
    taken = checked(checks, only=only, quick=quick)
    prepared = prepare(
        project.environment,
        spec=base.spec,
        venv=str(venv),
        granted_cores=base.facts.cpu.granted,
        others=other_environments(project.environment.get("PATH", "")),
    )
    if base.spec.prove_data and any(check.group == "command" for check in taken):
        given = load("app.data.given")(project, base.spec, venv, base.spec.prove_data)
        prepared = load("app.data.with_data")(prepared, given)
    started, began = datetime.now(timezone.utc), time.monotonic()
    outcomes = proof.run(
        project.place,
        str(python_of(venv)),
        taken,
        environment=prepared.environment,
        folder=str(project.root),
        progress=project.progress,
        at_once=proof.at_once(base.facts),
    )
    return proof.evidence(
        project.target,
        number,
        outcomes,
        digests={
            "declared": base.spec.digest,
            "lock": locked.identity,
            "facts": facts_room.digest(base.facts),
        },
        started=started.isoformat(timespec="seconds"),
        seconds=time.monotonic() - began,
        left_out=[check.name for check in checks if check not in taken] if quick else (),
    )


def keep_receipt(project: Project, generation: Generation, evidence: Evidence, *, known: bool) -> None:
    """Write the receipt of a whole proof; not one of a failure that need not be the generation's own.

    `known`: it is known what was declared when the generation was made.
    """
    if evidence.passed or (known and proof.finds_fault(evidence)):
        write_proof(project.layout, evidence)
        write_generation(project.layout, replace(generation, proof=verdict(evidence)))
    else:
        project.progress.note(text("app.prove.unrecorded", number=generation.number))


def checked(checks: Sequence[Check], *, only: Sequence[str], quick: bool) -> Sequence[Check]:
    """Return which of the checks that apply are wanted. Raises Failure PV723 for one that does not apply."""
    unknown = sorted(set(only) - {check.name for check in checks})
    if unknown:
        known = ", ".join(check.name for check in checks)
        raise Failure(problem("PV723", names=", ".join(unknown), known=known), exit_code=Exit.USAGE)
    return proof.quick(checks) if quick else [one for one in checks if not only or one.name in only]


def declared_then(project: Project, declared: Spec, locked: Lock, generation: Generation) -> Spec | None:
    """Return what was declared when a generation was made, None where nobody knows any more.

    It is `declared` itself where nothing of it that decides a proof has changed since.
    """
    if same_files(project, generation):
        return declared
    then = read_value(project.layout, generation.number, SPEC, Spec)
    if then is None:
        return None
    # options of a target other than `here` are in no digest
    if (then.digest, then.proof_digest, then.accelerator) == (
        declared.digest,
        declared.proof_digest,
        declared.accelerator,
    ):
        return declared
    requirements = declared.requirements if then.digest == declared.digest else _asked_for(locked)
    # a project may have been moved, and where files come from is the place's own business
    return replace(then, root=declared.root, mirrors=declared.mirrors, requirements=requirements)


def _asked_for(locked: Lock) -> tuple[Requirement, ...]:
    """Return what the user's own lines asked for, as it was locked: the lines themselves are not kept."""
    found = []
    for package in locked.packages:
        lines = [one for one in package.required_by if ":" in one]
        if not lines:
            continue
        # of a folder or a repository the version is what building it says that day
        line = f"{package.name}=={package.version}" if package.origin == "index" else package.name
        marker = f" ; {package.marker}" if package.marker else ""
        where = Place(lines[0].rpartition(":")[0])
        found.append(Requirement(line + marker, package.name, where, package.editable))
    return tuple(found)


def unproven(evidence: Evidence, stays: int | None) -> Problem:
    """Return the problem that a failed proof is; `stays` is the generation that remains current."""
    names = ", ".join(one.name for one in evidence.outcomes if one.status == "failed")
    why = text("PV720.why_none") if stays is None else text("PV720.why", number=stays)
    on = "" if evidence.target == HERE else f" --on {evidence.target}"
    hints = (Hint(text("PV720.hint"), f"provenv prove{on} --verbose"),)
    return problem("PV720", n=evidence.count("failed"), names=names, why=why, hints=hints)


def verdict(evidence: Evidence) -> Literal["passed", "failed"]:
    """Return how a generation's record calls the outcome."""
    return "passed" if evidence.passed else "failed"
