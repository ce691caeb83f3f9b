"""A process group of real torch over hosts: right, wrong, killed, hanging, Ctrl-C; nothing is left of it."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from between_places import (
    NUMBER,
    lay_down,
    left_running,
    packages_of,
    places_on,
    system_python,
)
from provenv.app.fleet.between import prove_between
from provenv.app.fleet_up.places import Place
from provenv.model.evidence import Outcome
from provenv.model.facts import Facts, Platform
from provenv.model.progress import Silent
from provenv.model.spec import Spec
from ssh_hosts import SshHosts, loopback_hosts, namespace_hosts, running, wait_until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="hosts are made for Linux"),
]
ENDLESS = (1 << 20,) * 2000
SMALL = (1 << 18, 1 << 20)


@pytest.fixture(scope="module")
def hosts(torch_python: Path) -> Iterator[SshHosts]:
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    version, _ = packages_of(torch_python)
    system_python(version)
    with namespace_hosts(2) as found:
        yield found


@pytest.fixture
def places(hosts: SshHosts, torch_python: Path) -> Iterator[tuple[Place, ...]]:
    version, packages = packages_of(torch_python)
    with places_on(hosts) as found:
        for place in found:
            lay_down(place, system_python(version), sites=[str(hosts.shown(Path(packages)))])
        yield found


def all_reduce(places: tuple[Place, ...], sizes: tuple[int, ...] = SMALL, wait: float = 30.0) -> Outcome:
    """Prove between these hosts and return the outcome of the process group."""
    found = prove_between(
        places,
        NUMBER,
        spec=Spec("digits", "/at/home", "f", ("f",), ""),
        facts={one.name: Facts(Platform("linux", "x86_64")) for one in places},
        packages={"torch": "2"},
        passed={},
        progress=Silent(),
        sizes=sizes,
        wait=wait,
    )
    return found[-1]


def ranks_of(hosts: SshHosts, name: str) -> list[int]:
    """Return the ranks that run on a host."""
    own = os.readlink(f"/proc/{hosts.servers[name].pid}/ns/net")
    found = []
    for pid in running("between_ranks.py"):
        try:
            if (
                os.readlink(f"/proc/{pid}/ns/net") == own
                and Path(f"/proc/{pid}/comm").read_text().strip() != "sh"
            ):
                found.append(pid)
        except OSError:
            continue
    return found


def has_joined(pid: int, held: int) -> bool:
    """Tell whether a rank holds so many connections: to the store, to the other rank; ssh's aside."""
    try:
        lines = Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]
        lines += Path(f"/proc/{pid}/net/tcp6").read_text().splitlines()[1:]
    except OSError:
        return False
    ends = [line.split() for line in lines]
    return sum(words[3] == "01" and not words[1].endswith(":0016") for words in ends) >= held


def meanwhile(hosts: SshHosts, name: str, act: Callable[[int], None]) -> threading.Thread:
    """Do something to a host's rank as soon as it computes with the others."""

    def watch() -> None:
        # the store lives in the first rank, which has both ends of its own connection to it
        held = 4 if name == "n1" else 2
        assert wait_until(lambda: any(has_joined(pid, held) for pid in ranks_of(hosts, name)), 60)
        for pid in ranks_of(hosts, name):
            act(pid)

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


def test_ranks_on_hosts_add_up(hosts: SshHosts, places: tuple[Place, ...], torch_python: Path) -> None:
    version, packages = packages_of(torch_python)
    without = "import sys\nsys.modules['numpy'] = None\n"
    lay_down(places[1], system_python(version), sites=[str(hosts.shown(Path(packages)))], customize=without)
    outcome = all_reduce(places)
    assert outcome.status == "passed", outcome.evidence
    assert (outcome.did.args["n"], outcome.did.args["backends"]) == (2, "gloo")
    measured = {one.name: one.value for one in outcome.measures}
    assert measured["all_reduce.gloo.1MiB.bus"] == measured["all_reduce.gloo.1MiB.algorithm"] > 0
    assert measured["all_reduce.gloo.latency"] > 0
    assert wait_until(lambda: not left_running(hosts))


def test_a_host_that_adds_wrongly_is_named(
    hosts: SshHosts, places: tuple[Place, ...], torch_python: Path
) -> None:
    wrong = (
        "import builtins\n"
        "own = builtins.compile\n"
        "right = 'dist.all_reduce(values, group=group)\\n        expected'\n"
        "def altered(source, name, *more, **named):\n"
        "    if name == 'between_ranks.py':\n"
        "        assert right in source\n"
        "        source = source.replace(right, right.replace('\\n', '; values[7] += 1\\n'))\n"
        "    return own(source, name, *more, **named)\n"
        "builtins.compile = altered\n"
    )
    version, packages = packages_of(torch_python)
    lay_down(places[1], system_python(version), sites=[str(hosts.shown(Path(packages)))], customize=wrong)
    outcome = all_reduce(places)
    assert outcome.status == "failed"
    assert outcome.why is not None
    assert (outcome.why.args["host"], outcome.why.args["what"]) == ("n2", "all_reduce.float32")
    assert outcome.distance == 1.0


def test_a_rank_that_is_killed_is_named(hosts: SshHosts, places: tuple[Place, ...]) -> None:
    killer = meanwhile(hosts, "n2", lambda pid: os.kill(pid, signal.SIGKILL))
    outcome = all_reduce(places, ENDLESS)
    killer.join()
    assert outcome.status == "failed"
    assert outcome.why is not None
    assert (outcome.why.key, outcome.why.args["host"]) == ("proof.hosts_all_reduce.died", "n2")
    assert wait_until(lambda: not left_running(hosts))


def test_a_rank_that_hangs_is_named(hosts: SshHosts, places: tuple[Place, ...]) -> None:
    stopper = meanwhile(hosts, "n1", lambda pid: os.kill(pid, signal.SIGSTOP))
    outcome = all_reduce(places, ENDLESS, wait=5.0)
    stopper.join()
    assert outcome.status == "failed"
    assert outcome.why is not None
    assert (outcome.why.key, outcome.why.args["host"]) == ("proof.hosts_all_reduce.silent", "n1")
    assert wait_until(lambda: not left_running(hosts))


def test_a_host_that_is_lost_is_named_and_nothing_is_left_on_it(hosts: SshHosts, torch_python: Path) -> None:
    hosts.before("Host *\n ServerAliveInterval 2\n ServerAliveCountMax 3\n ConnectTimeout 10\n")
    try:
        with places_on(hosts) as found:
            version, packages = packages_of(torch_python)
            for place in found:
                lay_down(place, system_python(version), sites=[str(hosts.shown(Path(packages)))])
            cutter = meanwhile(hosts, "n2", lambda _: hosts.link("n2", "down"))
            outcome = all_reduce(found, ENDLESS)
            cutter.join()
    finally:
        hosts.link("n2", "up")
        hosts.before("")
    assert outcome.status == "failed"
    assert outcome.why is not None
    assert (outcome.why.key, outcome.why.args["host"]) == ("proof.hosts_all_reduce.unreached", "n2")
    assert wait_until(lambda: not left_running(hosts), 40)


def test_ctrl_c_ends_all_ranks(hosts: SshHosts, places: tuple[Place, ...]) -> None:
    interrupter = meanwhile(hosts, "n2", lambda _: os.kill(os.getpid(), signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        all_reduce(places, ENDLESS)
    interrupter.join()
    assert wait_until(lambda: not left_running(hosts))


def test_hosts_of_one_machine_add_up_too(torch_python: Path, tmp_path: Path) -> None:
    with loopback_hosts(2) as hosts, places_on(hosts, str(tmp_path)) as places:
        for place in places:
            Path(place.generation(NUMBER)).mkdir(parents=True)
            Path(place.venv(NUMBER)).symlink_to(torch_python.parent.parent)
        outcome = all_reduce(places)
        assert outcome.status == "passed", outcome.evidence
