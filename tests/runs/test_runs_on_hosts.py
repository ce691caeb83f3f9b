"""What follows when hosts come and go, and what the processes on them are told."""

from __future__ import annotations

import json

import pytest

from provenv.runs.group_end import Asked, outcome_of, shell_code
from provenv.runs.on_hosts import (
    Bounds,
    after_loss,
    arranged,
    bounds,
    cause_of,
    head_of,
    next_try,
)
from provenv.runs.ports import Ports
from provenv.runs.ranks import Share, ranks_of_hosts
from provenv.runs.torchrun import Meeting, torchrun

ORDER = ("n1", "n2", "n3")
PEER = b"RuntimeError: [gloo] Connection closed by peer [10.0.0.1]:4242\n"


@pytest.mark.parametrize(
    ("hosts", "declared", "expected", "elastic"),
    [
        (3, None, Bounds(3, 3), False),
        (3, 2, Bounds(2, 3), True),
        (3, 3, Bounds(3, 3), False),
        (1, 2, Bounds(1, 1), False),
    ],
)
def test_bounds(hosts: int, declared: int | None, expected: Bounds, elastic: bool) -> None:
    found = bounds(hosts, declared)
    assert found == expected
    assert found.elastic is elastic


@pytest.mark.parametrize(
    ("present", "last", "head", "order"),
    [
        ({"n1", "n2", "n3"}, "", "n1", ("n1", "n2", "n3")),
        ({"n2", "n3"}, "n1", "n2", ("n2", "n3")),
        # who took over keeps the lead when the first is back
        ({"n1", "n2", "n3"}, "n2", "n2", ("n2", "n1", "n3")),
    ],
)
def test_the_head(present: set[str], last: str, head: str, order: tuple[str, ...]) -> None:
    assert head_of(ORDER, present, last) == head
    assert arranged(ORDER, present, head) == order


@pytest.mark.parametrize(
    ("present", "needed", "retries", "expected"),
    [
        (2, Bounds(1, 3), False, "go on"),
        (1, Bounds(1, 3), False, "go on"),
        (1, Bounds(2, 3), True, "wait"),
        (1, Bounds(2, 3), False, "end"),
        (2, Bounds(3, 3), True, "wait"),
        (2, Bounds(3, 3), False, "end"),
    ],
)
def test_after_a_loss(present: int, needed: Bounds, retries: bool, expected: str) -> None:
    assert after_loss(present, needed, retries_left=retries) == expected


def test_tries_are_ever_farther_apart() -> None:
    waits = [next_try(count) for count in range(1, 12)]
    assert waits == sorted(waits)
    assert waits[0] == 1.0
    assert waits[-1] == next_try(10_000) == 60.0


@pytest.mark.parametrize(
    ("deaths", "expected"),
    [
        ([(1, PEER), (1, b"ValueError: batch\n")], 1),
        ([(1, b"ValueError: batch\n"), (1, PEER)], 0),
        ([(1, PEER), (-9, b"")], 1),
        ([(-15, b"told"), (1, b"KeyError: 'x'\n")], 1),
        ([(1, PEER), (1, PEER)], 0),
    ],
)
def test_the_first_cause(deaths: list[tuple[int, bytes]], expected: int) -> None:
    assert cause_of(deaths) == expected


@pytest.mark.parametrize(
    ("codes", "asked", "first", "expected"),
    [
        ([0, 0], Asked(), None, ("done", 0)),
        ([3, 143], Asked(), 3, ("died", 3)),
        ([137, None], Asked(), 3, ("stuck", 137)),
        ([143, 137], Asked(hung=True), None, ("hung", 124)),
        ([130, 130], Asked(interrupted=True), 130, ("stopped", 130)),
        ([137], Asked(interrupted=True, killed=True), 130, ("stopped", 137)),
        ([143, 0], Asked(left=15), None, ("preempted", 143)),
        ([143, 7], Asked(left=15), None, ("overdue", 7)),
        ([137], Asked(left=15, killed=True), None, ("overdue", 137)),
    ],
)
def test_how_an_attempt_ended(
    codes: list[int | None], asked: Asked, first: int | None, expected: tuple[str, int]
) -> None:
    assert outcome_of(codes, asked, first, any_first=first is not None) == expected


def test_codes_are_said_as_shells_do() -> None:
    assert [shell_code(code) for code in (None, 0, 3, -9)] == [0, 0, 3, 137]


def test_torchrun_is_told_who_keeps_the_store() -> None:
    meeting = Meeting("run-1", 2, "fd00::1", 29500)
    head = torchrun("/v/bin/python", meeting, processes=2, is_head=True, address="fd00::1")
    other = torchrun("/v/bin/python", meeting, processes=1, is_head=False, address="fd00::2")
    assert "--rdzv-endpoint=[fd00::1]:29500" in head
    assert "--rdzv-endpoint=[fd00::1]:29500" in other
    assert any(word.startswith("--rdzv-conf=is_host=1,") for word in head)
    assert any(word.startswith("--rdzv-conf=is_host=0,") for word in other)
    assert "--local-addr=fd00::2" in other
    assert head[-1] == "--no-python"


def test_each_process_is_told_where_it_stands() -> None:
    shares = [Share(2, "10.0.0.1", (7001, 7002), devices=4), Share(1, "10.0.0.2", (7003,))]
    first, second = ranks_of_hosts(shares, port=Ports(1, 2, ()), run_id="r", attempt=2, retries=3)
    told = [*first, *second]
    assert [(one["RANK"], one["LOCAL_RANK"], one["GROUP_RANK"]) for one in told] == [
        ("0", "0", "0"),
        ("1", "1", "0"),
        ("2", "0", "1"),
    ]
    assert {(one["WORLD_SIZE"], one["MASTER_ADDR"], one["MASTER_PORT"]) for one in told} == {
        ("3", "10.0.0.1", "1")
    }
    assert [one["LOCAL_WORLD_SIZE"] for one in told] == ["2", "2", "1"]
    assert told[0]["TORCHELASTIC_RESTART_COUNT"] == "1"
    workers = ["10.0.0.1:7001", "10.0.0.1:7002", "10.0.0.2:7003"]
    assert [json.loads(one["TF_CONFIG"])["task"]["index"] for one in told] == [0, 1, 2]
    assert json.loads(told[2]["TF_CONFIG"])["cluster"]["worker"] == workers
    assert [one["JAX_COORDINATOR_ADDRESS"] for one in told] == ["10.0.0.1:2"] * 3
    assert [one.get("JAX_LOCAL_DEVICE_IDS") for one in told] == ["0,1", "2,3", None]
