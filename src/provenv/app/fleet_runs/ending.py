"""How a formation ended: by what its processes and hosts did, and what was asked of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...errors import Problem, Text, text
from ...model.host_names import folded
from ...model.runs import RankEnd
from ...runs.group_end import Asked, outcome_of, shell_code
from ...runs.job import Ended
from ...runs.on_hosts import Bounds, after_loss, cause_of
from ...runs.program import Code
from .formation import Formation
from .parts import HostOf, RankOn

Died = tuple[HostOf, RankOn]


@dataclass(frozen=True)
class Asking:
    """What was asked of a formation. `growing` names hosts that it made way for.

    `hung` says for how long no step was made, `stood` where its processes stood then.
    """

    group: Asked
    hung: Text | None = None
    growing: tuple[str, ...] = ()
    stood: Problem | None = None


def ended(
    members: Sequence[HostOf],
    formation: Formation,
    died: Sequence[Died],
    asking: Asking,
    needed: Bounds,
    *,
    here: int,
    retries: int,
    seconds: float,
) -> Ended:
    """Return how a formation ended. `died` are the deaths that came together, `here` counts living hosts."""
    lost = [one for one in members if one.lost]
    ranks = [(host, one) for host in members for one in host.ranks.values()]
    first = None if lost or not died else first_of(died, formation)
    failed = [host for host in members if host.code]
    bad = shell_code(first[1].code) if first else shell_code(failed[0].code) if failed else None
    codes: list[int | None] = [shell_code(one.code) for _, one in ranks if one.over]
    if not all(one.ended or one.lost for one in members):
        codes.append(None)
    outcome, code = outcome_of(codes, asking.group, bad, any_first=bad is not None)
    for steps in formation.steps.values():
        steps.look()
    farthest = max(formation.steps.values(), key=lambda one: one.position, default=None)
    found = Ended(
        outcome,
        code,
        tuple(
            RankEnd(
                formation.number_of(host, one),
                shell_code(one.code) if one.over else None,
                one.seconds,
                first=first is not None and one is first[1],
                host=host.name,
            )
            for host, one in ranks
        ),
        seconds,
        None if first is None else formation.number_of(*first),
        0 if farthest is None else farthest.resumed,
        0 if farthest is None else farthest.position,
        asking.hung,
        asking.stood if code else None,
        lost_log=formation.lost_log,
    )
    if outcome not in ("done", "died"):
        return found
    if lost:
        return _after_loss(found, lost, needed, here=here, retries=retries)
    if asking.growing:
        why = text("runs.why.grown", hosts=folded(asking.growing), n=here, of=needed.most)
        return replace(found, goes_on=why)
    if outcome == "died" and first is None:
        return replace(found, where=formation.host_log(failed[0]))
    return found


def first_of(died: Sequence[Died], formation: Formation) -> Died:
    """Return the process whose death was the cause of the others'."""
    return died[cause_of([(one.code or 0, formation.last_words(host, one)) for host, one in died])]


def _after_loss(found: Ended, lost: Sequence[HostOf], needed: Bounds, *, here: int, retries: int) -> Ended:
    names = folded(one.name for one in lost)
    found = replace(found, outcome="died", code=int(Code.OURS), first=None)
    if after_loss(here, needed, retries_left=retries > 0) == "go on":
        return replace(found, goes_on=text("runs.why.host_lost", hosts=names, n=here, of=needed.most))
    return replace(found, why=text("runs.why.host_missing", hosts=names, n=needed.least))
