"""Why a group makes no step any more, told from where each of its processes stands; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import Hint, Problem, problem, text
from .frames import Stand

WAITS = ("collective", "backward")
SHOWN = 8
"""Places that are told; a thousand processes stand at a few."""
_CAUSES: Mapping[str, str] = {
    "own": "PV1264.why_own",
    "lock": "PV1264.why_lock",
    "queue": "PV1264.why_queue",
    "network": "PV1264.why_network",
    "child": "PV1264.why_child",
}
_REMEDIES: Mapping[str, str] = {
    "lock": "PV1264.hint_lock",
    "network": "PV1264.hint_network",
    "child": "PV1264.hint_child",
}


@dataclass(frozen=True)
class Standing:
    """A process of a group: its step, and where it stands; None where it did not say.

    `state` is the kernel's word for it. `ended` says that it has ended well while others have not. `workers`
    are those of its data loader: (process, where it stands, the kernel's word).
    """

    rank: int
    step: int
    stand: Stand | None
    state: str = ""
    ended: bool = False
    workers: tuple[tuple[int, Stand | None, str], ...] = ()


def explained(group: Sequence[Standing], seconds: float, stacks: Sequence[str] = ()) -> Problem:
    """Return which process stands where, why, and what to do; `stacks` are the files that tell more."""
    waiting = [one for one in group if len(group) > 1 and one.stand is not None and one.stand.kind in WAITS]
    absent = [one for one in group if one not in waiting]
    loading = next((one for one in absent if one.stand is not None and one.stand.kind == "loader"), None)
    told: dict[str, Any] = {
        "still_seconds": round(seconds),
        "step": min(one.step for one in group),
    }
    if loading is not None:
        return _loader(loading, group, told, stacks)
    if waiting and absent:
        return _absent(waiting, absent, group, told, stacks)
    if waiting:
        return _together(waiting, group, told, stacks)
    return _alone(min(absent, key=lambda one: (one.ended, one.step)), group, told, stacks)


def _absent(
    waiting: Sequence[Standing],
    absent: Sequence[Standing],
    group: Sequence[Standing],
    told: dict[str, Any],
    stacks: Sequence[str],
) -> Problem:
    """Return that some do not come to the collective in which the others wait."""
    return problem(
        "PV1260",
        why=text("PV1260.why", stands=stands(group)),
        hints=(Hint(text("PV1260.hint", place=_place(waiting[0]))), *_stacks(absent, stacks)),
        severity="warning",
        ranks=_numbers([one.rank for one in absent]),
        call=_call(waiting[0]),
        **told,
    )


def _together(
    waiting: Sequence[Standing], group: Sequence[Standing], told: dict[str, Any], stacks: Sequence[str]
) -> Problem:
    """Return that all wait for each other: in different collectives, or in the same one."""
    differs = len({(_call(one), _place(one)) for one in waiting}) > 1
    steps = ", ".join(f"{one.rank}: {one.step}" for one in waiting[:SHOWN])
    why = text("PV1262.why_differs") if differs else text("PV1262.why_same", steps=steps)
    hint = text("PV1262.hint_differs") if differs else text("PV1262.hint_same")
    return problem(
        "PV1262",
        why=why,
        hints=(Hint(hint), *_stacks(waiting, stacks)),
        severity="warning",
        stands=stands(group),
        **told,
    )


def _loader(one: Standing, group: Sequence[Standing], told: dict[str, Any], stacks: Sequence[str]) -> Problem:
    """Return that a process waits for a batch, and where the worker stands that does not bring it."""
    at_work = [worker for worker in one.workers if worker[1] is None or worker[1].kind != "idle"]
    # one that answered tells more than one that did not
    at_work.sort(key=lambda worker: worker[1] is None)
    pid, stand, state = at_work[0] if at_work else (0, None, "")
    hints = [Hint(text("PV1222.hint_workers"))]
    if stand is not None:
        key = "PV1263.why_lock" if stand.kind == "lock" else "PV1263.why_worker"
        why = text(key, pid=pid, place=stand.place, function=stand.function)
        hints.insert(0, Hint(text("PV1263.hint_at", place=stand.place)))
    elif pid:
        why = text("PV1263.why_silent", pid=pid, state=state or "?")
    else:
        why = text("PV1263.why_idle" if one.workers else "PV1263.why_none")
    return problem(
        "PV1263",
        why=why,
        hints=(*hints, *_others(group), *_stacks([one], stacks)),
        severity="warning",
        rank=one.rank,
        place=_place(one),
        **told,
    )


def _alone(one: Standing, group: Sequence[Standing], told: dict[str, Any], stacks: Sequence[str]) -> Problem:
    """Return where the process stands that is the farthest behind."""
    stand, more = one.stand, (*_others(group), *_stacks([one], stacks))
    if stand is None:
        return problem(
            "PV1261",
            why=text("PV1261.why", state=one.state or "?"),
            hints=(Hint(text("PV1261.hint")), *more),
            severity="warning",
            rank=one.rank,
            **told,
        )
    hint = _REMEDIES.get(stand.kind, "PV1264.hint")
    return problem(
        "PV1264",
        why=text(_CAUSES.get(stand.kind, "PV1264.why_call"), call=stand.call),
        hints=(Hint(text(hint, place=stand.place)), *more),
        severity="warning",
        rank=one.rank,
        place=stand.place,
        function=stand.function,
        **told,
    )


def stands(group: Sequence[Standing]) -> str:
    """Return where each stands, processes at the same place together: `0, 2-7: all_reduce (train.py:28)`."""
    places: dict[str, list[int]] = {}
    for one in group:
        places.setdefault(_said(one), []).append(one.rank)
    told = [f"{_numbers(ranks)}: {said}" for said, ranks in places.items()]
    return "; ".join([*told[:SHOWN], *(["..."] if len(told) > SHOWN else [])])


def _said(one: Standing) -> str:
    if one.stand is None:
        return "exit 0" if one.ended else one.state or "?"
    return f"`{one.stand.call or one.stand.function}` ({one.stand.place})"


def _call(one: Standing) -> str:
    return one.stand.call if one.stand is not None else "?"


def _place(one: Standing) -> str:
    return one.stand.place if one.stand is not None else "?"


def _others(group: Sequence[Standing]) -> tuple[Hint, ...]:
    return (Hint(text("PV1260.why", stands=stands(group))),) if len(group) > 1 else ()


def _stacks(those: Sequence[Standing], files: Sequence[str]) -> tuple[Hint, ...]:
    """Return where all threads of a process can be read of."""
    of = next((one.rank for one in those if one.rank < len(files) and not one.ended), None)
    return () if of is None else (Hint(text("PV1260.hint_stacks"), f"less {files[of]}"),)


def _numbers(ranks: Sequence[int]) -> str:
    """Return numbers as ranges: `0, 2-7`."""
    spans: list[list[int]] = []
    for rank in sorted(ranks):
        if spans and rank == spans[-1][1] + 1:
            spans[-1][1] = rank
        else:
            spans.append([rank, rank])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in spans)
