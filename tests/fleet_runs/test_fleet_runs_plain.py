"""Programs without torch over several hosts: what they are told, hosts that are away, what is refused."""

from __future__ import annotations

import json

import pytest

from ssh_hosts import wait_until

from .conftest import LIMIT, Make

pytestmark = pytest.mark.root


def test_the_plain_contract(make: Make) -> None:
    world = make(torch=False)
    assert world.run("--processes", "2", "--", "python", "plain.py") == 0, world.printed
    lines = [(world.record / "1" / f"rank-{rank}.log").read_text() for rank in range(4)]
    told = [json.loads(line.removeprefix("told ")) for line in lines]
    assert [(one["rank"], one["local"], one["jax"]) for one in told] == [
        (0, "0", "0"),
        (1, "1", "1"),
        (2, "0", "2"),
        (3, "1", "3"),
    ]
    workers = told[0]["tf"]["cluster"]["worker"]
    assert len(set(workers)) == 4
    assert [one.partition(":")[0] for one in workers] == ["10.77.0.11"] * 2 + ["10.77.0.12"] * 2
    assert {one["hello"] for one in told} == {'it\'s "me"'}
    assert "[n2:1] told" in world.printed
    assert wait_until(lambda: not world.left())


def test_hosts_that_are_not_there(make: Make) -> None:
    world = make(torch=False)
    world.hosts.before("Host n2\n  HostName 10.77.0.99\n  ConnectTimeout 2\n")
    try:
        assert world.run("--", "python", "plain.py") == 125
        assert "error[PV1375]" in world.printed
        assert "n2" in world.printed
        assert world.run("--min-hosts", "1", "--", "python", "plain.py") == 0, world.printed
        assert "warning[PV1379]" in world.printed
    finally:
        world.hosts.before("")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--no-record", "--", "true"), 2, "PV1376"),
        (("--", "torchrun", "train.py"), 125, "PV1377"),
        (("--folder", "/", "--", "true"), 125, "PV1378"),
        (("--", "no-such-program"), 127, "no-such-program: not found"),
    ],
)
def test_what_is_refused(make: Make, words: tuple[str, ...], code: int, said: str) -> None:
    world = make(torch=False)
    assert world.run(*words) == code, world.printed
    assert said in world.printed
    assert wait_until(lambda: not world.left(), LIMIT)
