"""The line and the script that run a command on a host, given to real shells here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence

import pytest

from provenv.hosts.ssh_tokens import Splitter, Token
from provenv.hosts.ssh_wrapper import line, script

pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX shells")

LOGIN_SHELLS = ["sh", "bash", "dash", "zsh", "fish", "tcsh"]
SHELLS = [["dash"], ["bash", "--posix"], ["busybox", "sh"]]
NASTY = [
    "a b",
    "",
    "中文，说",
    "'",
    '"',
    "\\",
    "\n",
    "$HOME",
    "`id`",
    "!!",
    "*",
    "-n",
    "~",
    "a\n'b' \"c\"",
    "\x7f\x81",
]
PRINT = "import sys, os; sys.stdout.buffer.write(repr([os.fsencode(one) for one in sys.argv[1:]]).encode())"


def run(
    shell: Sequence[str],
    argv: Sequence[str],
    environment: Mapping[str, str] | None = None,
    folder: str | None = None,
    content: bytes = b"",
) -> tuple[bytes, bytes, list[Token]]:
    """Have a shell read the line as a login shell does; return both outputs and the words."""
    if shutil.which(shell[0]) is None:
        pytest.skip(f"{shell[0]} is not installed")
    sent = script("mark", argv, environment, folder, has_input=bool(content))
    words = line(len(sent), has_input=bool(content), has_environment=environment is not None)
    done = subprocess.run(
        [*shell, "-c", words], input=sent + content, capture_output=True, timeout=60, check=False
    )
    outputs, tokens = [], []
    for stream in (done.stdout, done.stderr):
        pieces = Splitter("mark").feed(stream)
        outputs.append(b"".join(piece for piece in pieces if isinstance(piece, bytes)))
        tokens += [piece for piece in pieces if isinstance(piece, Token)]
    return outputs[0], outputs[1], tokens


@pytest.mark.parametrize("shell", LOGIN_SHELLS)
@pytest.mark.parametrize("content", [b"", b"the rest\n\0 is the command's"], ids=["without", "with"])
def test_the_line_means_the_same_in_every_login_shell(shell: str, content: bytes) -> None:
    argv = [sys.executable, "-c", f"{PRINT}; sys.stdout.buffer.write(sys.stdin.buffer.read())", *NASTY]
    out, err, tokens = run([shell], argv, content=content)
    assert out == repr([os.fsencode(one) for one in NASTY]).encode() + content
    assert err == b""
    assert Token("ended", "0") in tokens


@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: shell[0])
def test_the_script_runs_in_every_posix_shell(shell: list[str]) -> None:
    """The script names /bin/sh itself, so a shell is given the script as it stands."""
    if shutil.which(shell[0]) is None:
        pytest.skip(f"{shell[0]} is not installed")
    sent = script("mark", [sys.executable, "-c", PRINT, *NASTY], None, None, has_input=False)
    done = subprocess.run(
        [*shell, "-c", sent], stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False
    )
    pieces = Splitter("mark").feed(done.stdout)
    assert (
        b"".join(p for p in pieces if isinstance(p, bytes))
        == repr([os.fsencode(one) for one in NASTY]).encode()
    )
    words = [p for p in Splitter("mark").feed(done.stderr) if isinstance(p, Token)]
    assert Token("ended", "0") in words


@pytest.mark.parametrize("shell", LOGIN_SHELLS)
def test_the_environment_is_replaced_whole(shell: str) -> None:
    given = {
        "PATH": os.environ["PATH"],
        "A": "it's\n中文 \\",
        "EMPTY": "",
        "UID": "7",
        "a.b": "c",
        "IFS": "/",
    }
    code = "import os; print(sorted((k, v) for k, v in os.environ.items() if k not in ('_', 'LC_CTYPE')))"
    out, err, _ = run([shell], [sys.executable, "-I", "-c", code], environment=given)
    expected = {name: value for name, value in given.items() if name not in ("UID", "a.b")}
    assert out.decode() == f"{sorted(expected.items())}\n"
    assert err == b""


def test_values_are_on_no_command_line() -> None:
    value = "hf_2r8dFzX"
    given = {"PATH": os.environ["PATH"], "HF_TOKEN": value}
    seen = "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '"
    out, _, _ = run(["sh"], ["sh", "-c", f"echo $HF_TOKEN; {seen}"], environment=given)
    assert out.decode(errors="replace").count(value) == 1


def test_codes_are_as_they_are() -> None:
    for code in (0, 1, 125, 126, 127, 255):
        _, _, tokens = run(["sh"], ["sh", "-c", f"exit {code}"])
        assert Token("ended", str(code)) in tokens
    _, err, tokens = run(["sh"], ["sh", "-c", "kill -9 $$"])
    assert Token("ended", "137") in tokens
    # the shell's own `Killed` is no output of the command
    assert err == b""


def test_a_command_can_be_interrupted_as_at_a_terminal() -> None:
    """What a shell starts in the background ignores SIGINT, and Python then has no KeyboardInterrupt."""
    code = "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
    assert run(["sh"], [sys.executable, "-c", code])[0] == b"True\n"


def test_a_command_has_a_session_of_its_own() -> None:
    out, _, _ = run(["sh"], [sys.executable, "-c", "import os; print(os.getsid(0) == os.getpid())"])
    assert out == b"True\n"


def test_what_cannot_begin_says_why(tmp_path: os.PathLike[str]) -> None:
    plain = os.path.join(tmp_path, "plain")
    with open(plain, "w", encoding="utf-8"):
        pass
    assert Token("refused", "missing") in run(["sh"], ["no-such-program-anywhere"])[2]
    assert Token("refused", "missing") in run(["sh"], ["/no/such/program"])[2]
    assert Token("refused", "denied") in run(["sh"], [plain])[2]
    assert Token("refused", "folder") in run(["sh"], ["true"], folder="/no/such/folder")[2]


def test_folders_and_home() -> None:
    assert run(["sh"], ["pwd"], folder="/")[0] == b"/\n"
    home = subprocess.run(["sh", "-c", "cd && pwd"], capture_output=True, check=True).stdout
    assert run(["sh"], ["pwd"], folder="~")[0] == home
    assert run(["sh"], ["pwd"], folder="~", environment={"PATH": os.environ["PATH"]})[0] == home
