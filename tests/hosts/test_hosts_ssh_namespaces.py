"""SshHost with hosts that have a network and a user of their own: links that go down, hosts that hang."""

from __future__ import annotations

import secrets
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from provenv.errors import Exit, Failure
from provenv.hosts.ssh import SshHost
from provenv.hosts.ssh_channel import SILENCE
from ssh_hosts import SshHosts, namespace_hosts, reached, running, wait_until

pytestmark = pytest.mark.root
QUICK = "Host *\n ServerAliveInterval 1\n ServerAliveCountMax 3\n ConnectTimeout 5\n"


@pytest.fixture(scope="module")
def hosts() -> Iterator[SshHosts]:
    with namespace_hosts(2) as found:
        found.before(QUICK)
        yield found


@pytest.fixture
def host(hosts: SshHosts) -> Iterator[SshHost]:
    one = SshHost("n1", environment=hosts.environment)
    yield one
    one.close()


@pytest.fixture
def seconds() -> str:
    return f"{1000 + secrets.randbelow(10**9)}.5"


def failing(act: Callable[[], object]) -> Failure:
    with pytest.raises(Failure) as caught:
        act()
    return caught.value


def test_each_host_is_another_machine_and_user(hosts: SshHosts) -> None:
    said = []
    for name in hosts.names:
        host = SshHost(name, environment=hosts.environment)
        said.append(host.exec(["sh", "-c", "hostname; id -un; pwd"]).out.split())
        host.close()
    assert said == [[name, "trainer", str(hosts.homes[name])] for name in hosts.names]


def test_a_full_disk_is_told_and_leaves_nothing(host: SshHost) -> None:
    failure = failing(lambda: host.put(b"x" * 2_000_000, "~/small/file"))
    assert failure.problems[0].code == "PV1283"
    assert failure.problems[0].hints[0].command == "ssh n1 df -h"
    assert host.exec(["ls", "-A", "small"]).out == ""


def test_what_the_user_there_may_not_do(host: SshHost) -> None:
    for act in (
        lambda: host.put(b"x", "/etc/provenv/file"),
        lambda: host.get("/proc/1/mem"),
    ):
        failure = failing(act)
        assert (failure.problems[0].code, failure.exit_code) == ("PV1284", Exit.DENIED)


def test_a_link_that_goes_down_is_a_failure_and_nothing_is_left_when_it_is_up_again(
    hosts: SshHosts, host: SshHost, seconds: str
) -> None:
    def down(line: str) -> None:
        hosts.link("n1", "down")

    try:
        failure = failing(lambda: host.exec(["sh", "-c", f"echo on; sleep {seconds}"], on_stdout=down))
        (problem,) = failure.problems
        assert problem.code == "PV1281"
        assert problem.why is not None
        assert "not responding" in str(problem.why.args["text"])
        assert running(f"sleep {seconds}")
        # the other host is none of its business
        other = SshHost("n2", environment=hosts.environment)
        assert other.exec(["true"]).code == 0
        other.close()
        assert failing(lambda: host.exec(["true"])).problems[0].code in ("PV1273", "PV1274")
    finally:
        hosts.link("n1", "up")
    assert wait_until(lambda: not running(f"sleep {seconds}"), 60)
    assert wait_until(lambda: _answers(host), 60)


def _answers(host: SshHost) -> bool:
    try:
        return host.exec(["true"]).code == 0
    except Failure:
        return False


def test_a_host_that_hangs_holds_nobody_longer_than_the_limit(
    hosts: SshHosts, host: SshHost, seconds: str
) -> None:
    stopping = threading.Event()
    reached(host)

    def stop(line: str) -> None:
        hosts.signal("n1", signal.SIGSTOP)
        stopping.set()

    try:
        done = host.exec(["sh", "-c", f"echo on; sleep {seconds}"], limit=2.0, on_stdout=stop)
        assert (done.timed_out, done.out, stopping.is_set()) == (True, "on\n", True)
        other = SshHost("n1", environment=hosts.environment)
        (problem,) = failing(lambda: other.exec(["true"], limit=1.0)).problems
        assert (problem.code, problem.what.args["host"]) == ("PV1287", "n1")
        # what was left of it for the connection, on a busy machine
        assert 0 < problem.what.args["seconds"] <= 1.0
        # without a limit it is ssh's own that holds
        assert failing(lambda: other.exec(["true"])).problems[0].code == "PV1273"
        other.close()
    finally:
        hosts.signal("n1", signal.SIGCONT)
    assert wait_until(lambda: not running(f"sleep {seconds}"), 60)


def test_a_host_that_hangs_since_a_while_is_not_asked_at_the_limit(
    hosts: SshHosts, seconds: str, tmp_path: Path
) -> None:
    calls, ssh = tmp_path / "calls", tmp_path / "ssh"
    ssh.write_text(f'#!/bin/sh\necho "$@" >> {calls}\nexec {hosts.folder}/bin/ssh "$@"\n')
    ssh.chmod(0o755)
    hosts.before("")  # ssh itself would notice in a few seconds
    one = SshHost("n1", environment={**hosts.environment, "PROVENV_SSH": str(ssh)})
    try:
        reached(one)
        assert one.exec(["sleep", seconds], limit=2.0).timed_out
        assert "kill -USR1" in calls.read_text()
        assert not running(f"sleep {seconds}")
        calls.write_text("")
        began = ["sh", "-c", f"echo on; sleep {seconds}"]
        done = one.exec(began, limit=SILENCE + 1, on_stdout=lambda line: hosts.signal("n1", signal.SIGSTOP))
        assert done.timed_out
        assert "kill -USR1" not in calls.read_text()
    finally:
        hosts.signal("n1", signal.SIGCONT)
        hosts.before(QUICK)
        one.close()
    assert wait_until(lambda: not running(f"sleep {seconds}"), 60)


def test_a_host_key_that_changed_is_refused(hosts: SshHosts) -> None:
    good = hosts.known.read_text()
    one, other = ((hosts.folder / f"{name}.key.pub").read_text().split()[1] for name in hosts.names)
    host = SshHost("n1", environment=hosts.environment)
    try:
        hosts.known.write_text(good.replace(one, other))
        (problem,) = failing(lambda: host.exec(["true"])).problems
    finally:
        hosts.known.write_text(good)
        host.close()
    assert problem.code == "PV1275"
    assert problem.hints[1].command == f"ssh-keygen -f {hosts.known} -R 10.77.0.11"


@pytest.mark.parametrize("shell", ["/usr/bin/fish", "/bin/tcsh", "/usr/bin/zsh", "/bin/bash"])
def test_any_login_shell_will_do(shell: str, tmp_path: Path) -> None:
    if not Path(shell).exists():
        pytest.skip(f"{shell} is not installed")
    words = ["a b", "中文", "'", '"', "\\", "!!", "$HOME", "\n", ""]
    with namespace_hosts(1, shell=shell) as hosts:
        host = SshHost("n1", environment=hosts.environment)
        given = {"PATH": "/usr/bin:/bin", "TOKEN": "it's\n!!"}
        done = host.exec(["sh", "-c", 'printf "%s|" "$TOKEN" "$@"', "sh", *words], environment=given)
        assert done.out == "|".join([given["TOKEN"], *words, ""])
        host.put(b"content", "~/file")
        assert host.get("~/file") == b"content"
        done = host.exec(["sleep", "100"], limit=2.0)
        assert done.timed_out
        host.close()


def test_nothing_of_the_machine_is_changed() -> None:
    """The fixture's own promise: accounts, names and interfaces are as they were."""

    def seen() -> tuple[object, ...]:
        shown = subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True).stdout
        files = ("/etc/passwd", "/etc/group", "/etc/hosts", "/etc/shadow")
        kept = [line.split(":")[1] for line in shown.splitlines()]
        return kept, [Path(one).read_bytes() for one in files], Path("/run/sshd").exists()

    before = seen()
    with namespace_hosts(1):
        assert seen() == before
    assert seen() == before
