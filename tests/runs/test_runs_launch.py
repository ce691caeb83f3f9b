"""A command in the foreground: its words, its signals, its code, its files."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from provenv.errors import Failure
from provenv.runs.launch import launch

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture
def run(launcher: list[str], plain: dict[str, str], tmp_path: Path) -> Run:
    """Return what runs a command by `launch` and returns how that ended."""

    def start(*argv: str, folder: Path = tmp_path, **more: object) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [*launcher, str(folder), *argv],
            check=False,
            env=plain,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            **more,  # type: ignore[call-overload]  # descriptors to hand on
        )

    return start


def script(place: Path, text: str, mode: int = 0o755) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)
    place.chmod(mode)
    return place


def refused(argv: list[str], folder: Path, path: str = "/usr/bin:/bin") -> tuple[str, int]:
    with pytest.raises(Failure) as caught:
        launch(argv, environment={"PATH": path}, folder=str(folder))
    (problem,) = caught.value.problems
    return problem.code, caught.value.exit_code


def test_every_exit_code_comes_back(run: Run) -> None:
    every = "import subprocess, sys\nfrom provenv.runs.launch import launch\n"
    every += "print([launch(['sh', '-c', f'exit {n}'], environment={'PATH': '/bin'}, folder='/')"
    every += " for n in range(256)] == list(range(256)))"
    assert run(sys.executable, "-c", every).stdout == b"True\n"
    assert run("sh", "-c", "exit 7").returncode == 7


@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGSEGV", "SIGINT", "SIGPIPE"])
def test_a_killed_command_returns_what_a_shell_says(name: str, run: Run) -> None:
    number = getattr(signal, name)
    assert run("sh", "-c", f"ulimit -c 0; kill -{name[3:]} $$").returncode == 128 + number


def test_words_streams_and_folder_are_the_command_s(run: Run, tmp_path: Path) -> None:
    place = tmp_path / "a folder 目录"
    program = script(place / "say it 说.sh", '#!/bin/sh\nprintf "%s|" "$PWD" "$@"; echo err >&2\n')
    result = run(str(program), "one two", "", "三", "*", folder=place)
    assert result.stdout.decode() == f"{place}|one two||三|*|"
    assert result.stderr == b"err\n"
    assert run("./say it 说.sh", folder=place).stdout.decode() == f"{place}|"


def test_ten_megabytes_pass_whole(run: Run) -> None:
    result = run(sys.executable, "-c", "import sys; sys.stdout.write('0123456789abcde\\n' * 655360)")
    assert (result.returncode, len(result.stdout)) == (0, 10 * 2**20)


def test_the_prepared_path_finds_the_program(tmp_path: Path) -> None:
    script(tmp_path / "bin" / "tool", "#!/bin/sh\nexit 3\n")
    script(tmp_path / "later" / "tool", "#!/bin/sh\nexit 4\n")
    script(tmp_path / "first" / "tool", "#!/bin/sh\nexit 5\n", mode=0o644)
    path = f"first:bin:{tmp_path}/later"
    assert launch(["tool"], environment={"PATH": path}, folder=str(tmp_path)) == 3


def test_a_script_without_its_first_line_runs_as_in_a_shell(tmp_path: Path) -> None:
    program = script(tmp_path / "plain", 'test "$0:$1" = "$PWD/plain:x y" && exit 9\n')
    assert launch([str(program), "x y"], environment={"PATH": "/bin"}, folder=str(tmp_path)) == 9


def test_what_cannot_be_started_says_why(tmp_path: Path) -> None:
    script(tmp_path / "data.py", "print()\n", mode=0o644)
    script(tmp_path / "lost", "#!/nowhere/python\n")
    (tmp_path / "alien").write_bytes(b"\x7fELF\0\0\0\0")
    (tmp_path / "alien").chmod(0o755)
    (tmp_path / "folder").mkdir()
    cases = {
        "missing-command": ("PV604", 127),
        "./missing": ("PV604", 127),
        "": ("PV604", 127),
        "./data.py": ("PV605", 126),
        "./folder": ("PV605", 126),
        "./lost": ("PV606", 126),
        "./alien": ("PV607", 126),
    }
    assert {name: refused([name], tmp_path) for name in cases} == cases
    assert refused([], tmp_path) == ("PV604", 127)
    assert refused(["data.py"], tmp_path, path=str(tmp_path)) == ("PV605", 126)
    assert refused(["true"], tmp_path / "gone") == ("PV609", 125)
    assert refused(["true", "x" * 2**22], tmp_path) == ("PV608", 125)


def test_a_near_miss_and_a_quoted_line_are_recognised(tmp_path: Path) -> None:
    script(tmp_path / "bin" / "torchrun", "#!/bin/sh\n")
    hints = []
    for words in (["torchrum"], ["python train.py"], ["quite-else"]):
        with pytest.raises(Failure) as caught:
            launch(words, environment={"PATH": "bin"}, folder=str(tmp_path))
        (hint,) = caught.value.problems[0].hints
        hints.append((hint.text and hint.text.key, hint.text and hint.text.args.get("near"), hint.command))
    assert hints == [
        ("PV604.near", "torchrun", None),
        ("PV604.one_word", None, "provenv run -- python train.py"),
        ("PV604.hint", None, None),
    ]


def test_failures_of_ours_end_with_the_code_of_shells(run: Run) -> None:
    result = run("missing-command")
    assert (result.returncode, result.stderr) == (127, b"PV604\n")


def test_no_zombie_and_no_changed_handler_is_left(tmp_path: Path) -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    assert launch(["true"], environment={"PATH": "/bin"}, folder=str(tmp_path)) == 0
    assert {number: signal.getsignal(number) for number in before} == before
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == mask
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    states = [Path(f"/proc/{child}/stat").read_text().split()[2] for child in children.read_text().split()]
    assert "Z" not in states


def test_the_command_starts_with_open_signals_and_a_held_lease(run: Run, tmp_path: Path) -> None:
    mask = run("sh", "-c", "grep SigBlk /proc/self/status; grep SigIgn /proc/self/status").stdout.split()
    # beyond the 31 standard signals lie those of the C library and of real time
    assert [int(word, 16) & 0x7FFFFFFF for word in (mask[1], mask[3])] == [0, 0]


def test_a_lease_outlives_a_killed_launcher(
    launcher: list[str], plain: dict[str, str], tmp_path: Path
) -> None:
    lease = os.open(tmp_path / "lease", os.O_RDWR | os.O_CREAT)
    fcntl.flock(lease, fcntl.LOCK_SH)
    process = subprocess.Popen(
        [*launcher, str(tmp_path), "sh", "-c", "echo $$; read line; echo done"],
        env={**plain, "HELD": str(lease)},
        pass_fds=(lease,),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    os.close(lease)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdout.readline()
    process.kill()
    process.wait()
    with (tmp_path / "lease").open() as other:
        with pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        process.stdin.write(b"\n")
        process.stdin.close()
        assert process.stdout.read() == b"done\n"
        fcntl.flock(other, fcntl.LOCK_EX)
    process.stdout.close()


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", ["SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGWINCH"])
def test_a_signal_to_us_alone_is_handed_on_once(
    name: str, threads: int, reporter: list[str], plain: dict[str, str]
) -> None:
    command = list(reporter)
    if threads == 2:
        idle = "import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()"
        command[2] = idle + command[2]
    with subprocess.Popen(command, env=plain, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"ready")
        process.send_signal(getattr(signal, name))
        assert process.stdout.readline() == f"got {name} 1\n".encode()
        process.stdin.write(b"end\n")
        process.stdin.close()
        assert process.stdout.readline() == b"line end [1]\n"
        assert process.wait() == 7


ELSEWHERE = """
import signal, threading
threading.Thread(target=threading.Event().wait, daemon=True).start()
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
"""
"""Has another thread take SIGTERM: it interrupts no wait of the main one, as if it came just before it."""
HEARING = "import signal; signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})\n"
"""What is started then takes it as usual."""


def test_a_signal_that_interrupts_no_wait_is_handed_on(reporter: list[str], plain: dict[str, str]) -> None:
    command = [*reporter[:2], ELSEWHERE + reporter[2], *reporter[3:]]
    Path(reporter[-1]).write_text(HEARING + Path(reporter[-1]).read_text())
    with subprocess.Popen(command, env=plain, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"ready")
        process.send_signal(signal.SIGTERM)
        assert process.stdout.readline() == b"got SIGTERM 1\n"
        process.communicate(b"end\n")


def test_what_was_ignored_stays_ignored(launcher: list[str], plain: dict[str, str], tmp_path: Path) -> None:
    ignored = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN); "
    ignored += "signal.signal(signal.SIGCHLD, signal.SIG_IGN)" + launcher[2]
    ask = "import signal; print(signal.getsignal(signal.SIGHUP).name); raise SystemExit(5)"
    result = subprocess.run(
        [launcher[0], "-c", ignored, str(tmp_path), sys.executable, "-c", ask],
        check=False,
        env=plain,
        capture_output=True,
    )
    assert (result.stdout, result.returncode) == (b"SIG_IGN\n", 5)
