"""What is judged between hosts: connections, links, clocks, sums; from data alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from provenv.errors import text
from provenv.model.fleet import Clock
from provenv.model.meeting import Attempt, Interface, Meeting, Member
from provenv.proof.between import (
    Link,
    Rank,
    judge_clocks,
    judge_collectives,
    judge_interfaces,
    judge_links,
    judge_reach,
)
from provenv.proof.between.collectives import bandwidths

LEFT_ALONE = {"step": "error", "type": "RuntimeError", "message": "Connection closed by peer [10.0.0.2]:4"}


def member(number: int, speed: float = 1e9, **more: Any) -> Member:
    ethernet = Interface("eth0", (f"10.0.0.{number}",), speed, 1500)
    why = text("meeting.why.only", host=f"n{number}", interface="eth0", address=f"10.0.0.{number}")
    return replace(
        Member(f"n{number}", f"10.0.0.{number}", ethernet, why, resolves=(f"10.0.0.{number}",)), **more
    )


def met(*members: Member, blocked: tuple[Attempt, ...] = (), port: int = 29500) -> Meeting:
    return Meeting(members or (member(1), member(2)), port, 2, blocked, (32768, 60999))


@pytest.mark.parametrize(
    ("how", "key", "hints"),
    [
        ("refused", "refused", 2),
        ("timeout", "timeout", 2),
        ("no_route", "no_route", 1),
        ("denied", "denied", 1),
        ("stranger", "stranger", 0),
        ("errno 99", "other", 0),
    ],
)
def test_a_blocked_pair_is_told_by_how_it_is(how: str, key: str, hints: int) -> None:
    found = judge_reach(met(blocked=(Attempt("n1", "n2", "10.0.0.2", 40000, ok=False, how=how),)))
    assert found.status == "failed"
    assert found.why is not None
    assert found.why.key == f"meeting.how.{key}"
    assert len(found.hints) == hints
    assert f"n1 -> n2 10.0.0.2:40000: {how}" in found.evidence


def test_without_a_port_of_the_head_nothing_can_begin() -> None:
    found = judge_reach(met(port=0))
    assert (found.status, found.why and found.why.key) == ("failed", "PV1361.no_port")


def test_pairs_that_connect_pass() -> None:
    found = judge_reach(met())
    assert (found.status, found.did.args["n"], found.did.args["port"]) == ("passed", 2, 29500)


def test_a_name_that_means_the_loopback_is_told_before_all_else() -> None:
    trapped = member(2, resolves=("127.0.1.1",), trap="2: 127.0.1.1 n2", leaves="eth1")
    found = judge_interfaces(met(member(1), trapped))
    assert (found.status, found.did.key) == ("passed", "proof.hosts_interface.did_trap")
    assert found.did.args["host"] == "n2"
    assert found.did.args["line"] == "2: 127.0.1.1 n2"
    nameless = judge_interfaces(met(member(1), member(2, resolves=())))
    assert nameless.did.key == "proof.hosts_interface.did_unresolved"
    other = judge_interfaces(met(member(1), member(2, leaves="eth1")))
    assert other.did.key == "proof.hosts_interface.did_leaves"


def test_of_several_reasons_the_greatest_choice_is_told() -> None:
    choice = member(2, why=text("meeting.why.fastest", host="n2"))
    found = judge_interfaces(met(member(1), choice))
    assert found.did.args["host"] == "n2"
    assert [one.name for one in found.measures] == ["link.n1.eth0", "link.n2.eth0"]
    assert judge_interfaces(met(member(1), member(2, address=""))).status == "failed"


def link(number: int, count: int = 2, rate: float = 1e8, latency: float = 1e-4) -> Link:
    bandwidth = {"bytes": rate / 2, "seconds": 0.5, "mss": 1448}
    trips = {"median": latency, "worst": 3 * latency, "rounds": 200}
    return Link(f"n{number}", f"n{number % count + 1}", trips, bandwidth)


def test_the_slowest_link_is_named_beside_its_own_speed() -> None:
    found = judge_links(met(), (link(1, rate=1e8), link(2, rate=0.5e8, latency=2e-3)))
    assert (found.status, found.did.key) == ("passed", "proof.hosts_network.did_of")
    assert found.did.args["source"] == "n2"
    assert found.did.args["rate"] == "50 MB/s"
    assert found.did.args["share"] == "40%"  # 0.4 of 1 Gbit/s
    assert found.did.args["latency"] == "2 ms"
    measured = {one.name: (one.value, one.unit) for one in found.measures}
    assert measured["bandwidth.n1-n2"] == (100.0, "MB/s")
    assert measured["latency.n2-n1"] == (2000.0, "us")


def test_a_link_that_tells_no_speed_is_compared_with_none() -> None:
    found = judge_links(met(member(1, 0.0), member(2, 0.0)), (link(1), link(2)))
    assert found.did.key == "proof.hosts_network.did"


def test_of_many_links_the_extremes_are_shown() -> None:
    members = tuple(member(number) for number in range(1, 21))
    found = judge_links(met(*members), tuple(link(number, 20, rate=number * 1e6) for number in range(1, 21)))
    assert {one.name for one in found.measures} == {"latency.n1-n2", "bandwidth.n1-n2", "bandwidth.median"}


def test_small_packets_alone_are_a_matter_of_their_size() -> None:
    stalled = replace(link(1), bandwidth={"stalled": True, "sent": 1, "mss": 8948})
    found = judge_links(met(), (stalled, link(2)))
    assert (found.status, found.why and found.why.key) == ("failed", "proof.hosts_network.stalled")
    assert found.hints[0].command == "ssh n1 ping -c 3 -M do -s 1472 10.0.0.2"
    silent = replace(link(1), latency={"error": "TimeoutError: timed out"}, bandwidth={})
    broken = judge_links(met(), (silent, link(2)))
    assert broken.why is not None
    assert broken.why.args["said"] == "TimeoutError: timed out"
    assert judge_links(met(), ()).status == "skipped"


@pytest.mark.parametrize(
    ("aheads", "status", "key", "host"),
    [
        ((0.0, 0.2), "passed", "proof.hosts_clock.did", ""),
        ((0.0, 0.0, 3.0), "passed", "proof.hosts_clock.did_apart", "n3"),
        ((0.0, 120.0), "failed", "proof.hosts_clock.ahead", "n2"),
        ((-3600.0, 0.1, 0.0), "failed", "proof.hosts_clock.behind", "n1"),
        # all of them differ from ours alike: they agree, and ours is no rank
        ((500.0, 500.1, 500.0), "passed", "proof.hosts_clock.did", ""),
    ],
)
def test_clocks_are_judged_by_what_breaks(
    aheads: tuple[float, ...], status: str, key: str, host: str
) -> None:
    found = judge_clocks({f"n{number}": Clock(one, 0.01) for number, one in enumerate(aheads, 1)})
    assert found.status == status
    told = found.why if found.why is not None else found.did
    assert told.key == key
    assert told.args.get("host", "") == host
    assert found.measures[0].value == pytest.approx(max(aheads) - min(aheads))


def test_a_difference_that_may_be_an_error_is_none() -> None:
    assert judge_clocks({"n1": Clock(0.0, 1.0), "n2": Clock(15.0, 8.0)}).status == "passed"
    assert judge_clocks({"n1": Clock(0.0, 1.0)}).status == "skipped"


def whole(host: str, **changed: Any) -> Rank:
    right = {"all_reduce.float32": [0.0, "aa"], "broadcast": [0.0, "bb"], **changed}
    figures = {
        "latency": 1e-4,
        "worst": 2e-4,
        "rounds": 50,
        "sizes": [[1 << 20, 0.01, 20], [8 << 20, 0.05, 6]],
    }
    steps = (
        {"step": "began"},
        {"step": "joined"},
        {"step": "right", "backend": "gloo", "found": right},
        {"step": "measured", "backend": "gloo", "found": figures},
        {"step": "done"},
    )
    return Rank(host, steps, 0)


def test_sums_that_are_right_pass_with_their_figures() -> None:
    found = judge_collectives((whole("n1"), whole("n2"), whole("n3")))
    assert found.status == "passed"
    measured = {one.name: one.value for one in found.measures}
    assert measured["all_reduce.gloo.8MiB.algorithm"] == pytest.approx((8 << 20) / 0.05 / 1e6, abs=0.1)
    assert measured["all_reduce.gloo.8MiB.bus"] == pytest.approx((8 << 20) / 0.05 * 4 / 3 / 1e6, abs=0.1)
    assert measured["all_reduce.gloo.latency"] == 100


@pytest.mark.parametrize(("world", "factor"), [(2, 1.0), (4, 1.5), (8, 1.75)])
def test_bus_bandwidth_is_that_of_nccl_tests(world: int, factor: float) -> None:
    assert bandwidths(1000, 1.0, world) == (1000, 1000 * factor)


def test_a_host_that_computes_wrongly_is_named() -> None:
    found = judge_collectives((whole("n1"), whole("n2", **{"all_reduce.float32": [2.0, "xx"]}), whole("n3")))
    assert found.status == "failed"
    assert found.why is not None
    assert (found.why.args["host"], found.why.args["what"]) == ("n2", "all_reduce.float32")
    assert found.distance == 2.0


def test_a_host_that_has_something_else_than_the_others_is_named() -> None:
    found = judge_collectives((whole("n1"), whole("n2"), whole("n3", broadcast=[0.0, "xx"])))
    assert found.why is not None
    assert (found.why.args["host"], found.why.args["what"]) == ("n3", "broadcast")


BEGUN = ({"step": "began"}, {"step": "store"}, {"step": "joined"})


@pytest.mark.parametrize(
    ("ranks", "key", "host"),
    [
        # one was killed: the others say that it closed
        ((Rank("n1", (*BEGUN, LEFT_ALONE), 1), Rank("n2", BEGUN, 137)), "died", "n2"),
        # one hangs: the others waited in vain, and it was ended
        (
            (
                Rank("n1", (*BEGUN, {**LEFT_ALONE, "message": "Timed out waiting 10000ms"}), 1),
                Rank("n2", BEGUN, 143, ended=True),
            ),
            "silent",
            "n2",
        ),
        # one could not even begin: the others wait for it at the store
        (
            (
                Rank("n1", BEGUN[:1], 143, ended=True),
                Rank("n2", ({"step": "error", "type": "ImportError", "message": "no torch"},), 1),
            ),
            "raised",
            "n2",
        ),
        ((Rank("n1", BEGUN[:2], 143, ended=True), Rank("n2", problem=text("PV1281"))), "unreached", "n2"),
        ((Rank("n1", (*BEGUN, LEFT_ALONE), 1), Rank("n2", BEGUN, 7)), "left", "n2"),
        ((Rank("n1", (*BEGUN, LEFT_ALONE), 1), Rank("n2", (*BEGUN, LEFT_ALONE), 1)), "alone", None),
    ],
)
def test_who_kept_the_others_is_named(ranks: tuple[Rank, ...], key: str, host: str | None) -> None:
    found = judge_collectives(ranks)
    assert found.status == "failed"
    assert found.why is not None
    assert found.why.key == f"proof.hosts_all_reduce.{key}"
    assert found.why.args.get("host") == host


def test_a_torch_without_process_groups_is_no_failure() -> None:
    assert judge_collectives((Rank("n1", ({"step": "skipped"},), 0),)).status == "skipped"


def test_a_host_with_a_port_is_called_as_ssh_takes_it() -> None:
    far = replace(member(2), host="me@n2:2222", firewall="ufw")
    blocked = Attempt("n1", "me@n2:2222", "10.0.0.2", 40000, ok=False, how="timeout")
    found = judge_reach(met(member(1), far, blocked=(blocked,)))
    assert found.hints[0].command == "ssh ssh://me@n2:2222 sudo ufw allow from 10.0.0.1"
