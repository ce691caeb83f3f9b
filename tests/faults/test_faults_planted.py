"""A bug put in on purpose is found: each by points that the suite has, and not without the bug."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from fault_planted import BUGS
from fault_points import carry_out, new_world, points
from fault_world import OPERATIONS

from planted import copy_program

CHEAP = ("a switch in two steps",)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in CHEAP else [pytest.mark.long]) for name in BUGS]
)
def test_a_planted_bug_is_found_and_replays(name: str, true_program: Path, scratch_folder: Path) -> None:
    bug = BUGS[name]
    base = scratch_folder / f"planted-{sorted(BUGS).index(name)}"
    world = new_world(base, copy_program(base.with_suffix(".program"), bug.edits), true_program)
    tried = bug.near(points(world, OPERATIONS[bug.operation], children=False))
    assert tried, "no point comes near this bug any more"
    for point in tried:
        outcome = carry_out(world, point)
        if outcome.wrong is not None:
            break
    else:
        pytest.fail(f"none of {len(tried)} points found it: {', '.join(map(str, tried))}")
    print(f"found by `{point}`: {outcome.wrong}")
    world.seen.clear()
    assert carry_out(world, point).wrong is not None, "found once, not again"
    world.program = true_program
    world.seen.clear()
    assert carry_out(world, point).wrong is None, "this is wrong without the bug"
    shutil.rmtree(base)
