"""`prove`: the checks that fit, run inside the finished environment; their receipt beside it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import Literal

from .. import facts as facts_room
from .. import proof
from ..errors import Exit, Failure, Hint, Problem, problem, text
from ..model.evidence import Evidence
from ..model.lock import Lock
from ..runs.environment import other_environments, prepare
from ..targets.guard import guarded
from ..targets.layout import python_of
from ..targets.receipts import write_proof
from ..targets.records import LOCK, read_generation, read_state, write_generation
from .locking import Ground, ground, read_lock
from .project import Project


def prove(project: Project, *, only: Sequence[str] = (), quick: bool = False, wait: bool = True) -> Evidence:
    """Prove the current generation again; `only` names checks, `quick` takes what finds most for its time.

    The receipt of a whole proof replaces the one before; a partial or quick one is only shown.
    Raises Failure: PV721 where there is no generation, PV723 for a check that
    does not apply, PV724 for `only` and `quick` together, and with
    exit 3 and the Evidence where a check fails.
    """
    if only and quick:
        raise Failure(problem("PV724", hints=(Hint(None, "provenv prove --quick"),)), exit_code=Exit.USAGE)
    base = ground(project, local=True)
    with guarded(project.layout, wait=wait, progress=project.progress):
        number = read_state(project.layout).current
        if number is None:
            raise Failure(problem("PV721", target=project.target, hints=(Hint(None, "provenv up"),)))
        locked = read_lock(project.layout.generation(number) / LOCK, project.root)
        if locked is None:
            raise Failure(problem("PV722", number=number, hints=(Hint(None, "provenv up --repair"),)))
        evidence = prove_generation(project, base, locked, number, only=only, quick=quick)
        if not only and not quick:
            generation = read_generation(project.layout, number)
            write_generation(project.layout, replace(generation, proof=verdict(evidence)))
    if not evidence.passed:
        raise Failure(unproven(evidence, number), exit_code=Exit.UNPROVEN, data=evidence)
    return evidence


def prove_generation(
    project: Project,
    base: Ground,
    locked: Lock,
    number: int,
    *,
    only: Sequence[str] = (),
    quick: bool = False,
) -> Evidence:
    """Run the checks in a generation and return their Evidence; the receipt of a whole proof is written."""
    venv = project.layout.venv(number)
    versions = {package.name: package.version for package in locked.packages}
    checks = proof.applicable(versions, base.spec, base.facts)
    unknown = sorted(set(only) - {check.name for check in checks})
    if unknown:
        known = ", ".join(check.name for check in checks)
        raise Failure(problem("PV723", names=", ".join(unknown), known=known), exit_code=Exit.USAGE)
    taken = proof.quick(checks) if quick else [one for one in checks if not only or one.name in only]
    prepared = prepare(
        project.environment,
        spec=base.spec,
        venv=str(venv),
        granted_cores=base.facts.cpu.granted,
        others=other_environments(project.environment.get("PATH", "")),
    )
    started, began = datetime.now(timezone.utc), time.monotonic()
    outcomes = proof.run(
        project.host,
        str(python_of(venv)),
        taken,
        environment=prepared.environment,
        folder=str(project.root),
        progress=project.progress,
        at_once=proof.at_once(base.facts),
    )
    evidence = proof.evidence(
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
    if not only and not quick:
        write_proof(project.layout, evidence)
    return evidence


def unproven(evidence: Evidence, stays: int | None) -> Problem:
    """Return the problem that a failed proof is; `stays` is the generation that remains current."""
    names = ", ".join(one.name for one in evidence.outcomes if one.status == "failed")
    why = text("PV720.why_none") if stays is None else text("PV720.why", number=stays)
    hints = (Hint(text("PV720.hint"), "provenv prove --verbose"),)
    return problem("PV720", n=evidence.count("failed"), names=names, why=why, hints=hints)


def verdict(evidence: Evidence) -> Literal["passed", "failed"]:
    """Return how a generation's record calls the outcome."""
    return "passed" if evidence.passed else "failed"
