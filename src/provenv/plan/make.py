"""From a lock and a state to typed steps with their sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..errors import Failure, Hint, Text, problem, text
from ..model.facts import Disk
from ..model.lock import Lock
from ..model.plan import Change, CreateEnvironment, Install, Plan, Prove, Step, Switch
from ..model.state import State
from .changes import changes

UNPACKED = 4.0
"""How much larger a wheel is when it is unpacked, at most: torch 2.13's CPU wheel grows 3.9 times."""


def make(
    lock: Lock,
    state: State,
    *,
    number: int,
    python: str,
    checks: Sequence[str],
    reasons: Sequence[Text],
) -> Plan:
    """Return the plan that takes `state` to `lock`; `reasons` say why there is anything to do at all.

    Every generation is a whole new environment: packages that stay are in it
    too (`Keep`), linked from the cache and neither downloaded nor copied.
    """
    current = state.generation(state.current)
    packages = changes(current.packages if current else {}, lock)
    if not reasons:
        return Plan(lock.target, state.current or 0)
    sized = [step.download for step in packages if isinstance(step, (Install, Change))]
    download = sum(size for size in sized if size is not None)
    steps: list[Step] = [
        CreateEnvironment(python, f"generations/{number:04d}/venv"),
        *packages,
        Prove(tuple(checks)),
        Switch(state.current, number),
    ]
    return Plan(
        lock.target,
        number,
        tuple(steps),
        tuple(reasons),
        download,
        int(download * UNPACKED),
        sum(size is None for size in sized),
    )


def needed_space(plan: Plan, disks: Sequence[Disk]) -> Failure | None:
    """Return the failure (PV410, one problem a file system) where the plan would fill a disk.

    Downloads and their unpacked files land in uv's cache, which the
    generation's files are links of where both share a file system.
    """
    by_device: dict[str, list[Disk]] = {}
    for disk in disks:
        by_device.setdefault(disk.device, []).append(disk)
    problems = []
    for shared in by_device.values():
        purposes = {disk.purpose for disk in shared}
        need = _need(plan, purposes)
        free = min(disk.free for disk in shared)
        if need > free:
            problems.append(
                problem(
                    "PV410",
                    path=shared[0].path,
                    need_bytes=need,
                    free_bytes=free,
                    why=text("PV410.why", purposes=", ".join(sorted(purposes))),
                    hints=(Hint(text("PV410.hint"), "provenv gc"), Hint(text("PV410.hint_cache"))),
                )
            )
    return Failure(*problems) if problems else None


def _need(plan: Plan, purposes: set[str]) -> int:
    parts: Mapping[str, int] = {"cache": plan.disk, "temp": 0, "project": 0}
    need = sum(parts.get(purpose, 0) for purpose in purposes)
    if "project" in purposes and "cache" not in purposes:
        # no links across file systems: the environment is a full copy
        need += plan.disk
    return need
