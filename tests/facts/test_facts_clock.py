"""The clock of a place: between which bounds it lies, from the times around the probe."""

from __future__ import annotations

import sys
import time

import pytest

from provenv import facts
from provenv.facts.clock import clock
from provenv.facts.collect import MARK
from provenv.hosts.fake import FakeHost
from provenv.hosts.local import LocalHost


@pytest.mark.parametrize(
    ("began", "ended", "ahead", "error"),
    [
        # by our clock it was asked at 100 and had answered at 104
        (101.0, 103.0, 0.0, 1.0),
        (100.0, 104.0, 0.0, 0.0),
        (3701.0, 3703.0, 3600.0, 1.0),
        (41.0, 43.0, -60.0, 1.0),
        ("101.500000000", "102.500000000", 0.0, 1.5),
        # whole seconds: up to one may be missing
        ("101", "102", 0.0, 2.0),
        ("101.%N", "102.%N", 0.0, 2.0),
    ],
)
def test_the_difference_and_its_error(began: object, ended: object, ahead: float, error: float) -> None:
    found = clock({"clock": [began, ended]}, 100.0, 104.0)
    assert found is not None
    assert found.ahead == pytest.approx(ahead)
    assert found.error == pytest.approx(error)


@pytest.mark.parametrize("said", [None, [], [1.0], ["", ""], ["x", "y"], {"a": 1}, [None, 1.0], [90.0, 99.0]])
def test_what_tells_nothing(said: object) -> None:
    # in the last case more time passed there than here
    assert clock({"clock": said}, 100.0, 104.0) is None


@pytest.mark.skipif(sys.platform != "linux", reason="sends the probe to this machine")
@pytest.mark.parametrize("python", [sys.executable, "/no/python3"])
def test_this_machine_has_this_clock(python: str) -> None:
    """Both probes: Python's, and that of sh."""
    before = time.time()
    told = facts.ask(LocalHost(), python, project="/", cache="/", temporary="/")
    seconds = time.time() - before
    assert told.clock is not None
    assert abs(told.clock.ahead) <= told.clock.error + 0.01
    assert told.clock.error <= seconds / 2 + 0.6


def test_a_probe_of_before_tells_no_time() -> None:
    host = FakeHost.of((("python3",), f'{MARK}{{"probe": 1, "items": {{}}}}\n'))
    assert facts.ask(host, "python3", project="/", cache="/", temporary="/").clock is None
