"""The same on every host: in order, side by side; one that fails stops no other, Ctrl-C ends all."""

from __future__ import annotations

import threading

import pytest

from fleet_world import unreachable
from provenv.app.fleet.each import on_each
from provenv.errors import Failure, problem, verbatim
from provenv.hosts.fake import FakeHost
from provenv.model.channel import Host
from provenv.model.fleet import HostResult, by_problem


def hosts(count: int) -> list[tuple[str, FakeHost]]:
    return [(f"n{number}", FakeHost()) for number in range(count)]


def test_results_come_in_the_order_of_the_hosts_though_the_last_ends_first() -> None:
    wait = threading.Barrier(3)
    gone = threading.Event()

    def act(name: str, host: Host) -> str:
        wait.wait(30)  # all of them run at the same time, or this breaks
        if name == "n2":
            gone.set()
        gone.wait(30)
        return name.upper()

    ended: list[str] = []
    found = on_each(hosts(3), act, progress=lambda one: ended.append(one.host))
    assert [(one.host, one.value, one.ok) for one in found] == [
        ("n0", "N0", True),
        ("n1", "N1", True),
        ("n2", "N2", True),
    ]
    assert sorted(ended) == ["n0", "n1", "n2"]


def test_no_more_than_so_many_run_at_once() -> None:
    lock, running, most = threading.Lock(), 0, 0

    def act(name: str, host: Host) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        with lock:
            running -= 1

    on_each(hosts(50), act, at_once=3)
    assert 1 <= most <= 3


def test_a_failure_of_one_is_its_problem() -> None:
    def act(name: str, host: Host) -> bytes:
        return host.get("x")

    there = FakeHost(files={"x": b"1"})
    found = on_each([("n1", there), ("n2", unreachable("n2")), ("n3", there)], act)
    assert [one.value for one in found] == [b"1", None, b"1"]
    assert found[1].problem is not None
    assert found[1].problem.code == "PV807"


def test_no_hosts_are_no_work() -> None:
    assert on_each([], lambda name, host: 1) == ()


class Endless(FakeHost):
    """A host on which a command runs until it is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = threading.Event()
        self.begun = threading.Event()

    def close(self) -> None:
        self.closed.set()


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_what_ends_the_command_ends_all_that_runs(error: type[BaseException]) -> None:
    endless = [(f"n{number}", Endless()) for number in range(3)]
    quick = ("quick", FakeHost())
    waiting = [(f"w{number}", Endless()) for number in range(5)]

    def act(name: str, host: Host) -> None:
        if isinstance(host, Endless):
            host.begun.set()
            assert host.closed.wait(30)
        else:
            assert all(one.begun.wait(30) for _, one in endless)

    def stop(result: HostResult[None]) -> None:
        raise error

    with pytest.raises(error):
        on_each([*endless, quick, *waiting], act, at_once=4, progress=stop)
    assert all(one.closed.is_set() for _, one in endless)
    # nothing of what had not begun is begun any more, but for what took the place of the quick one
    assert sum(one.begun.is_set() for _, one in waiting) <= 1


def test_a_defect_is_no_problem_of_the_host() -> None:
    def act(name: str, host: Host) -> None:
        raise ZeroDivisionError(name)

    with pytest.raises(ZeroDivisionError):
        on_each(hosts(3), act)


def test_alike_problems_stand_together() -> None:
    def act(name: str, host: Host) -> None:
        if name.startswith("bob@odd"):
            raise Failure(problem("PV803", folder="/srv"))
        raise Failure(problem("PV807", host=name.rpartition("@")[2].partition(":")[0]))

    names = ["a1", "bob@a2.cluster:2222", "bob@odd1", "a3"]
    found = on_each([(name, FakeHost()) for name in names], act)
    assert [[one.host for one in group] for group in by_problem(found)] == [
        ["a1", "bob@a2.cluster:2222", "a3"],
        ["bob@odd1"],
    ]


def test_problems_that_differ_in_addresses_alone_stand_together_and_others_do_not() -> None:
    said = {
        "a1": "connect to host a1 (10.0.0.1) port 22: refused",
        "b2": "connect to host b2 (10.0.0.2) port 22: refused",
        "n6": "connect to host n6 (fe80::2) port 22: refused",
        "e": "a bad banner",
        "d": "a bad banner",
        "c": "a good banner",
    }

    def act(name: str, host: Host) -> None:
        raise Failure(problem("PV807", why=verbatim(said[name]), host=name))

    found = on_each([(name, FakeHost()) for name in said], act)
    assert [[one.host for one in group] for group in by_problem(found)] == [
        ["a1", "b2", "n6"],
        ["e", "d"],
        ["c"],
    ]
