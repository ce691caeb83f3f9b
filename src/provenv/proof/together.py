"""One proof of several hosts: for each check what came of it on all of them; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..errors import Hint, text
from ..model.evidence import Measure, Outcome
from ..model.host_names import folded

BETTER_HIGHER = ("/s", "%")
"""Figures of a unit that ends so are better the higher they are; all others the lower."""


def together(told: Sequence[tuple[str, Sequence[Outcome]]]) -> tuple[Outcome, ...]:
    """Return one outcome for each check: failed where it is on any host, passed where it is on one at least.

    Of figures the worst counts: what runs over all hosts waits for it. A failure is that of the first host
    that has one; what the others left is told beside it.
    """
    names = dict.fromkeys(one.name for _, outcomes in told for one in outcomes)
    return tuple(
        _one([(host, one) for host, outcomes in told for one in outcomes if one.name == name])
        for name in names
    )


def _one(found: Sequence[tuple[str, Outcome]]) -> Outcome:
    failed = [(host, one) for host, one in found if one.status == "failed"]
    passed = [(host, one) for host, one in found if one.status == "passed"]
    if failed:
        return _failed(failed, found)
    if not passed:
        return found[0][1]
    worst = max((one for _, one in passed), key=_share)
    return replace(
        worst,
        seconds=max(one.seconds for _, one in passed),
        began=min(one.began for _, one in passed),
        measures=_measures([one for _, one in passed]),
    )


def _failed(failed: Sequence[tuple[str, Outcome]], found: Sequence[tuple[str, Outcome]]) -> Outcome:
    hosts = folded(host for host, _ in failed)
    first = failed[0][1]
    raw = [f"[{host}]\n{one.evidence}" for host, one in failed if one.evidence]
    return replace(
        first,
        did=text("proof.hosts.failed", hosts=hosts, n=len(failed), count=len(found)),
        seconds=max(one.seconds for _, one in failed),
        evidence="\n".join(dict.fromkeys(raw)),
        hints=_distinct([hint for _, one in failed for hint in one.hints]),
    )


def _distinct(hints: Sequence[Hint]) -> tuple[Hint, ...]:
    return tuple(hint for place, hint in enumerate(hints) if hint not in hints[:place])


def _share(one: Outcome) -> float:
    """Return how much of what is tolerated a result was off."""
    if one.distance is None or not one.tolerance:
        return 0.0
    return one.distance / one.tolerance


def _measures(passed: Sequence[Outcome]) -> tuple[Measure, ...]:
    found: dict[str, list[Measure]] = {}
    for measure in (measure for one in passed for measure in one.measures):
        found.setdefault(measure.name, []).append(measure)
    return tuple(
        (min if many[0].unit.endswith(BETTER_HIGHER) else max)(many, key=lambda one: one.value)
        for many in found.values()
    )
