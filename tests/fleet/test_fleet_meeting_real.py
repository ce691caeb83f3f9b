"""Hosts with a network of their own meet: what is open, what a firewall keeps, what is chosen and why."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from between_places import NUMBER, lay_down, left_running, places_on, system_python
from provenv.app.fleet import between as between_room
from provenv.app.fleet import meeting
from provenv.app.fleet.between import prove_between
from provenv.app.fleet.meeting import Gathering, blocked_problem, meet
from provenv.app.fleet.talk import Conversation
from provenv.app.fleet_up.places import Place
from provenv.errors import Failure
from provenv.model.evidence import Outcome
from provenv.model.facts import Facts, Platform
from provenv.model.progress import Silent
from provenv.model.spec import Spec
from provenv.proof.between import Link
from ssh_hosts import SshHosts, namespace_hosts, wait_until

pytestmark = [pytest.mark.root, pytest.mark.slow]
SPEC = Spec("digits", "/at/home", "f", ("f",), "")
FACTS = Facts(Platform("linux", "x86_64"))
NEW = "-A INPUT -i eth0 -p tcp --syn ! --dport 22"


@pytest.fixture(scope="module")
def hosts() -> Iterator[SshHosts]:
    with namespace_hosts(3) as found:
        yield found


@pytest.fixture(scope="module")
def places(hosts: SshHosts) -> Iterator[tuple[Place, ...]]:
    with places_on(hosts) as found:
        for place in found:
            lay_down(place, system_python())
        yield found


def inside(hosts: SshHosts, name: str, line: str, *, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a line of shell as root where a host's network is."""
    enter = ["nsenter", "-t", str(hosts.servers[name].pid), "-n", "-m", "-u"]
    return subprocess.run([*enter, "sh", "-c", line], capture_output=True, text=True, check=check)


@contextmanager
def rule(hosts: SshHosts, name: str, line: str) -> Iterator[None]:
    """Have a rule of iptables on a host; skip where there are none."""
    if shutil.which("iptables") is None or inside(hosts, name, "iptables -S", check=False).returncode:
        pytest.skip("no iptables in a namespace here")
    inside(hosts, name, f"iptables {line}")
    try:
        yield
    finally:
        inside(hosts, name, "iptables -F")


def between(places: tuple[Place, ...], *only: str) -> dict[str, Outcome]:
    """Prove what can be proven without torch; return the outcomes by name."""
    found = prove_between(
        places,
        NUMBER,
        spec=SPEC,
        facts={one.name: FACTS for one in places},
        packages={},
        passed={},
        progress=Silent(),
        only=only,
    )
    return {one.name: one for one in found}


def test_hosts_meet_on_their_own_addresses_and_nothing_is_left(
    hosts: SshHosts, places: tuple[Place, ...]
) -> None:
    met = meet(places, NUMBER)
    assert met.whole
    assert [(one.address, one.interface.name) for one in met.members] == [
        (hosts.addresses[name][0], "eth0") for name in hosts.names
    ]
    assert met.pairs == 6
    assert met.port > 0
    assert wait_until(lambda: not left_running(hosts))


def test_a_head_port_is_free_when_it_is_named(hosts: SshHosts, places: tuple[Place, ...]) -> None:
    port = meet(places, NUMBER).port
    taken = f"import socket; s = socket.socket(); s.bind(('', {port})); s.listen(); print('taken')"
    said = places[0].host.exec([system_python(), "-c", taken])
    assert said.out == "taken\n", said.err


@pytest.mark.parametrize(
    ("verdict", "how", "command"),
    [("DROP", "timeout", "ssh n2"), ("REJECT --reject-with tcp-reset", "refused", "ssh n2")],
)
def test_a_firewall_is_told_with_the_pair_that_it_keeps_apart(
    hosts: SshHosts, places: tuple[Place, ...], verdict: str, how: str, command: str
) -> None:
    with rule(hosts, "n2", f"{NEW} -s 10.77.0.13 -j {verdict}"):
        met = meet(places, NUMBER)
    assert [(one.source, one.goal, one.how) for one in met.blocked] == [("n3", "n2", how)]
    found = blocked_problem(met)
    assert (found.hints[0].command or "").startswith(command)
    assert met.member("n2").address == "10.77.0.12"


def test_a_firewall_that_knows_torchruns_port_alone(hosts: SshHosts, places: tuple[Place, ...]) -> None:
    with rule(
        hosts,
        "n1",
        "-A INPUT -i eth0 -p tcp --syn --dport 30000: -j DROP",
    ):
        found = between(places)
    assert found["hosts-reach"].status == "failed"
    assert "n1:29500: ok" in found["hosts-reach"].evidence
    assert found["hosts-network"].status == "skipped"
    assert found["hosts-clock"].status == "passed"


def test_a_route_of_its_own_that_refuses(hosts: SshHosts, places: tuple[Place, ...]) -> None:
    inside(hosts, "n1", "ip route add prohibit 10.77.0.13/32")
    inside(hosts, "n2", "ip route add unreachable 10.77.0.13/32")
    try:
        met = meet(places, NUMBER)
    finally:
        inside(hosts, "n1", "ip route del prohibit 10.77.0.13/32")
        inside(hosts, "n2", "ip route del unreachable 10.77.0.13/32")
    hows = {(one.source, one.goal): one.how for one in met.blocked}
    assert hows["n1", "n3"] == "denied"
    assert hows["n2", "n3"] == "no_route"


def test_a_bridge_that_every_host_has_is_not_taken(hosts: SshHosts, places: tuple[Place, ...]) -> None:
    made = (
        "ip link add docker0 type bridge && ip addr add 172.17.0.1/16 dev docker0 && ip link set docker0 up"
    )
    try:
        for name in hosts.names:
            inside(hosts, name, made)
        met = meet(places, NUMBER)
    finally:
        for name in hosts.names:
            inside(hosts, name, "ip link del docker0", check=False)
    assert met.whole
    assert {one.interface.name for one in met.members} == {"eth0"}
    assert any(one.name == "docker0" for one in met.head.interfaces)


def test_a_network_that_the_others_do_not_have_is_left(hosts: SshHosts, places: tuple[Place, ...]) -> None:
    made = "ip link add a0 type bridge && ip addr add 10.99.0.1/24 dev a0 && ip link set a0 up"
    try:
        inside(hosts, "n1", made)
        met = meet(places, NUMBER)
    finally:
        inside(hosts, "n1", "ip link del a0", check=False)
    assert met.whole
    assert met.head.address == "10.77.0.11"
    assert met.head.why.key == "meeting.why.only_of"
    assert met.head.why.args["others"] == "a0"


def test_a_host_whose_name_is_its_loopback_is_told_and_not_misled(
    hosts: SshHosts, places: tuple[Place, ...]
) -> None:
    own = shlex.quote(str(hosts.folder / "n2.trap"))
    inside(hosts, "n2", f"sed 's/^.* n2$/127.0.1.1 n2/' /etc/hosts > {own} && mount --bind {own} /etc/hosts")
    try:
        found = between(places)
        met = meet(places, NUMBER)
    finally:
        inside(hosts, "n2", "umount /etc/hosts")
    outcome = found["hosts-interface"]
    assert (outcome.status, outcome.did.key) == ("passed", "proof.hosts_interface.did_trap")
    assert (outcome.did.args["host"], outcome.did.args["meaning"]) == ("n2", "127.0.1.1")
    assert met.environment("n2")["GLOO_SOCKET_IFNAME"] == "eth0"


def test_links_and_clocks_are_measured(hosts: SshHosts, places: tuple[Place, ...]) -> None:
    found = between(places)
    assert {one.status for one in found.values()} == {"passed"}
    measured = {one.name: one.value for one in found["hosts-network"].measures}
    for one, other in (("n1", "n2"), ("n2", "n3"), ("n3", "n1")):
        assert 0 < measured[f"latency.{one}-{other}"] <= measured[f"latency.worst.{one}-{other}"]
        assert measured[f"bandwidth.{one}-{other}"] > 0
    assert wait_until(lambda: not left_running(hosts))


def test_a_slow_link_is_named(hosts: SshHosts, places: tuple[Place, ...]) -> None:
    slow = "tc qdisc add dev eth0 root tbf rate 50mbit burst 64kbit latency 50ms"
    if shutil.which("tc") is None or inside(hosts, "n2", slow, check=False).returncode:
        pytest.skip("no token bucket filter in a namespace here")
    try:
        outcome = between(places)["hosts-network"]
    finally:
        inside(hosts, "n2", "tc qdisc del dev eth0 root")
    assert outcome.status == "passed"
    assert (outcome.did.args["source"], outcome.did.args["goal"]) == ("n2", "n3")
    measured = {one.name: one.value for one in outcome.measures}
    assert measured["bandwidth.n2-n3"] < 50 / 8 * 1.5


def test_large_packets_that_are_lost_are_a_matter_of_their_size(
    hosts: SshHosts, places: tuple[Place, ...]
) -> None:
    with rule(hosts, "n3", "-A INPUT -p tcp ! --dport 22 -m length --length 1400:65535 -j DROP"):
        outcome = between(places)["hosts-network"]
    assert outcome.status == "failed"
    assert outcome.why is not None
    assert outcome.why.key == "proof.hosts_network.stalled"
    assert outcome.why.args["size"] == 1500
    assert wait_until(lambda: not left_running(hosts))


def test_a_clock_that_is_wrong_is_named(hosts: SshHosts, places: tuple[Place, ...]) -> None:
    ahead = "import time\n_own = time.time\ntime.time = lambda: _own() + 120\n"
    lay_down(places[1], system_python(), customize=ahead)
    try:
        found = between(places, "hosts-clock")
    finally:
        lay_down(places[1], system_python())
    assert list(found) == ["hosts-clock"]
    outcome = found["hosts-clock"]
    assert outcome.status == "failed"
    assert outcome.why is not None
    assert (outcome.why.key, outcome.why.args["host"]) == ("proof.hosts_clock.ahead", "n2")
    assert outcome.measures[0].value == pytest.approx(120, abs=1)


def test_a_host_that_hangs_is_named_and_left_clean(
    hosts: SshHosts, places: tuple[Place, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    # enough for the two others on a busy machine
    monkeypatch.setattr(meeting, "START_LIMIT", 10.0)
    lay_down(
        places[2], system_python(), customize="import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)\n"
    )
    try:
        with pytest.raises(Failure) as caught:
            meet(places, NUMBER)
    finally:
        lay_down(places[2], system_python())
    (problem,) = caught.value.problems
    assert (problem.code, problem.what.args["host"]) == ("PV1360", "n3")
    assert problem.why is not None
    assert problem.why.key == "PV1360.late"
    assert wait_until(lambda: not left_running(hosts))


def test_ctrl_c_while_a_host_hangs_leaves_nothing(hosts: SshHosts, places: tuple[Place, ...]) -> None:
    lay_down(
        places[2], system_python(), customize="import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)\n"
    )

    def interrupt() -> None:
        assert wait_until(lambda: any(_is_stopped(pid) for pid in left_running(hosts)))
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            meet(places, NUMBER)
    finally:
        thread.join()
        lay_down(places[2], system_python())
    assert wait_until(lambda: not left_running(hosts))


def _is_stopped(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
    except OSError:
        return False


def test_a_host_that_is_lost_in_the_middle_is_named_and_nothing_is_left_on_it(
    hosts: SshHosts, places: tuple[Place, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts.before("Host *\n ServerAliveInterval 1\n ServerAliveCountMax 5\n ConnectTimeout 3\n")
    own = between_room.links_of

    def after_the_link_went(talking: Conversation, gathering: Gathering) -> tuple[Link, ...]:
        hosts.link("n3", "down")
        return own(talking, gathering)

    monkeypatch.setattr(between_room, "links_of", after_the_link_went)
    try:
        with places_on(hosts) as fresh:
            found = between(fresh)
    finally:
        hosts.link("n3", "up")
        hosts.before("")
    assert found["hosts-reach"].status == "passed"
    outcome = found["hosts-network"]
    assert outcome.status == "failed"
    assert outcome.why is not None
    assert "n3" in (outcome.why.args["source"], outcome.why.args["goal"])
    assert "n1 -> n2" not in outcome.evidence
    assert found["hosts-clock"].status == "passed"
    assert wait_until(lambda: not left_running(hosts), 40)


def test_a_host_without_the_interpreter_is_named(places: tuple[Place, ...]) -> None:
    with pytest.raises(Failure) as caught:
        meet(places, NUMBER + 1)
    assert [one.code for one in caught.value.problems] == ["PV801"] * 3
