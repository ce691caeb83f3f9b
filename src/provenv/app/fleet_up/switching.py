"""The one switch on every host of a target: on all of them, or on none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...errors import Failure, Problem, Text, problem, text
from ...model.channel import Completed
from ...model.fleet import HostResult
from ...model.host_names import folded
from ...targets.names import GENERATIONS, generation_name
from ..fleet.each import on_each
from .places import Place
from .standing import number_of
from .there import again, failed, words

NOT_WHOLE = 71

# the target's folder, the generation's name: where the switch leads now, if that generation works
ASK = rf"""
cd -- "$1" || exit 1
[ -f "generations/$2/whole.json" ] && "generations/$2/venv/bin/python" -I -S -c pass || exit {NOT_WHOLE}
readlink current
:
"""
# the target's folder, where the switch shall lead (nothing: nowhere), the generation whose Python may help
SWITCH = r"""
LC_ALL=C; export LC_ALL
cd -- "$1" || exit 1
flush() { sync -- . 2>/dev/null || sync; }
if [ -z "$2" ]; then rm -f current && flush; exit; fi
beside=.current.$$
trap 'rm -f -- "$beside"' EXIT
ln -s -- "$2" "$beside" || exit 1
# without -T `mv` would go into the folder that the old link leads to
mv -f -T -- "$beside" current 2>/dev/null || "generations/$3/venv/bin/python" -I -S -c '
import os, sys
os.replace(*sys.argv[1:])' "$beside" current || exit 1
flush
"""


def switch_all(places: Sequence[Place], number: int) -> None:
    """Make generation `number` current on every host, or on none: those that were switched are taken back.

    Raises Failure: PV1328 naming the hosts that failed and why; PV1329 too where a host could not be taken
    back; PV1330 where a host has no such generation that works, before anything was switched.
    """
    by_name = {one.name: one for one in places}
    hosts = [(one.name, one.host) for one in places]
    asked = on_each(hosts, lambda name, _: _current(by_name[name], number))
    if any(not one.ok for one in asked):
        raise _failed(asked, (), number)
    before = {one.host: one.value for one in asked if one.value is not None}
    goal = f"{GENERATIONS}/{generation_name(number)}"
    try:
        done = on_each(hosts, lambda name, _: _switch(by_name[name], goal, number))
    except BaseException:
        _take_back(places, before, number)
        raise
    if any(not one.ok for one in done):
        raise _failed(done, _take_back(places, before, number), number)


def _current(place: Place, number: int) -> str:
    """Return where the switch leads; empty where there is none."""
    done = place.host.exec(words(ASK, place.base, generation_name(number)))
    if done.code == NOT_WHOLE:
        raise Failure(problem("PV1330", host=place.name, number=number, hints=again(place.target)))
    _must(done, place)
    return done.out.strip()


def _switch(place: Place, goal: str, number: int) -> bool:
    done = place.host.exec(words(SWITCH, place.base, goal, generation_name(number)))
    _must(done, place)
    return True


def _take_back(places: Sequence[Place], before: Mapping[str, str], number: int) -> tuple[Problem, ...]:
    """Switch every host to where it was, also one that failed: nobody knows how far it came."""
    by_name = {one.name: one for one in places}
    hosts = [(one.name, one.host) for one in places if one.name in before]
    taken = on_each(hosts, lambda name, _: _switch(by_name[name], before[name], number))
    return tuple(
        problem(
            "PV1329",
            host=one.host,
            why=one.problem.what,
            before=_shown(before[one.host]),
            number=number,
            hints=again(by_name[one.host].target),
        )
        for one in taken
        if one.problem is not None
    )


def _failed(
    results: Sequence[HostResult[str]] | Sequence[HostResult[bool]], stuck: Sequence[Problem], number: int
) -> Failure:
    wrong = [one for one in results if one.problem is not None]
    names = folded(one.host for one in wrong)
    first = wrong[0].problem
    why: Text | None = first.what if first is not None else None
    found = problem("PV1328", hosts=names, n=len(wrong), number=number, why=why or text("PV1328.why"))
    own = [one.problem for one in wrong if one.problem is not None]
    return Failure(found, *own, *stuck)


def _shown(link: str) -> str:
    number = number_of(link)
    return "-" if number is None else str(number)


def _must(done: Completed, place: Place) -> None:
    if done.code:
        raise failed(done, place.name, place.current)
