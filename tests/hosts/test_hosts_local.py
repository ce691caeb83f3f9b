"""LocalHost with real processes and real files."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from provenv.errors import Exit, Failure
from provenv.hosts.local import LocalHost

HOST = LocalHost()
PYTHON = sys.executable
posix = pytest.mark.skipif(os.name == "nt", reason="POSIX signals and shells")


def python(code: str, **options: object):
    return HOST.exec([PYTHON, "-I", "-S", "-c", code], **options)  # type: ignore[arg-type]


def alive(pid: int) -> bool:
    """Tell whether a process runs; one that ended and waits to be collected does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_output_code_and_argv_come_back() -> None:
    done = python("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)")
    assert (done.code, done.out, done.err, done.timed_out) == (3, "out\n", "err\n", False)
    assert done.argv[0] == PYTHON
    assert done.seconds > 0


def test_large_input_and_output_on_both_streams_do_not_block() -> None:
    content = os.urandom(1 << 20) * 8
    echo = "import sys; d = sys.stdin.buffer.read(); sys.stderr.buffer.write(d); sys.stdout.buffer.write(d)"
    done = python(echo, stdin=content)
    assert done.stdout == content
    assert done.stderr == content


def test_a_command_that_does_not_read_its_input_ends_as_it_wants() -> None:
    assert python("import os; os.close(0)", stdin=b"x" * (1 << 22)).code == 0


def test_without_input_the_command_reads_nothing() -> None:
    assert python("import sys; print(repr(sys.stdin.read()))").out == "''\n"


def test_lines_are_told_while_the_command_runs(tmp_path: Path) -> None:
    """The command waits for a file that only the callback of its first line writes."""
    flag = tmp_path / "flag"
    code = (
        "import os, sys, time\n"
        "print('first', flush=True)\n"
        f"while not os.path.exists({str(flag)!r}): time.sleep(0.01)\n"
        "sys.stdout.write('second\\r\\nlast without newline')\n"
    )
    told: list[str] = []

    def tell(line: str) -> None:
        told.append(line)
        flag.touch()

    assert python(code, on_stdout=tell, limit=60).code == 0
    assert told == ["first", "second", "last without newline"]


def test_callbacks_run_in_the_callers_thread_and_their_errors_arrive() -> None:
    threads = set()
    python("print(1); print(2)", on_stdout=lambda line: threads.add(threading.get_ident()))
    assert threads == {threading.get_ident()}
    with pytest.raises(ZeroDivisionError):
        python("print(1)", on_stdout=lambda line: 1 // 0)


def test_undecodable_output_is_kept_as_bytes_and_told_as_text() -> None:
    lines: list[str] = []
    done = python("import sys; sys.stdout.buffer.write(b'\\xff\\n')", on_stdout=lines.append)
    assert done.stdout == b"\xff\n"
    assert lines == ["�"]


def test_environment_replaces_and_folder_is_entered(tmp_path: Path) -> None:
    done = python("import os; print(os.getcwd(), os.environ.get('HOME'), os.environ['A'])",
                  environment={"A": "b"}, folder=str(tmp_path))  # fmt: skip
    assert done.out.split() == [str(tmp_path.resolve()), "None", "b"]


class Enough(Exception):
    """Raised by a callback that has seen what it waited for."""


def stop(line: str) -> None:
    raise Enough(line)


def test_a_limit_ends_the_command() -> None:
    done = HOST.exec([PYTHON, "-c", "import time; time.sleep(1000)"], limit=0.2)
    assert done.timed_out
    assert done.code != 0


@posix
def test_the_whole_group_is_ended_even_if_it_ignores_the_polite_signal(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    code = (
        "import os, signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "ready, done = os.pipe()\n"
        "child = os.fork()\n"
        f"open({str(pids)!r}, 'a').write(f'{{os.getpid()}}\\n')\n"
        "os.read(ready, 1) if child else os.write(done, b'.')\n"
        "if child: print('both started', flush=True)\n"
        "time.sleep(1000)\n"
    )
    with pytest.raises(Enough):
        python(code, on_stdout=stop)
    found = [int(line) for line in pids.read_text().split()]
    assert len(found) == 2
    assert not any(map(alive, found))


@posix
def test_a_command_that_heeds_the_polite_signal_may_clean_up(tmp_path: Path) -> None:
    script = "trap 'touch cleaned; exit 7' TERM; echo on; while :; do sleep 0.05; done"
    with pytest.raises(Enough):
        HOST.exec(["sh", "-c", script], on_stdout=stop, folder=str(tmp_path))
    assert (tmp_path / "cleaned").exists()


@posix
def test_a_background_child_that_holds_the_output_does_not_hold_the_call() -> None:
    done = HOST.exec(["sh", "-c", "sleep 1000 & echo $!"])
    pid = int(done.out)
    assert done.code == 0
    assert alive(pid)
    os.kill(pid, signal.SIGKILL)


@posix
def test_death_by_a_signal_is_a_negative_code() -> None:
    assert HOST.exec(["sh", "-c", "kill -9 $$"]).code == -9


@posix
def test_ctrl_c_in_the_parent_ends_the_group_before_it_goes_on(tmp_path: Path) -> None:
    """A real parent process, a real SIGINT: the child must be gone when the parent has ended."""
    code = (
        "import sys\n"
        "from provenv.hosts.local import LocalHost\n"
        "try:\n"
        "    tell = lambda line: print(line, flush=True)\n"
        "    LocalHost().exec(['sh', '-c', 'sleep 1000 & echo $$ $!; wait'], on_stdout=tell)\n"
        "except KeyboardInterrupt:\n"
        "    sys.exit(130)\n"
    )
    source = str(Path(__file__).parents[2] / "src")
    with subprocess.Popen(
        [PYTHON, "-c", code], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": source}
    ) as parent:
        assert parent.stdout is not None
        pids = [int(word) for word in parent.stdout.readline().split()]
        assert all(map(alive, pids))
        parent.send_signal(signal.SIGINT)
        assert parent.wait(60) == 130
    assert len(pids) == 2
    assert not any(map(alive, pids))


def code_of(caught: pytest.ExceptionInfo[Failure]) -> str:
    return caught.value.problems[0].code


def test_a_missing_program_is_named() -> None:
    with pytest.raises(Failure) as caught:
        HOST.exec(["no-such-program-anywhere"])
    assert code_of(caught) == "PV801"
    assert caught.value.problems[0].what.args == {"program": "no-such-program-anywhere"}


@posix
def test_a_script_whose_interpreter_is_missing_says_so(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("#!/no/such/interpreter\n")
    script.chmod(0o755)
    with pytest.raises(Failure) as caught:
        HOST.exec([str(script)])
    why = caught.value.problems[0].why
    assert code_of(caught) == "PV801"
    assert why is not None
    assert why.key == "PV801.why_interpreter"


@posix
def test_a_file_that_may_not_be_run_is_a_permission(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("#!/bin/sh\n")
    with pytest.raises(Failure) as caught:
        HOST.exec([str(script)])
    assert (code_of(caught), caught.value.exit_code) == ("PV802", Exit.DENIED)


@posix
@pytest.mark.parametrize("argv", [["sh\0x"], ["sh", "a\0b"], []], ids=["name", "argument", "empty"])
def test_what_cannot_be_started_is_a_failure(argv: list[str]) -> None:
    with pytest.raises(Failure) as caught:
        HOST.exec(argv)
    assert code_of(caught) == "PV804"


@posix
def test_a_file_that_is_no_program_is_a_failure(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"\0\1\2")
    file.chmod(0o755)
    with pytest.raises(Failure) as caught:
        HOST.exec([str(file)])
    assert code_of(caught) == "PV804"


def test_a_missing_folder_is_not_a_missing_program(tmp_path: Path) -> None:
    with pytest.raises(Failure) as caught:
        HOST.exec([PYTHON], folder=str(tmp_path / "none"))
    assert code_of(caught) == "PV803"


def test_put_and_get(tmp_path: Path) -> None:
    goal = tmp_path / "a" / "b" / "file"
    HOST.put(b"one", str(goal), mode=0o640)
    HOST.put(b"two", str(goal), mode=0o600)
    assert HOST.get(str(goal)) == b"two"
    assert goal.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in goal.parent.iterdir()] == ["file"]


@posix
def test_put_keeps_a_link_and_writes_behind_it(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    HOST.put(b"new", str(tmp_path / "link"))
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_a_put_that_fails_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "folder" / "inside").mkdir(parents=True)
    with pytest.raises(Failure) as caught:
        HOST.put(b"new", str(tmp_path / "folder"))
    assert code_of(caught) == "PV805"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder"]


def test_put_below_a_file_fails(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Failure) as caught:
        HOST.put(b"new", str(tmp_path / "file" / "below"))
    assert code_of(caught) == "PV805"


def test_get_of_a_missing_file_and_of_a_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        HOST.get(str(tmp_path / "none"))
    with pytest.raises(Failure) as caught:
        HOST.get(str(tmp_path))
    assert code_of(caught) == "PV806"
