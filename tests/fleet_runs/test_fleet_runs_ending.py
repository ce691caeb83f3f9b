"""How a formation ended, by what its hosts and processes did."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from provenv.app.fleet_runs.ending import Asking, ended
from provenv.app.fleet_runs.formation import Formation
from provenv.app.fleet_runs.parts import HostOf, RankOn
from provenv.runs.folder import RunFolder
from provenv.runs.group_end import Asked
from provenv.runs.job import Ended
from provenv.runs.on_hosts import Bounds

QUIET = Asking(Asked())
ALL = Bounds(2, 2)


def host(name: str, rank: int, code: int | None, *, lost: bool = False, launcher: int = 0) -> HostOf:
    """Return a host with one process that ended with this code (None: it is not known)."""
    one = RankOn(0, rank, code, over=code is not None)
    return HostOf(
        name, takes_part=True, ended=not lost, lost=lost, code=None if lost else launcher, ranks={0: one}
    )


@pytest.fixture
def formation(tmp_path: Path) -> Formation:
    paths = RunFolder(tmp_path)
    paths.attempt(1).mkdir()
    return Formation(paths, 1)


def end(
    formation: Formation,
    *members: HostOf,
    asking: Asking = QUIET,
    needed: Bounds = ALL,
    retries: int = 0,
    died: str = "",
) -> Ended:
    """Return how they ended; `died` names the host whose process did so by itself."""
    deaths = [(one, one.ranks[0]) for one in members if one.name == died]
    here = sum(not one.lost for one in members)
    return ended(members, formation, deaths, asking, needed, here=here, retries=retries, seconds=1.0)


def test_all_ended_well(formation: Formation) -> None:
    found = end(formation, host("n1", 0, 0), host("n2", 1, 0))
    assert (found.outcome, found.code, found.goes_on) == ("done", 0, None)
    assert [(one.rank, one.code, one.host) for one in found.ranks] == [(0, 0, "n1"), (1, 0, "n2")]


def test_one_died(formation: Formation) -> None:
    found = end(formation, host("n1", 0, -15, launcher=1), host("n2", 1, 3, launcher=1), died="n2")
    assert (found.outcome, found.code, found.first) == ("died", 3, 1)
    assert [one.first for one in found.ranks] == [False, True]


@pytest.mark.parametrize(
    ("needed", "retries", "goes_on", "why"),
    [
        (Bounds(1, 2), 0, "runs.why.host_lost", None),
        (Bounds(2, 2), 1, None, "runs.why.host_missing"),
        (Bounds(2, 2), 0, None, "runs.why.host_missing"),
    ],
)
def test_a_host_was_lost(
    formation: Formation, needed: Bounds, retries: int, goes_on: str | None, why: str | None
) -> None:
    # who waited for it in a collective ended by that
    members = host("n1", 0, 1, launcher=1), host("n2", 1, None, lost=True)
    found = end(formation, *members, needed=needed, retries=retries, died="n1")
    assert (found.outcome, found.code, found.first) == ("died", 125, None)
    assert (found.goes_on.key if found.goes_on else None) == goes_on
    assert (found.why.key if found.why else None) == why
    assert found.ranks[1].code is None


def test_a_host_is_back(formation: Formation) -> None:
    growing = replace(QUIET, growing=("n2",))
    found = end(formation, host("n1", 0, -15), asking=growing, needed=Bounds(1, 2))
    assert found.goes_on is not None
    assert found.goes_on.key == "runs.why.grown"


def test_what_the_user_asked_for_comes_first(formation: Formation) -> None:
    told = Asking(Asked(left=15))
    found = end(formation, host("n1", 0, -15), host("n2", 1, None, lost=True), asking=told)
    assert (found.outcome, found.code, found.goes_on) == ("preempted", 143, None)


def test_torchrun_itself_failed(formation: Formation) -> None:
    one = host("n1", -1, None, launcher=1)
    one.ranks = {}
    found = end(formation, one, host("n2", 1, 0))
    assert (found.outcome, found.code, found.first) == ("died", 1, None)
    assert found.where is not None
    assert found.where.name == "host-n1.log"
