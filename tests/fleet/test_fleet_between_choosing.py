"""Which connections are tried between hosts, and what follows of those that were."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from provenv.app.fleet.choosing import About, goals, meeting, pairs
from provenv.app.fleet.meeting import blocked_problem, require
from provenv.errors import Failure
from provenv.model.meeting import Attempt, Interface

GIGABIT = 1e9
HOSTS = ("n1", "n2", "n3")


def about(host: str, *interfaces: Interface, firewall: str = "", **more: str) -> About:
    lo = Interface("lo", ("127.0.0.1", "::1"))
    machine = more.get("machine", host)
    return About(host, host, (lo, *interfaces), (40000,), machine, ("10.0.0.1",), firewall=firewall)


def numbered(number: int, *more: Interface) -> About:
    return about(f"n{number}", Interface("eth0", (f"10.0.0.{number}",), GIGABIT), *more)


def attempts(abouts: tuple[About, ...], broken: Mapping[tuple[str, str], str] | None = None) -> list[Attempt]:
    """Return what would come of trying all that is to be tried; `broken` has (source, address) -> how."""
    known = {one.host: one for one in abouts}
    found = []
    for source, goal in pairs([one.host for one in abouts]):
        for address, port in goals(known[source], known[goal], is_head=goal == abouts[0].host):
            how = (broken or {}).get((source, address), "")
            own = known[source].interfaces[:2][-1].addresses[0]
            found.append(Attempt(source, goal, address, port, not how, how, 0.001, own))
    return found


def test_few_hosts_try_each_other_and_many_the_head_and_their_neighbours() -> None:
    assert len(list(pairs(HOSTS))) == 6
    many = [f"n{number}" for number in range(1000)]
    tried = set(pairs(many))
    assert len(tried) < 4 * len(many)
    assert all((one, "n0") in tried and ("n0", one) in tried for one in many[1:])
    assert {("n7", "n8"), ("n8", "n7"), ("n999", "n0")} <= tried


def test_the_only_interface_is_taken_and_the_heads_port_is_one_that_all_reached() -> None:
    abouts = (numbered(1), numbered(2), numbered(3))
    met = meeting(abouts, attempts(abouts))
    assert met.whole
    assert (met.head.host, met.head.address, met.port, met.pairs) == ("n1", "10.0.0.1", 40000, 6)
    assert met.head.why.key == "meeting.why.only"
    assert met.environment("n2") == {
        "GLOO_SOCKET_IFNAME": "eth0",
        "NCCL_SOCKET_IFNAME": "=eth0",
        "TP_SOCKET_IFNAME": "eth0",
    }


def test_of_two_interfaces_that_all_reach_the_faster_is_taken() -> None:
    abouts = tuple(
        numbered(number, Interface("ib0", (f"10.1.0.{number}",), 100 * GIGABIT)) for number in (1, 2)
    )
    met = meeting(abouts, attempts(abouts))
    assert [one.address for one in met.members] == ["10.1.0.1", "10.1.0.2"]
    assert met.head.why.key == "meeting.why.fastest"
    assert met.head.why.args["speed"] == "100 Gbit/s"
    assert met.head.leaves == "eth0"


def test_a_faster_interface_that_not_all_reach_is_left() -> None:
    abouts = tuple(
        numbered(number, Interface("ib0", (f"10.1.0.{number}",), 100 * GIGABIT)) for number in (1, 2, 3)
    )
    met = meeting(abouts, attempts(abouts, {("n3", "10.1.0.1"): "timeout"}))
    assert met.whole
    assert met.member("n1").address == "10.0.0.1"
    assert met.member("n1").why.key == "meeting.why.only_of"
    assert met.member("n2").address == "10.1.0.2"


def test_an_address_that_every_host_has_is_nobodys() -> None:
    docker = Interface("docker0", ("172.17.0.1",))
    abouts = (numbered(1, docker), numbered(2, docker))
    assert list(goals(abouts[0], abouts[1], is_head=False)) == [("10.0.0.2", 40000)]
    assert meeting(abouts, attempts(abouts)).whole


def test_hosts_that_are_one_machine_may_meet_on_its_loopback() -> None:
    abouts = (about("n1", machine="m"), about("n2", machine="m"))
    tried = [
        Attempt(source, goal, address, 40000, ok=True, own=address)
        for source, goal in pairs(["n1", "n2"])
        for address in ("127.0.0.1", "::1")
    ]
    met = meeting(abouts, tried)
    assert met.whole
    assert met.head.address == "127.0.0.1"


def test_what_blocks_a_pair_is_told_where_the_others_connect() -> None:
    abouts = tuple(
        about(f"n{number}", Interface("eth0", (f"10.0.0.{number}", f"192.168.{number}.1")), firewall="ufw")
        for number in (1, 2, 3)
    )
    elsewhere = {(f"n{a}", f"192.168.{b}.1"): "no_route" for a in (1, 2, 3) for b in (1, 2, 3)}
    met = meeting(abouts, attempts(abouts, {**elsewhere, ("n1", "10.0.0.3"): "timeout"}))
    assert [(one.source, one.goal, one.how) for one in met.blocked] == [("n1", "n3", "timeout")]
    assert met.member("n3").why.key == "meeting.why.some"
    found = blocked_problem(met)
    assert (found.code, found.why and found.why.key) == ("PV1361", "meeting.how.timeout")
    assert found.hints[0].command == "ssh n3 sudo ufw allow from 10.0.0.1"
    with pytest.raises(Failure):
        require(met)


def test_where_nothing_connects_the_nearest_address_tells_why() -> None:
    abouts = tuple(
        about(f"n{number}", Interface("eth0", (f"192.168.{number}.1", f"10.0.0.{number}")))
        for number in (1, 2)
    )
    broken = {("n1", "192.168.2.1"): "timeout", ("n2", "192.168.1.1"): "timeout"}
    met = meeting(
        abouts, attempts(abouts, {**broken, ("n1", "10.0.0.2"): "refused", ("n2", "10.0.0.1"): "refused"})
    )
    assert met.port == 0
    assert {one.how for one in met.blocked} == {"refused"}


def test_a_host_without_addresses_is_blocked_for_all() -> None:
    met = meeting((numbered(1), about("n2")), attempts((numbered(1), about("n2"))))
    assert [(one.goal, one.how) for one in met.blocked] == [("n2", "nothing")]
    assert met.member("n2").why.key == "meeting.why.nothing"
    assert blocked_problem(met).why is not None


def test_a_port_that_a_firewall_leaves_open_is_the_heads_where_others_are_closed() -> None:
    head = About("n1", "n1", (Interface("eth0", ("10.0.0.1",)),), (40000, 29500), "n1", ("10.0.0.1",))
    abouts = (head, numbered(2))
    tried = [
        Attempt("n2", "n1", "10.0.0.1", 40000, ok=False, how="timeout"),
        Attempt("n2", "n1", "10.0.0.1", 29500, ok=True, own="10.0.0.2"),
        Attempt("n1", "n2", "10.0.0.2", 40000, ok=True, own="10.0.0.1"),
    ]
    met = meeting(abouts, tried)
    assert met.port == 29500
    assert [(one.port, one.how) for one in met.blocked] == [(40000, "timeout")]
    assert not met.whole
