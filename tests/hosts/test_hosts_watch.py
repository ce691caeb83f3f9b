"""Progress is what counts: bytes that come, bytes that are written, processor time, words; not time alone."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from provenv.errors import Failure
from provenv.hosts.local import LocalHost
from provenv.hosts.patience import patience_of
from provenv.hosts.traffic import Traffic, traffic
from provenv.hosts.watch import Watch
from provenv.model.channel import Patience

PEER = "192.0.2.1:443"


def looks(*seen, stall=10.0, every=2.0):
    """Return what a watch tells after each look, `every` seconds apart."""
    values = iter(seen)
    watch = Watch(Patience(stall, 256.0), 1, look=lambda session: next(values))
    return [watch.stalled(number * every) for number in range(len(seen))]


def test_a_drip_is_no_progress_and_its_evidence_is_kept():
    found = looks(*(Traffic({7: (PEER, 2 * number)}) for number in range(7)))
    assert found[:5] == [None] * 5
    assert (found[5].seconds, found[5].received, found[5].peers) == (10.0, 10, (PEER,))


@pytest.mark.parametrize(
    "step",
    [
        lambda n: Traffic({7: (PEER, 600 * n)}),
        lambda n: Traffic({7: (PEER, 9)}, moved=600 * n),
        lambda n: Traffic({}, seconds=0.5 * n),
        lambda n: Traffic({}, others=600 * n),
        # each connection is closed before the next look
        lambda n: Traffic({n: (PEER, 600)}),
    ],
    ids=["received", "written", "computed", "the whole machine's", "many small answers"],
)
def test_a_slow_line_that_works_is_never_cut(step):
    assert looks(*map(step, range(40))) == [None] * 40


def test_a_machine_that_slept_begins_anew():
    values = iter([Traffic({7: (PEER, 5)})] * 4)
    watch = Watch(Patience(10.0, 256.0), 1, look=lambda session: next(values))
    assert [watch.stalled(now) for now in (0.0, 1.0, 9000.0, 9001.0)] == [None] * 4


def test_words_are_progress():
    values = iter([Traffic()] * 9)
    watch = Watch(Patience(10.0, 256.0), 1, look=lambda session: next(values))
    assert [watch.stalled(now) for now in (0.0, 4.0, 8.0)] == [None] * 3
    watch.spoke()
    assert watch.stalled(12.0) is None


def test_a_system_that_tells_nothing_hurries_nobody():
    watch = Watch(Patience(1.0), 1, look=lambda session: None)
    assert watch.stalled(0.0) is None
    assert watch.step == float("inf")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what a connection received")
def test_the_kernel_tells_what_each_connection_received():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        words = f"import socket; c = socket.create_connection(('127.0.0.1', {port})); c.recv(9); input()"
        child = subprocess.Popen([sys.executable, "-c", words], stdin=subprocess.PIPE, start_new_session=True)
        connection, _ = server.accept()
        with connection:
            connection.sendall(b"x" * 12_345)
            # what the kernel has acknowledged is what it has counted
            while (found := traffic(child.pid)) and sum(n for _, n in found.connections.values()) < 12_345:
                pass
        assert found is not None
        assert found.others >= 0 or found.connections
        child.communicate(b"\n")
    assert traffic(child.pid) is None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what a connection received")
def test_a_command_that_stands_still_is_ended_and_its_peer_named():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        words = f"import socket; socket.create_connection(('127.0.0.1', {port})).recv(1)"
        done = LocalHost().exec([sys.executable, "-c", words], patience=Patience(1.0))
    assert done.timed_out
    assert done.stalled is not None
    assert done.stalled.peers in ((f"127.0.0.1:{port}",), ())


def test_a_command_that_computes_goes_on():
    words = (
        "import time\nend = time.process_time() + 1.0\nwhile time.process_time() < end: pass\nprint('done')"
    )
    done = LocalHost().exec([sys.executable, "-c", words], patience=Patience(0.5))
    assert (done.code, done.out.strip(), done.stalled) == (0, "done", None)


@pytest.mark.parametrize(
    ("values", "timeout", "stall", "total"),
    [
        ({}, None, 120.0, None),
        ({"UV_HTTP_TIMEOUT": "300"}, None, 600.0, None),
        ({"UV_HTTP_TIMEOUT": "many"}, 15.0, 120.0, None),
        ({}, 100.0, 200.0, None),
        ({"PROVENV_NETWORK_STALL": "5", "PROVENV_NETWORK_LIMIT": "9.5"}, 100.0, 5.0, 9.5),
        ({"PROVENV_NETWORK_STALL": "0", "PROVENV_NETWORK_LIMIT": "0"}, None, float("inf"), None),
    ],
)
def test_where_patience_comes_from(values, timeout, stall, total):
    assert patience_of(values, timeout) == Patience(stall, 256.0, total)


@pytest.mark.parametrize("value", ["soon", "-1", "inf", "nan"])
def test_what_is_no_number_of_seconds_is_refused(value):
    with pytest.raises(Failure) as raised:
        patience_of({"PROVENV_NETWORK_LIMIT": value})
    assert [one.code for one in raised.value.problems] == ["PV808"]
