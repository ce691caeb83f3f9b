"""Whether a check found a fault of the environment, or was hindered by the machine that it ran on."""

from __future__ import annotations

import os
import re

from ..hosts.refused import BROKEN_DISK, LIMITS, NO_ROOM
from ..model.evidence import Evidence, Outcome

REFUSED = re.compile(
    "|".join(
        rf"\[Errno {number}\]|: {re.escape(os.strerror(number))} \("
        for number in (*NO_ROOM, *BROKEN_DISK, *LIMITS)
    )
)
"""What a traceback, or the list of files that differ, has of a machine that refused something."""
NO_MEMORY = ("MemoryError", "OutOfMemoryError")
SIGKILL = 9  # sent by the kernel or a person; no environment does it to itself


def finds_fault(evidence: Evidence) -> bool:
    """Tell whether a check failed for the environment's own sake, not for the machine's while it looked."""
    return any(one.status == "failed" and not _hindered(one) for one in evidence.outcomes)


def _hindered(outcome: Outcome) -> bool:
    """Tell whether a check met a disk that cannot be read or is full, a lack of memory, or was killed."""
    why = outcome.why
    if why is None:
        return False
    if why.key in ("proof.no_result", "proof.died.memory") or why.args.get("signal") == SIGKILL:
        return True
    if why.key == "proof.files.differ":
        # one file that was read and differs is enough
        told = [line for line in outcome.evidence.splitlines() if line.startswith(("- ", "~ ", "+ "))]
        return all(REFUSED.search(line) for line in told)
    return why.args.get("type") in NO_MEMORY or REFUSED.search(outcome.evidence) is not None
