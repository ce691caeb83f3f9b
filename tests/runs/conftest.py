"""A terminal of one's own, an environment with a program folder, and a process that launches in them."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import subprocess
import sys
import termios
import venv
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from awaiting import AWAITING
from provenv.errors import Place
from provenv.model.spec import Requirement, Spec

LAUNCHER = """
import json, os, sys
from provenv.errors import Failure
from provenv.runs.launch import launch
held = os.environ.pop("HELD", None)
try:
    code = launch(sys.argv[2:], environment=dict(os.environ), folder=sys.argv[1],
                  held=int(held) if held else None)
except Failure as failure:
    print(*(p.code for p in failure.problems), file=sys.stderr)
    code = failure.exit_code
sys.exit(code)
"""
"""Run `launch` as provenv does: in a process of its own, whose code is the command's."""

REPORTER = (
    AWAITING
    + r"""
import os, signal, sys
count = {}
def note(number, frame):
    count[number] = count.get(number, 0) + 1
    os.write(1, f"got {signal.Signals(number).name} {count[number]}\n".encode())
for name in ("SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGWINCH", "SIGCONT"):
    signal.signal(getattr(signal, name), note)
print("ready", os.getpid(), flush=True)
for line in lines_among_signals():
    print("line", line.strip(), sorted(count.values()), flush=True)
    if line.strip() == "end":
        sys.exit(7)
"""
)
"""A command that tells its signals, and how often each one came."""

TERMINAL_LEADER = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""
"""Make the terminal that is on standard input the controlling one of a new session."""


class Terminal:
    """A pseudo terminal with a process on its other end."""

    def __init__(self, argv: list[str], environment: Mapping[str, str], folder: Path) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, b"\x18\x00\x50\x00\x00\x00\x00\x00")
        self.process = subprocess.Popen(
            [sys.executable, "-c", TERMINAL_LEADER, *argv],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=dict(environment),
            cwd=folder,
        )
        os.close(slave)
        self.seen = ""

    def type(self, keys: str) -> None:
        """Press keys; control characters are what the terminal driver makes signals of."""
        os.write(self.master, keys.encode())

    def expect(self, pattern: str, limit: float = 60.0) -> re.Match[str]:
        """Read until the pattern was printed, and forget what came up to it."""
        while (match := re.search(pattern, self.seen)) is None:
            assert select.select([self.master], [], [], limit)[0], f"no {pattern!r} in {self.seen!r}"
            try:
                piece = os.read(self.master, 65536)
            except OSError:  # the last process on the other end is gone
                piece = b""
            assert piece, f"the terminal closed before {pattern!r}: {self.seen!r}"
            self.seen += piece.decode("utf-8", "replace")
        self.seen = self.seen[match.end() :]
        return match

    def wait(self, limit: float = 60.0) -> int:
        """Return the code of the process; what it still prints is read meanwhile."""
        try:
            while select.select([self.master], [], [], limit)[0]:
                piece = os.read(self.master, 65536)
                if not piece:
                    break
                self.seen += piece.decode("utf-8", "replace")
        except OSError:
            pass
        return self.process.wait(limit)

    def close(self) -> None:
        """End what is left."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """Return a maker of terminals: argv, environment -> Terminal."""
    made: list[Terminal] = []

    def make(argv: list[str], environment: Mapping[str, str], folder: Path | None = None) -> Terminal:
        made.append(Terminal(argv, environment, folder or tmp_path))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def plain(repository: Path) -> dict[str, str]:
    """Return a small environment with the sources on Python's path and nothing of the caller's."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": "/nonexistent",
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "PYTHONPATH": str(repository / "src"),
    }


@pytest.fixture(scope="session")
def launcher() -> list[str]:
    """Return the command that launches: to it come the folder and the command's own words."""
    return [sys.executable, "-c", LAUNCHER]


@pytest.fixture
def reporter(launcher: list[str], tmp_path: Path) -> list[str]:
    """Return the command that launches a program which tells its signals."""
    file = tmp_path / "reporter.py"
    file.write_text(REPORTER)
    return [*launcher, str(tmp_path), sys.executable, str(file)]


@pytest.fixture(scope="session")
def bare_venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a real virtual environment with nothing in it."""
    place = tmp_path_factory.mktemp("generation") / "venv"
    venv.create(place, symlinks=True, with_pip=False)
    return place


@pytest.fixture
def declared() -> Callable[..., Spec]:
    """Return a maker of specs: keyword arguments are the fields that matter."""

    def make(**fields: object) -> Spec:
        base: dict[str, object] = {
            "name": "digits",
            "root": "/project",
            "file": "provenv.toml",
            "files": ("provenv.toml",),
            "digest": "0" * 64,
            "requirements": (Requirement("numpy", "numpy", Place("provenv.toml", 3)),),
        }
        return Spec(**{**base, **fields})  # type: ignore[arg-type]  # a table of fields, checked by use

    return make
