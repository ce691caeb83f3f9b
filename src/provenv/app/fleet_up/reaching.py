"""Every host of a target, reached: where the target's things lie on each, and what each has of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ...errors import Failure, Hint, Problem, problem, text
from ...model.channel import Host
from ...model.fleet import HostResult
from ...model.host_names import folded
from ...model.state import Drift, Generation
from ..fleet.each import on_each
from .drift import drift
from .places import Place, place_of
from .standing import Standing, standing

T = TypeVar("T")


@dataclass(frozen=True)
class Look:
    """What one host has of the target; `drift` is that of the generation asked for, if it is there."""

    place: Place
    standing: Standing
    drift: Drift | None = None

    def has(self, number: int, lock: str) -> bool:
        """Tell whether that generation is there whole, from the lock of that identity."""
        return self.standing.locks.get(number) == lock

    def stands_at(self, generation: Generation) -> bool:
        """Tell whether that generation, which was looked at, is current there and as it was proven."""
        number = generation.number
        return self.standing.current == number and self.has(number, generation.lock) and not self.drift


def look(
    hosts: Sequence[tuple[str, Host]],
    folder: str,
    target: str,
    number: int | None,
    *,
    at_once: int,
    deep: bool = False,
) -> tuple[HostResult[Look], ...]:
    """Ask hosts what they have of a target, and whether generation `number` is there as it was proven."""
    return on_each(
        hosts,
        lambda name, host: look_at(name, host, folder, target, number, deep=deep),
        at_once=at_once,
    )


def look_at(
    name: str, host: Host, folder: str, target: str, number: int | None, *, deep: bool = False
) -> Look:
    """Ask one host the same. Raises Failure as the host does."""
    place = place_of(name, host, folder, target)
    found = standing(place)
    if number is None or number not in found.generations:
        return Look(place, found)
    try:
        return Look(place, found, drift(place, number, deep=deep))
    except Failure as failure:
        if failure.problems[0].code != "PV1330":
            raise
        # its interpreter is gone: what is marked as whole is not
        return Look(place, found, Drift(missing=("bin/python",)))


def all_of(target: str, results: Sequence[HostResult[T]], data: object = None) -> dict[str, T]:
    """Return what every host answered. Raises Failure PV1342, with `data`, where one did not."""
    missing = [one for one in results if one.problem is not None]
    if not missing:
        return {one.host: one.value for one in results if one.value is not None}
    first = missing[0].problem
    found = not_all(target, [one.host for one in missing], len(results))
    if data is None and first is not None:
        raise Failure(found, *(one.problem for one in missing if one.problem is not None))
    raise Failure(found, data=data)


def not_all(target: str, missing: Sequence[str], count: int) -> Problem:
    """Return the problem of hosts that do not answer, where what is done is done on all or on none."""
    hints = (Hint(text("PV1342.hint"), f"provenv status --on {target}"),)
    why = text("PV1342.why", hosts=folded(missing))
    return problem("PV1342", why=why, hints=hints, n=len(missing), count=f"{count:,}", target=target)


def drifted(looks: Mapping[str, Look]) -> tuple[str, ...]:
    """Return the hosts whose files of the generation that was looked at are not what was proven."""
    return tuple(name for name, one in looks.items() if one.drift)
