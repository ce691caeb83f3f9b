"""SshHost with a real sshd on loopback, as whoever runs the tests."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from provenv.errors import Exit, Failure
from provenv.hosts.holder import holder
from provenv.hosts.ssh import SshHost
from provenv.model.channel import Patience
from ssh_hosts import SshHosts, below, loopback_hosts, reached, running, wait_until

SOURCE = str(Path(__file__).parents[2] / "src")


@pytest.fixture(scope="module")
def hosts() -> Iterator[SshHosts]:
    with loopback_hosts(2) as found:
        yield found


@pytest.fixture
def host(hosts: SshHosts) -> Iterator[SshHost]:
    hosts.before("")
    one = SshHost("n1", environment=hosts.environment)
    yield one
    one.close()


@pytest.fixture
def seconds() -> str:
    """Return a number of seconds that no other process sleeps."""
    return f"{1000 + secrets.randbelow(10**9)}.5"


def failing(act: Callable[[], object]) -> Failure:
    with pytest.raises(Failure) as caught:
        act()
    return caught.value


def code_of(act: Callable[[], object]) -> str:
    return failing(act).problems[0].code


def connected(hosts: SshHosts) -> int:
    return hosts.log("n1").count("Accepted publickey")


def test_outputs_and_the_code_come_back(host: SshHost) -> None:
    done = host.exec(["sh", "-c", "echo out; echo err >&2; exit 3"])
    assert (done.code, done.out, done.err, done.timed_out) == (3, "out\n", "err\n", False)


def test_a_255_of_the_command_is_its_own(host: SshHost) -> None:
    assert host.exec(["sh", "-c", "echo Permission denied >&2; exit 255"]).code == 255


def test_death_by_a_signal_is_128_and_its_number(host: SshHost) -> None:
    assert host.exec(["sh", "-c", "kill -9 $$"]).code == 137


def test_lines_come_as_they_are_printed(host: SshHost) -> None:
    out: list[str] = []
    err: list[str] = []
    script = "printf 'one\\ntw'; echo e >&2; printf 'o\\nthree'"
    host.exec(["sh", "-c", script], on_stdout=out.append, on_stderr=err.append)
    assert (out, err) == (["one", "two", "three"], ["e"])


def test_standard_input_is_the_command_s_alone(host: SshHost) -> None:
    content = bytes(range(256)) * 4096
    assert host.exec(["cat"], stdin=content).stdout == content
    assert host.exec(["cat"]).stdout == b""


def test_a_command_that_does_not_read_its_input_ends(host: SshHost) -> None:
    assert host.exec(["true"], stdin=b"x" * 10_000_000).code == 0


def test_environment_and_folder(host: SshHost) -> None:
    given = {"PATH": os.environ["PATH"], "A": "it's\n中文"}
    done = host.exec(["sh", "-c", 'printf "%s|" "$A" "$PWD" "${HOME-none}"'], environment=given, folder="/")
    assert done.out == "it's\n中文|/|none|"


def test_one_connection_is_shared_by_all_calls(hosts: SshHosts, host: SshHost) -> None:
    before = connected(hosts)
    for _ in range(3):
        host.exec(["true"])
    assert connected(hosts) == before + 1


def test_a_shared_connection_that_ended_is_opened_again(hosts: SshHosts, host: SshHost) -> None:
    host.exec(["true"])
    hosts.cut("n1")
    assert wait_until(lambda: not below(hosts.servers["n1"].pid))
    assert wait_until(lambda: host.exec(["true"]).code == 0)


def test_nothing_of_a_host_is_left_when_it_is_closed(hosts: SshHosts) -> None:
    runtime = hosts.folder / secrets.token_hex(2)
    runtime.mkdir()
    one = SshHost("n1", environment={**hosts.environment, "XDG_RUNTIME_DIR": str(runtime)})
    one.exec(["true"])
    (private,) = runtime.iterdir()
    assert private.stat().st_mode & 0o777 == 0o700
    one.close()
    assert list(runtime.iterdir()) == []
    assert wait_until(lambda: not running(str(private)))


def test_the_user_s_own_sharing_is_left_to_it(hosts: SshHosts, host: SshHost) -> None:
    path = hosts.folder / "cm"
    hosts.before(f"Host *\n ControlMaster auto\n ControlPath {path}\n ControlPersist 60\n")
    assert host.exec(["true"]).code == 0
    assert path.exists()
    subprocess.run(
        ["ssh", "-O", "exit", "n1"], env=hosts.environment, capture_output=True, check=True, timeout=60
    )


def test_the_user_s_forwardings_and_commands_do_not_disturb(hosts: SshHosts, host: SshHost) -> None:
    hosts.before(
        "Host *\n LogLevel QUIET\n RemoteCommand echo no\n RequestTTY force\n"
        f" LocalForward {hosts.addresses['n1'][1]} 127.0.0.1:1\n ExitOnForwardFailure yes\n"
    )
    done = host.exec(["echo", "yes"])
    assert (done.code, done.out, done.err) == (0, "yes\n", "")


def test_what_a_login_prints_by_itself_is_no_output(hosts: SshHosts) -> None:
    with loopback_hosts(
        1, options='ForceCommand echo noise; echo more >&2; eval "$SSH_ORIGINAL_COMMAND"'
    ) as noisy:
        one = SshHost("n1", environment=noisy.environment)
        lines: list[str] = []
        done = one.exec(["echo", "yes"], on_stdout=lines.append)
        one.close()
    assert (done.out, done.err, lines) == ("yes\n", "", ["yes"])


def test_a_jump_host_is_gone_through(hosts: SshHosts, host: SshHost) -> None:
    before = hosts.log("n2").count("Accepted publickey")
    hosts.before("Host n1\n ProxyJump n2\n")
    assert host.exec(["true"]).code == 0
    assert hosts.log("n2").count("Accepted publickey") == before + 1


def test_a_jump_host_that_fails_is_named_with_its_reason(hosts: SshHosts, host: SshHost) -> None:
    hosts.before("Host n1\n ProxyJump gate\nHost gate\n HostName 127.0.0.1\n Port 1\n")
    (problem,) = failing(lambda: host.exec(["true"])).problems
    assert (problem.code, problem.what.args) == ("PV1279", {"host": "n1", "jump": "gate"})
    assert problem.why is not None
    assert "connect to host 127.0.0.1 port 1: Connection refused" in str(problem.why.args["text"])
    assert problem.hints[0].command == "ssh gate true"


def test_no_way_behind_the_jump_host(hosts: SshHosts, host: SshHost) -> None:
    hosts.before("Host n1\n ProxyJump n2\n Port 1\n")
    (problem,) = failing(lambda: host.exec(["true"])).problems
    assert problem.code == "PV1279"
    assert problem.why is not None
    assert "open failed: connect failed: Connection refused" in str(problem.why.args["text"])


def test_a_host_key_that_changed_is_refused(hosts: SshHosts, host: SshHost) -> None:
    good = hosts.known.read_text()
    one, other = ((hosts.folder / f"{name}.key.pub").read_text().split()[1] for name in hosts.names)
    try:
        hosts.known.write_text(good.replace(one, other))
        (problem,) = failing(lambda: host.exec(["true"])).problems
    finally:
        hosts.known.write_text(good)
    assert problem.code == "PV1275"
    assert problem.where is not None
    assert (problem.where.file, problem.where.line) == (str(hosts.known), 1)
    assert problem.hints[1].command == (
        f"ssh-keygen -f {hosts.known} -R '[127.0.0.1]:{hosts.addresses['n1'][1]}'"
    )


def test_a_host_key_that_is_unknown_is_refused(hosts: SshHosts, host: SshHost) -> None:
    good = hosts.known.read_text()
    try:
        hosts.known.write_text("")
        assert code_of(lambda: host.exec(["true"])) == "PV1276"
    finally:
        hosts.known.write_text(good)


def test_refused_denied_and_a_key_that_others_may_read(hosts: SshHosts, host: SshHost) -> None:
    hosts.before("Host *\n Port 1\n")
    assert code_of(lambda: host.exec(["true"])) == "PV1272"
    host.close()
    hosts.before("")
    other = SshHost("nosuchuser@n1", environment=hosts.environment)
    failure = failing(lambda: other.exec(["true"]))
    other.close()
    assert (failure.problems[0].code, failure.exit_code) == ("PV1277", Exit.DENIED)
    key = hosts.folder / "user.key"
    try:
        key.chmod(0o644)
        third = SshHost("n1", environment=hosts.environment)
        assert code_of(lambda: third.exec(["true"])) == "PV1278"
        third.close()
    finally:
        key.chmod(0o600)


def test_a_configuration_that_ssh_cannot_read(hosts: SshHosts, host: SshHost) -> None:
    hosts.before("Nonsense yes\n")
    (problem,) = failing(lambda: host.exec(["true"])).problems
    assert problem.code == "PV1285"
    assert problem.where is not None
    assert (problem.where.file, problem.where.line) == (str(hosts.folder / "before"), 1)


def test_a_login_without_a_shell(hosts: SshHosts) -> None:
    with loopback_hosts(1, options="ForceCommand echo not available; exit 1") as without:
        one = SshHost("n1", environment=without.environment)
        assert code_of(lambda: one.exec(["true"])) == "PV1282"
        one.close()


def test_ssh_that_is_not_installed() -> None:
    assert code_of(lambda: SshHost("n1", environment={"PATH": "/nowhere"}).exec(["true"])) == "PV1270"


def test_an_address_is_never_an_option(hosts: SshHosts, tmp_path: Path) -> None:
    one = SshHost(f"-oProxyCommand=touch {tmp_path / 'made'}", environment=hosts.environment)
    failing(lambda: one.exec(["true"]))
    one.close()
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_run_there(host: SshHost, tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("")
    assert code_of(lambda: host.exec(["no-such-program-anywhere"])) == "PV801"
    failure = failing(lambda: host.exec([str(tmp_path / "plain")]))
    assert (failure.problems[0].code, failure.exit_code) == ("PV802", Exit.DENIED)
    assert code_of(lambda: host.exec(["true"], folder=str(tmp_path / "none"))) == "PV803"
    assert code_of(lambda: host.exec([])) == "PV804"
    assert code_of(lambda: host.exec(["a\0b"])) == "PV804"


@pytest.mark.parametrize("stubborn", ["", "trap '' TERM; "], ids=["polite", "stubborn"])
def test_a_limit_ends_all_of_it(host: SshHost, seconds: str, stubborn: str) -> None:
    left = f"{stubborn}sleep {seconds} & setsid sh -c '{stubborn}sleep {seconds}; true' & echo on; wait"
    reached(host)
    done = host.exec(["sh", "-c", left], limit=2.0)
    assert (done.timed_out, done.out) == (True, "on\n")
    assert done.code in (137, 143)
    assert running(f"sleep {seconds}") == []


def test_the_total_of_a_patience_is_a_limit(host: SshHost, seconds: str) -> None:
    reached(host)
    assert host.exec(["sleep", seconds], patience=Patience(60, total=2.0)).timed_out
    assert running(f"sleep {seconds}") == []


def test_an_error_in_a_callback_ends_it(host: SshHost, seconds: str) -> None:
    def tell(line: str) -> None:
        raise RuntimeError(line)

    with pytest.raises(RuntimeError, match="on"):
        host.exec(["sh", "-c", f"echo on; sleep {seconds}"], on_stdout=tell)
    assert running(f"sleep {seconds}") == []


def test_a_background_child_that_holds_the_output_does_not_hold_the_call(host: SshHost, seconds: str) -> None:
    done = host.exec(["sh", "-c", f"sleep {seconds} & echo $!"])
    assert done.code == 0
    assert running(f"sleep {seconds}") == [int(done.out)]
    os.kill(int(done.out), signal.SIGKILL)


def test_a_command_that_ends_its_own_group_is_seen_to_end(host: SshHost, seconds: str) -> None:
    done = host.exec(["sh", "-c", f"sleep {seconds} & kill 0; wait"])
    assert done.code == 143
    assert running(f"sleep {seconds}") == []


def test_begin_runs_beside_and_end_ends(host: SshHost, seconds: str) -> None:
    children = [host.begin(["sleep", seconds]), host.begin(["echo", "beside"])]
    assert children[1].complete(None, None, None).out == "beside\n"
    assert wait_until(lambda: bool(running(f"sleep {seconds}")))
    children[0].end()
    assert running(f"sleep {seconds}") == []


PARENT = """
import os, sys
from provenv.hosts.holder import holder
from provenv.hosts.ssh import SshHost
host = SshHost("n1", environment=dict(os.environ))
try:
    host.exec(["sh", "-c", f"echo on; sleep {sys.argv[1]}"], on_stdout=lambda line: print(line, flush=True))
except KeyboardInterrupt:
    host.close()
    sys.exit(130)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["ctrl-c", "killed"])
def test_nothing_is_left_when_the_caller_is_ended(
    hosts: SshHosts, seconds: str, number: signal.Signals, tmp_path: Path
) -> None:
    environment = {**hosts.environment, "PYTHONPATH": SOURCE, "XDG_RUNTIME_DIR": str(hosts.folder)}
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, seconds], stdout=subprocess.PIPE, env=environment
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"on\n"
        assert running(f"sleep {seconds}")
        parent.send_signal(number)
        assert parent.wait(60) == (130 if number == signal.SIGINT else -number)
    if number == signal.SIGKILL:
        # nobody takes what the command's watch says any more
        assert wait_until(lambda: not running(f"sleep {seconds}"))
        # the shared connection ends by itself a minute later
        for pid in running(f"-S {hosts.folder}"):
            os.kill(pid, signal.SIGKILL)
    assert running(f"sleep {seconds}") == []


def test_what_a_killed_caller_left_is_removed_by_the_next(
    hosts: SshHosts, seconds: str, tmp_path: Path
) -> None:
    above = hosts.folder / secrets.token_hex(2)  # a socket's path has to be short
    # one that may be in the making, a living process's, a link to one of a process that is gone
    (above / "provenv-new").mkdir(parents=True)
    (above / "provenv-held").mkdir()
    (above / "provenv-held" / "owner").write_text(holder())
    (tmp_path / "owner").write_text(holder().rpartition("/")[0] + "/1")
    (above / "provenv-link").symlink_to(tmp_path)
    kept = {one.name for one in above.iterdir()}
    environment = {**hosts.environment, "PYTHONPATH": SOURCE, "XDG_RUNTIME_DIR": str(above)}
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, seconds], stdout=subprocess.PIPE, env=environment
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"on\n"
        one = SshHost("n1", environment=environment)
        assert one.exec(["true"]).code == 0
        assert len(list(above.iterdir())) == len(kept) + 2
        one.close()
        parent.kill()
    assert len(list(above.iterdir())) == len(kept) + 1
    again = [sys.executable, "-c", PARENT.replace("sleep {sys.argv[1]}", "true") + "host.close()"]
    subprocess.run(again, env=environment, check=True, stdout=subprocess.DEVNULL)
    assert {one.name for one in above.iterdir()} == kept
    assert (tmp_path / "owner").exists()
    for pid in running(f"-S {above}"):
        os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: not running(f"sleep {seconds}"))


def test_a_connection_that_is_lost_is_a_failure_and_leaves_nothing(
    hosts: SshHosts, host: SshHost, seconds: str
) -> None:
    def cut(line: str) -> None:
        hosts.cut("n1")

    failure = failing(lambda: host.exec(["sh", "-c", f"echo on; sleep {seconds}"], on_stdout=cut))
    (problem,) = failure.problems
    assert (problem.code, problem.what.args) == ("PV1281", {"host": "n1", "program": "sh"})
    assert wait_until(lambda: not running(f"sleep {seconds}"))
