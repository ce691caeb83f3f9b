"""Memory that is granted, and that is free, against what is installed or declared."""

from __future__ import annotations

from collections.abc import Iterator

from ...errors import text
from ...model.findings import Finding
from ..ground import Ground
from .advising import advice, wanted
from .limits import GIB, HEAVY

LEAST = 2 * GIB
"""Memory below which importing and training with such a framework ends in the killer of processes."""


def look(ground: Ground) -> Iterator[Finding]:
    """Yield memory that is too small for the frameworks that are installed or declared."""
    assert ground.facts is not None
    memory, names = ground.facts.memory, wanted(ground)
    heavy = next((name for name in HEAVY if name in names), None)
    if heavy is None or not memory.granted:
        return
    capped = memory.total and memory.granted < memory.total
    if memory.granted < LEAST:
        yield Finding(
            "little-memory",
            "memory",
            "hurts",
            what=text("doctor.limits.memory", granted_bytes=memory.granted, name=heavy),
            why=text("doctor.limits.memory.why_cgroup" if capped else "doctor.limits.memory.why"),
            evidence=(
                text("doctor.limits.memory.line", granted_bytes=memory.granted, total_bytes=memory.total),
            ),
            remedies=(advice("doctor.limits.memory.more"),),
            subject="granted",
            cause="host-oom-killed",
        )
    elif memory.available and memory.available < LEAST // 2:
        yield Finding(
            "little-memory",
            "memory",
            "better",
            what=text("doctor.limits.available", free_bytes=memory.available),
            why=text("doctor.limits.available.why"),
            remedies=(advice("doctor.limits.who", "ps -eo rss,pid,args --sort=-rss | head"),),
            subject="available",
            cause="host-oom-killed",
        )
