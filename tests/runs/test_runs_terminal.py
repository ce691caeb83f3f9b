"""A command on a terminal: keys, job control, window size, and the user's shells."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import pytest

from provenv.model.spec import Spec
from provenv.runs.environment import Prepared, prepare
from provenv.runs.shell import shell_command
from supervising import new_run, runner


@pytest.mark.parametrize(("key", "name"), [("\x03", "SIGINT"), ("\x1c", "SIGQUIT")])
def test_a_key_reaches_the_command_once(key, name, reporter, terminal, plain) -> None:
    screen = terminal(reporter, plain)
    screen.expect("ready")
    screen.type(key)
    screen.expect(f"got {name} 1")
    screen.type("ask\n")
    screen.expect(r"line ask \[1\]")
    screen.type(key)
    screen.expect(f"got {name} 2")
    screen.type("end\n")
    screen.expect(r"line end \[2\]")
    assert screen.wait() == 7


def test_ctrl_c_ends_a_plain_command(launcher, terminal, plain, tmp_path) -> None:
    screen = terminal([*launcher, str(tmp_path), "sh", "-c", "echo ready; exec cat"], plain)
    screen.expect("ready")
    screen.type("\x03")
    assert screen.wait() == 130


def test_a_window_s_new_size_reaches_the_command_once(reporter, terminal, plain) -> None:
    screen = terminal(reporter, plain)
    screen.expect("ready")
    fcntl.ioctl(screen.master, termios.TIOCSWINSZ, b"\x28\x00\x64\x00\x00\x00\x00\x00")
    screen.expect("got SIGWINCH 1")
    screen.type("end\n")
    screen.expect(r"line end \[1\]")


def test_a_watched_command_has_the_rows_that_are_its_own(terminal, plain, tmp_path) -> None:
    code = (
        "import os, signal\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGWINCH])\n"
        "while (size := os.get_terminal_size(1)).lines != 20: signal.sigwait([signal.SIGWINCH])\n"
        "print('size', size.columns, size.lines)\n"
    )
    argv = runner(new_run(tmp_path), [sys.executable, "-c", code], rows=20)
    screen = terminal(argv, {**plain, "PYTHONPATH": os.pathsep.join(sys.path)})
    screen.expect("size 80 20")
    assert screen.wait() == 0


def test_a_signal_to_us_alone_is_handed_on_at_a_terminal_too(reporter, terminal, plain) -> None:
    screen = terminal(reporter, plain)
    screen.expect("ready")
    os.kill(screen.process.pid, signal.SIGINT)
    screen.expect("got SIGINT 1")
    screen.type("end\n")
    screen.expect(r"line end \[1\]")


def test_the_shell_s_job_control_stops_and_continues_it(reporter, terminal, plain, tmp_path) -> None:
    (tmp_path / "start.sh").write_text("exec " + " ".join(map(_quoted, reporter)) + "\n")
    screen = terminal(["bash", "--norc", "--noprofile", "-i"], {**plain, "PS1": "$ "})
    for _ in range(2):
        screen.type(f"sh {tmp_path}/start.sh; echo code $?\n")
        screen.expect(r"ready (\d+)")
        screen.type("\x1a")
        screen.expect("Stopped")
        # what is typed before the prompt is back may be thrown away
        screen.expect(r"code 148\r\n\$ ")
        screen.type("fg; echo code $?\n")
        screen.expect("got SIGCONT 1")
        screen.type("end\n")
        screen.expect(r"line end \[1\]")
        screen.expect("code 7")
    screen.type("exit\n")
    assert screen.wait() == 0


def _quoted(word: str) -> str:
    return "'" + word.replace("'", "'\\''") + "'"


def test_a_hang_up_ends_the_command(reporter, terminal, plain, tmp_path) -> None:
    screen = terminal([*reporter[:-2], "sh", "-c", "echo ready; exec cat"], plain)
    screen.expect("ready")
    os.kill(screen.process.pid, signal.SIGHUP)
    assert screen.wait() == 128 + signal.SIGHUP


SPOILING = {
    "bash": (".bashrc", "export PATH=/spoilt:$PATH LD_LIBRARY_PATH=/spoilt SEEN=1; PS1='mine> '\n"),
    "zsh": (".zshrc", "export PATH=/spoilt:$PATH LD_LIBRARY_PATH=/spoilt SEEN=1; PS1='mine> '\n"),
    "fish": (
        ".config/fish/config.fish",
        "set -gx PATH /spoilt $PATH; set -gx LD_LIBRARY_PATH /spoilt; set -gx SEEN 1\n"
        "function fish_prompt; echo -n 'mine> '; end\n",
    ),
    "sh": (".shinit", "export PATH=/spoilt:$PATH LD_LIBRARY_PATH=/spoilt SEEN=1; PS1='mine> '\n"),
    "dash": (".shinit", "export PATH=/spoilt:$PATH LD_LIBRARY_PATH=/spoilt SEEN=1; PS1='mine> '\n"),
}


@pytest.fixture
def digits(
    plain: dict[str, str], bare_venv: Path, declared: Callable[..., Spec], tmp_path: Path
) -> Callable[..., Prepared]:
    """Return what prepares a shell's variables for a project with one declared variable."""
    spec = declared(root=str(tmp_path), variables={"GREETING": "it's ours \\o/"}, passed=("PYTHONPATH",))

    def make(**shell: str) -> Prepared:
        return prepare({**plain, **shell}, spec=spec, venv=str(bare_venv), granted_cores=2.0)

    return make


@pytest.mark.parametrize("shell", sorted(SPOILING))
def test_the_user_s_shell_is_marked_and_right_after_its_own_files(
    shell, digits, terminal, launcher, tmp_path
) -> None:
    program = shutil.which(shell, path="/usr/bin:/bin")
    if program is None:
        pytest.skip(f"{shell} is not installed here")
    home = tmp_path / "家 home"
    file, text = SPOILING[shell]
    (home / file).parent.mkdir(parents=True)
    (home / file).write_text(text)
    # else fish makes completions of every manual page first
    (home / ".local/share/fish/generated_completions").mkdir(parents=True)
    startup = str(home / ".shinit")
    prepared = digits(HOME=str(home), SHELL=program, ENV=startup, GREETING="theirs", TERM="xterm")
    argv = shell_command(prepared.environment, tmp_path / "start up", prepared.added)
    screen = terminal([*launcher, str(tmp_path), *argv], prepared.environment)
    screen.expect(r"\(provenv:digits\) mine> ")
    ask = "import os, sys; print('[' + '|'.join([sys.prefix, *map(str, map(os.environ.get, "
    ask += "['VIRTUAL_ENV', 'LD_LIBRARY_PATH', 'SEEN', 'GREETING', 'ENV', 'ZDOTDIR'])), "
    ask += "os.environ['PATH'].split(':')[0]]) + ']')"
    (tmp_path / "ask.py").write_text(ask)
    screen.type(f"python {tmp_path}/ask.py\n")
    told = screen.expect(r"\[(/[^\]]*)\]").group(1).replace("\r\n", "").split("|")
    venv = prepared.environment["VIRTUAL_ENV"]
    assert told == [venv, venv, "None", "1", "it's ours \\o/", startup, "None", f"{venv}/bin"]
    screen.type("exit 3\n")
    assert screen.wait() == 3


def test_secrets_are_not_written_for_the_shell(tmp_path: Path, declared: Callable[..., Spec]) -> None:
    for shell in ("bash", "zsh", "fish", "sh"):
        prepared = prepare(
            {"PATH": "/bin", "SHELL": f"/bin/{shell}", "HF_TOKEN": "hf_secret", "ENV": ""},
            spec=declared(passed=("HF_TOKEN",)),
            venv="/v",
            granted_cores=1.0,
        )
        shell_command(prepared.environment, tmp_path / shell, prepared.added)
    written = [file.read_text() for file in tmp_path.rglob("*") if file.is_file()]
    assert len(written) == 5
    assert not any("hf_secret" in text for text in written)
