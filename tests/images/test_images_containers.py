"""Containers that are entered: commands and files inside, limits, what ends with them, what a kill leaves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from loading import load
from provenv import facts, proof
from provenv.engines import containers
from provenv.engines.containers import ContainerHost, sweep
from provenv.engines.running import HOLDER
from provenv.errors import Failure
from provenv.hosts.holder import holder, is_left
from provenv.model.engine import Starting
from provenv.model.evidence import Check
from provenv.model.image import Limits, Volume
from provenv.model.progress import Silent

pytestmark = [pytest.mark.root, pytest.mark.slow]

world = load("engines_world", Path(__file__).with_name("engines_world.py"))


@pytest.fixture(scope="module", params=["new", "old", "podman"])
def found(request: pytest.FixtureRequest) -> Any:
    """Return each engine in turn."""
    return world.found(request.param, request)


def starting(found: Any, **more: Any) -> Starting:
    """Return a container of the base that every engine here can start: there is no bridge."""
    return Starting(found.base, network="host", **more)


@pytest.fixture(scope="module")
def inside(found: Any) -> Any:
    """Return one container for the tests that leave nothing behind: a plain user's, read-only."""
    given = starting(
        found,
        user="1000",
        read_only=True,
        environment={"FROM_START": "two\nlines", "PATH": "/usr/bin:/bin"},
        limits=Limits(shm=24 << 20, memory=512 << 20, cpus=1.5),
    )
    with containers.started(found.engine, given) as host:
        yield host


def code_of(caught: Any) -> str:
    """Return the code of a failure's first problem."""
    return str(caught.value.problems[0].code)


def test_a_command_has_its_input_its_output_and_its_code(inside: ContainerHost) -> None:
    done = inside.exec(["sh", "-c", "cat; echo aside >&2; exit 7"], stdin=b"a\0b" * 50_000)
    assert (done.code, done.stdout, done.stderr) == (7, b"a\0b" * 50_000, b"aside\n")


@pytest.mark.parametrize("size", [1, 1_000_000])
def test_what_a_command_prints_comes_also_where_it_reads_none_of_its_input(
    inside: ContainerHost, size: int
) -> None:
    # podman lost the output of about every third such command
    for _ in range(10):
        done = inside.exec(["sh", "-c", "echo out; echo err >&2; exit 7"], stdin=b"x" * size)
        assert (done.code, done.stdout, done.stderr) == (7, b"out\n", b"err\n")


def test_a_program_that_is_not_there_is_said_also_to_who_sends_it_input(inside: ContainerHost) -> None:
    for _ in range(5):
        with pytest.raises(Failure) as caught:
            inside.exec(["no-such-program"], stdin=b"x")
        assert code_of(caught) == "PV801"


def test_lines_are_told_as_they_come_and_the_mark_is_not_one(inside: ContainerHost) -> None:
    heard: list[tuple[str, str]] = []
    inside.exec(
        ["sh", "-c", "echo one; echo two >&2"],
        on_stdout=lambda line: heard.append(("out", line)),
        on_stderr=lambda line: heard.append(("err", line)),
    )
    assert sorted(heard) == [("err", "two"), ("out", "one")]


def test_variables_come_inside_whole_and_stand_on_no_command_line(inside: ContainerHost) -> None:
    odd = 'it\'s "$HOME" `x`\nsecond line '
    given = {"ODD": odd, "PATH": "/bin", "HOME": "/tmp", "DOCKER_HOST": "elsewhere"}
    shown = "import os, json; print(json.dumps(dict(os.environ)))"
    done = inside.exec(["/usr/bin/python3", "-c", shown], environment=given)
    seen = json.loads(done.out)
    assert {name: seen[name] for name in given} == given
    assert seen["FROM_START"] == "two\nlines"
    assert odd not in " ".join(done.argv)


def test_it_is_the_user_that_was_asked_in_the_folder_that_was_asked(inside: ContainerHost) -> None:
    done = inside.exec(["sh", "-c", "id -u; pwd; touch /x"], folder="/usr/lib")
    assert done.out.split() == ["1000", "/usr/lib"]
    assert "Read-only" in done.err


def test_limits_are_those_of_the_container(inside: ContainerHost) -> None:
    assert "24576" in inside.exec(["df", "-k", "/dev/shm"]).out
    memory = inside.exec(
        ["sh", "-c", "cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes"]
    )
    assert str(512 << 20) in memory.out.split()


@pytest.mark.parametrize(
    ("argv", "folder", "code"),
    [
        (["no-such-program"], None, "PV801"),
        (["/no/such/program"], None, "PV801"),
        (["/etc/passwd"], None, "PV802"),
        (["true"], "/no/such/folder", "PV803"),
    ],
)
def test_what_cannot_be_run_is_a_failure_as_on_any_host(
    inside: ContainerHost, argv: list[str], folder: str | None, code: str
) -> None:
    with pytest.raises(Failure) as caught:
        inside.exec(argv, folder=folder)
    assert code_of(caught) == code


@pytest.mark.parametrize("late", [0.05, 1.5], ids=["before it began", "while it runs"])
def test_a_command_whose_time_is_over_ends_inside_with_all_that_it_started(
    inside: ContainerHost, late: float
) -> None:
    seconds = str(1000 + int.from_bytes(os.urandom(3), "big"))
    script = f"trap '' TERM; setsid sleep {seconds} & env -i sleep {seconds} & sleep {seconds}"
    done = inside.exec(["sh", "-c", script], limit=late)
    assert done.timed_out
    assert done.code < 0
    assert not world.runs(f"sleep {seconds}")


def test_an_error_in_a_callback_ends_the_command_inside(inside: ContainerHost) -> None:
    seconds = str(1000 + int.from_bytes(os.urandom(3), "big"))

    def stop(line: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        inside.exec(["sh", "-c", f"echo begun; exec sleep {seconds}"], on_stdout=stop)
    assert not world.runs(f"sleep {seconds}")


def test_a_file_is_put_whole_with_its_mode_and_got_again(inside: ContainerHost) -> None:
    content = bytes(range(256)) * 4000
    inside.put(content, "/tmp/deep/folder/file", mode=0o640)
    assert inside.get("/tmp/deep/folder/file") == content
    assert inside.exec(["stat", "-c", "%a", "/tmp/deep/folder/file"]).out.strip() == "640"
    assert inside.exec(["ls", "-A", "/tmp/deep/folder"]).out.split() == ["file"]
    inside.put(b"", "/tmp/deep/folder/file")
    assert inside.get("/tmp/deep/folder/file") == b""


def test_a_file_that_is_missing_or_may_not_be_written_is_said(inside: ContainerHost) -> None:
    with pytest.raises(FileNotFoundError):
        inside.get("/tmp/nothing")
    with pytest.raises(Failure) as caught:
        inside.put(b"x", "/etc/x")
    assert code_of(caught) == "PV805"
    with pytest.raises(Failure) as caught:
        inside.get("/etc/shadow")
    assert code_of(caught) == "PV806"


def test_the_probe_reads_the_facts_of_the_image_not_of_this_machine(inside: ContainerHost) -> None:
    read = facts.gather(inside, "python3", project="/", cache="/tmp", temporary="/tmp")
    assert read.platform.distribution == "debian"
    assert any(one.path == "/usr/bin/python3" for one in read.pythons)


def test_checks_run_inside_as_a_plain_user_without_a_place_to_write(inside: ContainerHost) -> None:
    def own(name: str, command: str, limit: float = 60.0) -> Check:
        return Check(f"command.{name}", "command.py", limit, {"command": command}, "command")

    checks = (
        own("good", "test $(id -u) = 1000 && python3 -c 'import json'"),
        own("bad", "echo because >&2; exit 3"),
        own("endless", "sleep 1000", limit=1.0),
    )
    told = proof.run(inside, "/usr/bin/python3", checks, environment={}, folder="/", progress=Silent())
    assert [one.status for one in told] == ["passed", "failed", "failed"]


def test_a_container_is_removed_when_its_block_ends_however_it_ends(found: Any) -> None:
    name = ""

    def work() -> None:
        nonlocal name
        with containers.started(found.engine, starting(found)) as host:
            name = host.container
            assert name in found.containers()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert name not in found.containers()


def test_a_folder_of_this_machine_is_seen_inside(found: Any, tmp_path: Path) -> None:
    odd = tmp_path / "with, comma: and space"
    odd.mkdir()
    (odd / "file").write_text("seen")
    volumes = (Volume(str(odd), "/data"), Volume(str(odd), "/kept", read_only=True))
    with containers.started(found.engine, starting(found, mounts=volumes)) as host:
        assert host.get("/data/file") == b"seen"
        assert host.exec(["touch", "/data/new"]).code == 0
        assert host.exec(["touch", "/kept/new"]).code != 0
    assert (odd / "new").is_file()


def test_an_image_that_is_not_there_is_said_and_nothing_is_fetched(found: Any) -> None:
    gone = Starting("sha256:" + "0" * 64, network="host")
    with pytest.raises(Failure) as caught, containers.started(found.engine, gone):
        pass
    assert code_of(caught) == "PV1071"


def test_a_container_that_ended_takes_no_commands(found: Any) -> None:
    def work() -> None:
        with containers.started(found.engine, starting(found, command=("sleep", "0"))) as host:
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline:
                host.exec(["true"])

    with pytest.raises(Failure) as caught:
        work()
    assert code_of(caught) == "PV1072"


LEFT = """
import os, sys
from provenv.cli.endings import ending, listen
from provenv.engines import containers
from provenv.engines.find import find
from provenv.hosts.local import LocalHost
from provenv.model.engine import Starting
from provenv.ui.view import view
listen()
def work():
    engine = find(LocalHost(), sys.argv[1], dict(os.environ))
    with containers.started(engine, Starting(sys.argv[2], network="host")) as host:
        print(host.container, flush=True)
        host.exec(["sleep", "1000"])
    return 0
made = view(command="up")
sys.exit(ending(work, lambda: made, []))
"""


def keeper(found: Any, repository: Path) -> tuple[subprocess.Popen[str], str]:
    """Start a process that keeps a container; return it and the container's name."""
    process = subprocess.Popen(
        [sys.executable, "-c", LEFT, found.engine.client.kind, found.base],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**found.environment, "PYTHONPATH": str(repository / "src")},
        start_new_session=True,
    )
    assert process.stdout is not None
    name = process.stdout.readline().strip()
    assert name, process.communicate(timeout=60)[1]
    return process, name


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_takes_the_container_along(found: Any, number: signal.Signals, repository: Path) -> None:
    process, name = keeper(found, repository)
    process.send_signal(number)
    _, said = process.communicate(timeout=90)
    assert process.returncode == 128 + number, said
    assert "Traceback" not in said
    assert name not in found.containers()


def test_what_a_kill_leaves_is_swept_and_what_is_in_use_is_not(found: Any, repository: Path) -> None:
    process, name = keeper(found, repository)
    sweep(found.engine)
    assert name in found.containers()
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    assert name in found.containers()
    assert sweep(found.engine) >= 1
    assert name not in found.containers()


def test_a_label_names_a_process_for_as_long_as_it_lives() -> None:
    mine = holder()
    assert not is_left(mine)
    machine, boot, space, number, began = mine.split("/")
    assert is_left("/".join((machine, boot, space, number, "1")))
    assert is_left("/".join((machine, "another-boot", space, number, began)))
    assert not is_left("/".join(("another-machine", boot, space, number, "1")))
    assert not is_left("/".join((machine, boot, "another-namespace", number, "1")))
    assert not is_left("no label of ours")
    child = subprocess.Popen(["true"])
    theirs = holder(child.pid)
    child.wait()
    assert is_left(theirs)
    assert HOLDER.startswith("dev.provenv.")
