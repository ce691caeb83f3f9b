"""What a command writes to standard error, on its way to the user and kept, with real processes."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from provenv.runs.relay import KEPT, relay

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no fork and no pseudo-terminals there")

# runs the command of its arguments with its standard error relayed, and writes what was kept into a file
PROGRAM = """
import os, sys
from pathlib import Path
from provenv.runs.launch import launch
from provenv.runs.relay import relay
kept, *argv = sys.argv[1:]
along = relay()
code = launch(argv, environment=dict(os.environ), folder=".", relay=along)
Path(kept).write_bytes(along.end())
sys.exit(code)
"""


def command(kept: Path, *argv: str) -> list[str]:
    return [sys.executable, "-c", PROGRAM, str(kept), *argv]


def test_words_arrive_as_they_are_and_are_kept(tmp_path):
    kept = tmp_path / "kept"
    words = "import sys; sys.stderr.buffer.write(bytes(range(256))); print('out'); sys.exit(7)"
    done = subprocess.run(command(kept, sys.executable, "-c", words), check=False, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (7, b"out\n", bytes(range(256)))
    assert kept.read_bytes() == bytes(range(256))


@pytest.mark.parametrize("lines", [1, 5000, 40000, 100000])
def test_of_much_the_beginning_and_the_end_are_kept(tmp_path, lines):
    kept = tmp_path / "kept"
    words = f"import sys; [print(n, file=sys.stderr) for n in range({lines})]"
    done = subprocess.run(command(kept, sys.executable, "-c", words), check=True, stderr=subprocess.PIPE)
    said = b"".join(b"%d\n" % n for n in range(lines))
    assert done.stderr == said
    if len(said) <= 2 * KEPT:
        assert kept.read_bytes() == said
    else:
        head, tail = kept.read_bytes()[:KEPT], kept.read_bytes()[KEPT + 1 :]
        assert head == said[:KEPT]
        assert said.endswith(b"\n" + tail)
        assert KEPT - 20 < len(tail) <= KEPT


def test_what_is_left_running_can_go_on_writing(tmp_path):
    kept, go = tmp_path / "kept", tmp_path / "go"
    os.mkfifo(go)
    late = f"echo first >&2; (read line < {go}; echo late >&2) & exit 3"
    reading, writing = os.pipe()
    done = subprocess.run(command(kept, "sh", "-c", late), check=False, stderr=writing)
    os.close(writing)
    assert done.returncode == 3
    assert kept.read_bytes() == b"first\n"
    go.write_text("now\n")
    with os.fdopen(reading, "rb") as stream:
        # to its end: whoever handed on has gone as well
        assert stream.read() == b"first\nlate\n"


def test_on_a_terminal_the_command_has_a_terminal_of_the_same_size(tmp_path):
    kept = tmp_path / "kept"
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 77, 0, 0))
    words = "import os, sys; size = os.get_terminal_size(2)\n"
    words += "print(size.lines, size.columns, sys.stderr.isatty(), file=sys.stderr)"
    with subprocess.Popen(command(kept, sys.executable, "-c", words), stderr=slave) as process:
        os.close(slave)
        said = _all_of(master)
    assert process.returncode == 0
    assert kept.read_bytes() == b"33 77 True\n"
    # the user's terminal alone makes a carriage return of a line's end
    assert said == b"33 77 True\r\n"


def test_a_reader_that_leaves_is_the_command_s_own_matter(tmp_path):
    kept = tmp_path / "kept"
    reading, writing = os.pipe()
    words = "import sys\nfor n in range(10**7): print(n, file=sys.stderr, flush=True)"
    with subprocess.Popen(command(kept, sys.executable, "-c", words), stderr=writing) as process:
        os.close(writing)
        os.read(reading, 10)
        os.close(reading)
    # without the relay it would have ended the same way: by BrokenPipeError
    assert process.returncode in (1, 120, 128 + signal.SIGPIPE)


def test_there_is_none_where_there_is_no_standard_error():
    closed, other = os.pipe()
    os.close(closed)
    os.close(other)
    # a descriptor that is not open is no terminal: what is handed on goes nowhere, and nobody hangs
    along = relay(closed)
    assert along is not None
    os.write(along.descriptor, b"words")
    assert along.end() == b"words"


def _all_of(descriptor: int) -> bytes:
    said = b""
    while select.select([descriptor], [], [], 60)[0]:
        try:
            piece = os.read(descriptor, 1 << 16)
        except OSError:
            break  # nobody holds the other end any more
        if not piece:
            break
        said += piece
    os.close(descriptor)
    return said
