"""Every system call that changes something can fail or be the last one: a fair sample of the points."""

from __future__ import annotations

import os
from collections.abc import Sequence

import pytest
from fault_points import Outcome, Point, carry_out, choose, points, summary
from fault_world import OPERATIONS, World

GROUPS = (("build", "rebuild"), ("repair", "prove", "run", "noop"), ("twin", "rollback", "gc", "down"))
EACH = 9
"""Points of each group in the ordinary run; about a second of one core each."""


def told(outcomes: Sequence[Outcome], seed: int) -> str:
    """Return what is wrong, each with the command that does it again."""
    return "\n\n".join(
        f"seed {seed}, replay: python tests/faults/replay.py '{one.point}'\n{one.wrong}"
        for one in outcomes
        if one.wrong is not None
    )


def judged(world: World, chosen: Sequence[Point], seed: int, missing: float) -> None:
    """Carry out the points; fail with all that is wrong, or where too many did not come as recorded."""
    outcomes = [carry_out(world, point) for point in chosen]
    print(f"seed {seed}\n{summary(outcomes)}")
    wrong = told(outcomes, seed)
    assert not wrong, wrong
    missed = [str(one.point) for one in outcomes if not one.replayed]
    assert len(missed) <= missing * len(outcomes), f"seed {seed}: these did not come as recorded: {missed}"


@pytest.mark.slow
@pytest.mark.parametrize("group", GROUPS, ids=" ".join)
def test_a_sample_of_faults_leaves_the_old_or_the_new(
    world: World, seed: int, group: tuple[str, ...]
) -> None:
    found = [
        point
        for name in group
        for point in points(world, OPERATIONS[name], children=name in {"rebuild", "prove"})
    ]
    judged(world, choose(found, EACH, seed), seed, missing=0.16)


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("name", OPERATIONS)
def test_every_fault_leaves_the_old_or_the_new(world: World, seed: int, name: str) -> None:
    found = points(world, OPERATIONS[name])
    own = [point for point in found if point.kind in {"change", "print", "begun"}]
    reads = [point for point in found if point.kind == "read"]
    others = [point for point in found if point.kind.startswith("child")]
    share = int(os.environ.get("PROVENV_FAULTS_SHARE", "4"))
    chosen = own + choose(reads, len(reads) // share, seed) + choose(others, len(others) // share, seed)
    judged(world, chosen, seed, missing=0.04)
