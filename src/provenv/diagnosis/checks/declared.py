"""The declared file and its lock: mistakes, a lock that does not answer it, `.gitignore`."""

from __future__ import annotations

from collections.abc import Iterator

from ...errors import Problem, text, verbatim
from ...lock import fits
from ...lock.platforms import runs_on
from ...model.diagnosis import Advice
from ...model.findings import Finding, Fix
from ...model.looked import Standing
from ..ground import Ground
from .advising import UP, advice

LOCK = Fix(text("doctor.fix.lock"), (("provenv", "lock"),))


def look(ground: Ground) -> Iterator[Finding]:
    """Yield what is wrong with what the project says of itself."""
    standing = ground.standing
    assert standing is not None
    if not standing.file:
        return
    if standing.problems:
        yield _unreadable("declared-file-wrong", standing.file, standing.problems)
    if standing.lock_problems:
        yield _unreadable("lock-unreadable", standing.lock_file, standing.lock_problems)
    yield from _lock(ground, standing)
    yield from _git(standing)


def _unreadable(name: str, file: str, problems: tuple[Problem, ...]) -> Finding:
    first = problems[0]
    hints = [hint for one in problems for hint in one.hints]
    return Finding(
        name,
        "project",
        "blocks",
        what=text(f"doctor.declared.{name}", file=file, n=len(problems)),
        why=first.what,
        evidence=tuple(verbatim(_place(one)) for one in problems if one.where),
        remedies=tuple(Advice(one.text, (one.command,) if one.command else ()) for one in hints[:3])
        or (advice("doctor.declared.see", "provenv plan"),),
        subject=file,
    )


def _place(one: Problem) -> str:
    where = one.where
    if where is None:
        return one.code
    return f"{where.file}:{where.line or 1}: {(where.source or '').strip()}"


def _lock(ground: Ground, standing: Standing) -> Iterator[Finding]:
    lock, spec, facts = ground.lock, ground.spec, ground.facts
    if lock is None or spec is None or facts is None:
        return
    built = ground.generation is not None
    if not runs_on(lock.platform, facts.platform):
        yield Finding(
            "lock-of-another-platform",
            "project",
            "blocks",
            what=text("doctor.declared.platform", file=standing.lock_file, platform=lock.platform),
            why=text("doctor.declared.platform.why"),
            evidence=(verbatim(f"{facts.platform.system} {facts.platform.machine}"),),
            remedies=(advice("doctor.declared.relock", "provenv lock", "provenv up"),),
            fix=UP,
            subject=standing.lock_file,
            cause="no-matching-wheel-for-python",
        )
    elif not standing.pins_same or not fits(lock, spec, facts):
        yield Finding(
            "stale-lock",
            "project",
            "hurts",
            what=text("doctor.declared.stale", file=standing.lock_file, declared=standing.file),
            why=text("doctor.declared.stale.why"),
            remedies=(advice("doctor.declared.relock", "provenv lock", *(("provenv up",) if built else ())),),
            fix=UP if built else LOCK,
            subject=standing.lock_file,
        )


def _git(standing: Standing) -> Iterator[Finding]:
    if standing.ignored is False and standing.editor != "none":
        yield Finding(
            "venv-not-ignored",
            "project",
            "better",
            what=text("doctor.declared.ignore"),
            why=text("doctor.declared.ignore.why"),
            remedies=(advice("doctor.declared.ignore.add", "printf '%s\\n' .venv >> .gitignore"),),
            fix=Fix(text("doctor.declared.ignore.add"), appends=((".gitignore", ".venv"),)),
            subject=".gitignore",
        )
    if standing.editor == "folder":
        yield Finding(
            "venv-of-another",
            "project",
            "better",
            what=text("doctor.declared.folder"),
            why=text("doctor.declared.folder.why"),
            remedies=(advice("doctor.declared.folder.move", "mv .venv .venv-old", "provenv up"),),
            subject=".venv",
        )
    elif standing.editor == "elsewhere":
        yield Finding(
            "venv-of-another",
            "project",
            "better",
            what=text("doctor.declared.elsewhere"),
            why=text("doctor.declared.folder.why"),
            remedies=(advice("doctor.declared.elsewhere.remove", "rm .venv", "provenv up"),),
            subject=".venv",
        )
