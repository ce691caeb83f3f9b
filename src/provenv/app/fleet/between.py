"""The proof between hosts: they reach each other, how fast; their clocks agree; what they compute adds up."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from ...errors import Failure, text
from ...model.channel import Host
from ...model.evidence import Check, Outcome
from ...model.facts import Facts
from ...model.progress import Progress, Task
from ...model.spec import Spec
from ...proof.between import (
    CHECKS,
    CLOCK,
    COLLECTIVES,
    INTERFACE,
    NETWORK,
    REACH,
    judge_clocks,
    judge_collectives,
    judge_interfaces,
    judge_links,
    judge_reach,
)
from ...proof.verdict import Verdict, skipped
from ..fleet_up.environment import environment_of
from ..fleet_up.places import Place
from .each import AT_ONCE, on_each
from .measuring import clocks_of, links_of
from .meeting import gathered
from .ranks import LIMIT, SIZES, WAIT, run_ranks
from .talk import conversation

TORCH = "torch"


@dataclass
class _Told:
    """The outcomes so far, and what is being done."""

    progress: Progress
    began: float
    start: float = field(default_factory=time.monotonic)
    outcomes: list[Outcome] = field(default_factory=list)

    def passed(self, check: Check) -> bool:
        """Tell whether a check has passed."""
        return any(one.name == check.name and one.status == "passed" for one in self.outcomes)

    def add(self, check: Check, verdict: Verdict, began: float) -> None:
        """Add what came of a check that began at this time of time.monotonic."""
        outcome = Outcome(
            check.name,
            verdict.status,
            round(time.monotonic() - began, 3),
            verdict.did,
            verdict.why,
            verdict.distance,
            verdict.tolerance,
            verdict.measures,
            verdict.evidence,
            verdict.hints,
            round(self.began + began - self.start, 3),
        )
        self.outcomes.append(outcome)


def prove_between(
    places: Sequence[Place],
    number: int,
    *,
    spec: Spec,
    facts: Mapping[str, Facts],
    packages: Mapping[str, str],
    passed: Mapping[str, str],
    progress: Progress,
    began: float = 0.0,
    only: Collection[str] = (),
    at_once: int = AT_ONCE,
    sizes: Sequence[int] = SIZES,
    wait: float = WAIT,
    limit: float = LIMIT,
) -> tuple[Outcome, ...]:
    """Prove generation `number` between the hosts, of which the first is the head; () for less than two.

    `facts` are the hosts' own by name, `packages` the locked versions by name: where torch is one of them a
    process group is started over all hosts. `passed` are the variables passed on from home, `began` the
    seconds since the whole proof did; `only` names the checks that are wanted, none: all. Nothing is left
    running on any host.
    Raises Failure: PV1360 where a host does not answer, and as hosts do, a problem for each.
    """
    if len(places) < 2:
        return ()
    task = progress.task(text("between.task", n=len(places)))
    told = _Told(progress, began)
    wanted = set(only) or {one.name for one in CHECKS}
    try:
        with conversation(places, number, at_once) as talking:
            now = time.monotonic()
            gathering = gathered(talking)
            meeting = gathering.meeting
            told.add(REACH, judge_reach(meeting), now)
            told.add(INTERFACE, judge_interfaces(meeting), time.monotonic())
            if wanted & {NETWORK.name, COLLECTIVES.name}:
                task.describe(text("proof.hosts_network"))
                now = time.monotonic()
                links = () if meeting.blocked else links_of(talking, gathering)
                told.add(NETWORK, judge_links(meeting, links), now)
            if CLOCK.name in wanted:
                now = time.monotonic()
                told.add(CLOCK, judge_clocks(clocks_of(talking)), now)
        if TORCH in packages and COLLECTIVES.name in wanted:
            task.describe(text("proof.hosts_all_reduce"))
            now = time.monotonic()
            verdict = skipped(COLLECTIVES, text("proof.skipped.hosts_unreached"))
            if meeting.whole and told.passed(NETWORK):
                environments = _environments(places, number, spec, facts, passed, at_once)
                ranks = run_ranks(places, number, meeting, environments, sizes=sizes, wait=wait, limit=limit)
                verdict = judge_collectives(ranks)
            told.add(COLLECTIVES, verdict, now)
    except BaseException:
        task.fail(text("between.not_done"))
        raise
    told.outcomes = [one for one in told.outcomes if one.name in wanted]
    _finish(told, task)
    return tuple(told.outcomes)


def _environments(
    places: Sequence[Place],
    number: int,
    spec: Spec,
    facts: Mapping[str, Facts],
    passed: Mapping[str, str],
    at_once: int,
) -> dict[str, dict[str, str]]:
    """Return the whole environment of a command on each host. Raises Failure with a problem for each."""
    by_name = {one.name: one for one in places}

    def act(name: str, _: Host) -> dict[str, str]:
        return environment_of(by_name[name], number, spec, facts[name], passed)

    found = on_each([(one.name, one.host) for one in places], act, at_once=at_once)
    if missing := [one.problem for one in found if one.problem is not None]:
        raise Failure(*missing)
    return {one.host: one.value for one in found if one.value is not None}


def _finish(told: _Told, task: Task) -> None:
    counts = {
        status: sum(one.status == status for one in told.outcomes)
        for status in ("passed", "failed", "skipped")
    }
    end = task.fail if counts["failed"] else task.finish
    end(text("between.done", **counts))
