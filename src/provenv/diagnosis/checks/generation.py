"""The current generation: whether it is there, whole, proven, and made of what is declared now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone

from ...errors import text, verbatim
from ...model.findings import Finding, Fix
from ...model.looked import Standing
from ...model.state import Drift
from ..ground import Ground
from .advising import REPAIR, UP, advice

PROVE = Fix(text("doctor.fix.prove"), (("provenv", "prove"),))
CLEAN = Fix(text("doctor.fix.clean"), (("provenv", "gc"),))
SHOWN = 20
OLD = 180
"""Days after which a proof says little about a machine that goes on being updated."""


def look(ground: Ground) -> Iterator[Finding]:
    """Yield what is wrong with what was built."""
    standing = ground.standing
    assert standing is not None
    if standing.damaged is not None:
        yield Finding(
            "state-damaged",
            "environment",
            "blocks",
            what=text("doctor.generation.damaged"),
            why=standing.damaged,
            remedies=(advice("doctor.generation.damaged.rebuild", "provenv rollback", "provenv up"),),
            subject="state",
        )
        return
    if not standing.file or standing.problems:
        return
    yield from _proof(ground, standing)
    if ground.drift:
        yield _drifted(ground.drift)
    if standing.stale and ground.generation is not None:
        yield Finding(
            "stale-environment",
            "environment",
            "hurts",
            what=text("doctor.generation.stale"),
            why=text("doctor.generation.stale.why"),
            evidence=standing.stale,
            remedies=(advice("doctor.generation.up", "provenv up"),),
            fix=UP,
            subject="current",
        )
    if standing.unfinished:
        yield Finding(
            "half-built",
            "environment",
            "better",
            what=text("doctor.generation.unfinished", n=len(standing.unfinished)),
            why=text("doctor.generation.unfinished.why"),
            evidence=tuple(verbatim(one) for one in standing.unfinished),
            remedies=(advice("doctor.generation.clean", "provenv gc"),),
            fix=CLEAN,
            subject="generations",
        )
    if standing.elsewhere:
        yield Finding(
            "state-elsewhere",
            "environment",
            "better",
            what=text("doctor.generation.elsewhere"),
            why=text("doctor.generation.elsewhere.why"),
            subject=".provenv",
        )


def _proof(ground: Ground, standing: Standing) -> Iterator[Finding]:
    generation = ground.generation
    if generation is None:
        failed = [
            one for one in (standing.state.generations if standing.state else ()) if one.proof == "failed"
        ]
        key = "failed" if failed else "never"
        yield Finding(
            "never-built",
            "environment",
            "blocks" if failed else "better",
            what=text(f"doctor.generation.{key}", n=len(failed)),
            why=text(f"doctor.generation.{key}.why"),
            remedies=(advice("doctor.generation.up", "provenv up"),),
            fix=UP,
            subject="current",
        )
        return
    if generation.proof != "passed":
        told = (
            [one.name for one in standing.proof.outcomes if one.status == "failed"] if standing.proof else []
        )
        key = "unproven" if generation.proof == "failed" else "not_proven"
        yield Finding(
            "unproven",
            "environment",
            "blocks" if generation.proof == "failed" else "hurts",
            what=text(f"doctor.generation.{key}", number=generation.number, names=", ".join(told) or "?"),
            why=text(f"doctor.generation.{key}.why"),
            evidence=tuple(verbatim(one) for one in told),
            remedies=(advice("doctor.generation.prove", "provenv prove --verbose"),),
            fix=PROVE,
            subject=str(generation.number),
        )
        return
    days = _age(standing.proof.started) if standing.proof else 0
    if days > OLD:
        yield Finding(
            "old-proof",
            "environment",
            "better",
            what=text("doctor.generation.old", n=days),
            why=text("doctor.generation.old.why"),
            remedies=(advice("doctor.generation.prove", "provenv prove"),),
            fix=PROVE,
            subject=str(generation.number),
        )


def _age(started: str) -> int:
    """Return the days since an ISO 8601 time; 0 where it is none, or lies in the future."""
    try:
        then = datetime.fromisoformat(started)
    except ValueError:
        return 0
    then = then if then.tzinfo else then.replace(tzinfo=timezone.utc)
    return max(0, (datetime.now(timezone.utc) - then).days)


def _drifted(drift: Drift) -> Finding:
    paths = [f"- {one}" for one in drift.missing]
    paths += [f"~ {one}" for one in drift.changed]
    paths += [f"+ {one}" for one in drift.extra]
    owners = ", ".join(sorted(drift.packages))
    key = "doctor.generation.drifted" if owners else "doctor.generation.drifted_loose"
    gone = bool(drift.missing or drift.changed)
    return Finding(
        "drifted-files",
        "environment",
        "hurts" if gone else "better",
        what=text(key, n=len(paths), owners=owners),
        why=text("doctor.generation.drifted.why" if gone else "doctor.generation.extra.why"),
        evidence=tuple(verbatim(one) for one in paths[:SHOWN]),
        remedies=(advice("doctor.generation.repair", "provenv up --repair"),),
        fix=REPAIR,
        subject="current",
    )
