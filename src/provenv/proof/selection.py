"""Which checks fit what is installed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..model.evidence import Check
from ..model.facts import Facts
from ..model.spec import Spec
from .entry import Given
from .table import TABLE

COMMAND_LIMIT = 1800.0
QUICK = frozenset(entry.name for entry in TABLE if entry.quick)
NAMES = tuple(dict.fromkeys(entry.name for entry in TABLE))


def applicable(
    packages: Mapping[str, str], spec: Spec, facts: Facts | None, *, computing: bool = True
) -> tuple[Check, ...]:
    """Return the checks that fit what is installed, in the order in which they are shown.

    `packages` maps normalised names to versions. `facts` are the place's own
    (None: unknown; the checks then find out what they need). Without
    `computing` only those are left that look at files, imports and
    dependencies: nothing computes, measures, or runs the user's commands.
    """
    given = Given(packages, spec, facts)
    checks: dict[str, Check] = {}
    for entry in TABLE:
        if entry.name in checks or (entry.computing and not computing):
            continue
        check = entry.check(given)
        if check is not None:
            checks[entry.name] = check
    if computing:
        for name, command in spec.prove.items():
            full = f"command.{name}"
            checks[full] = Check(full, "command.py", COMMAND_LIMIT, {"command": command}, "command")
    return tuple(checks.values())


def quick(checks: Sequence[Check]) -> tuple[Check, ...]:
    """Return those of the checks that find most for their time: a quick proof, which replaces no other."""
    return tuple(check for check in checks if check.name in QUICK)
