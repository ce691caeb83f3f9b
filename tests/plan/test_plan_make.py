from __future__ import annotations

import pytest

from provenv.errors import text
from provenv.model.facts import Disk
from provenv.model.lock import Artifact, Lock, Package
from provenv.model.plan import CreateEnvironment, Install, Keep, Plan, Prove, Remove, Switch
from provenv.model.state import Generation, State
from provenv.plan.make import UNPACKED, make, needed_space

LOCK = Lock(
    "here",
    ">=3.10",
    "linux-x86_64",
    (
        Package("numpy", "2.0", (Artifact("numpy-2.0-py3-none-any.whl", size=1000),)),
        Package("six", "1.17", (Artifact("six-1.17-py3-none-any.whl"),)),
    ),
    (),
    "identity",
)
GIB = 1 << 30


def test_without_a_reason_there_is_nothing_to_do():
    state = State("here", "/p", 3, (Generation(3, "/p/3", "python", {"numpy": "2.0"}),))
    assert make(LOCK, state, number=4, python="python", checks=["imports"], reasons=()) == Plan("here", 3)


def test_the_first_generation_creates_installs_proves_and_switches():
    plan = make(
        LOCK,
        State("here", "/p"),
        number=1,
        python="/usr/bin/python3",
        checks=["imports"],
        reasons=[text("r")],
    )
    assert plan.steps == (
        CreateEnvironment("/usr/bin/python3", "generations/0001/venv"),
        Install("numpy", "2.0", 1000),
        Install("six", "1.17", None),
        Prove(("imports",)),
        Switch(None, 1),
    )
    assert (plan.download, plan.disk, plan.unsized) == (1000, int(1000 * UNPACKED), 1)


def test_what_stays_costs_nothing():
    state = State("here", "/p", 1, (Generation(1, "/p/1", "python", {"numpy": "2.0", "old": "1"}),))
    plan = make(LOCK, state, number=2, python="python", checks=[], reasons=[text("r")])
    assert Keep("numpy", "2.0") in plan.steps
    assert Remove("old", "1") in plan.steps
    assert plan.download == 0
    assert plan.steps[-1] == Switch(1, 2)


def disk(purpose: str, device: str, free: int) -> Disk:
    return Disk(purpose, f"/{purpose}", device, "ext4", 100 * GIB, free, True)


@pytest.mark.parametrize(
    ("disks", "short"),
    [
        ([disk("project", "a", 5 * GIB), disk("cache", "a", 5 * GIB)], []),
        ([disk("project", "a", 3 * GIB), disk("cache", "a", 3 * GIB)], ["/project"]),
        # on two file systems the environment is a copy: both must hold it
        ([disk("project", "a", 3 * GIB), disk("cache", "b", 5 * GIB)], ["/project"]),
        ([disk("project", "a", 5 * GIB), disk("cache", "b", 3 * GIB)], ["/cache"]),
        ([disk("project", "a", 1), disk("cache", "b", 1)], ["/project", "/cache"]),
        ([disk("temp", "t", 1)], []),
    ],
)
def test_a_full_disk_is_said_before_anything_is_downloaded(disks, short):
    failure = needed_space(Plan("here", 1, download=GIB, disk=4 * GIB), disks)
    assert [one.what.args["path"] for one in failure.problems] == short if short else failure is None
