"""A group of processes that begins, is watched and ends together: real processes, signals and terminals."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from awaiting import AWAITING
from provenv.runs.job import Callbacks
from provenv.runs.reading import read_run
from provenv.runs.shown import Shown
from supervising import is_gone, new_run, runner, supervised, until, whole

pytestmark = pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks at processes in /proc")

PYTHON = [sys.executable, "-c"]
# tells its process and can wait for whatever comes; `here` is a file of the rank's own
WAITS = (
    AWAITING
    + """
import os, signal, sys
here = os.environ["PROVENV_RUN_SEEN"]
open(here + ".pid", "w").write(f"{os.getpid()}\\n")
rank = os.environ.get("RANK", "0")
"""
)


def pid_of(folder, rank=0, attempt=1):
    return int(until(lambda: whole(Path(f"{folder.seen(attempt, rank)}.pid"))))


@pytest.fixture
def folder(tmp_path):
    return new_run(tmp_path)


@pytest.fixture
def started(folder, plain, tmp_path):
    """Return a maker of processes that supervise a Python program: (code, fields) -> Popen."""
    made = []

    def make(code, **fields):
        command = runner(folder, [*PYTHON, code], **fields)
        popen = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "start_new_session": True}
        made.append(subprocess.Popen(command, env=plain, cwd=tmp_path, **popen))
        return made[-1]

    yield make
    for one in made:
        if one.poll() is None:
            one.kill()
        one.communicate()


def result(folder):
    return json.loads((folder.path / "result.json").read_text())


def test_all_end_well(folder):
    said = []
    done = supervised(
        folder,
        [*PYTHON, "import os, sys; print('out', os.environ['RANK']); print('err', file=sys.stderr)"],
        world=2,
        callbacks=Callbacks(said=lambda *words: said.append(words)),
    )
    assert (done.end.state, done.end.code) == ("done", 0)
    assert [(one.rank, one.code, one.first) for one in done.attempts[0].ranks] == [
        (0, 0, False),
        (1, 0, False),
    ]
    for rank in (0, 1):
        assert sorted(folder.log(1, rank).read_text().split("\n")) == ["", "err", f"out {rank}"]
        assert b"".join(words for r, stream, words in said if (r, stream) == (rank, 1)) == b"out %d\n" % rank
        assert b"".join(words for r, stream, words in said if (r, stream) == (rank, 2)) == b"err\n"


def test_the_first_death_ends_all_and_what_they_started(folder):
    code = WAITS + (
        "import subprocess, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'])\n"
        "open(here + '.child', 'w').write(f'{child.pid}\\n')\n"
        "other = here.replace('rank-1', 'rank-0') + '.child'\n"
        "if rank == '1':\n"
        "    while not os.path.exists(other): time.sleep(0.01)\n"
        "    sys.exit(7)\n"
        "signal.pause()\n"
    )
    done = supervised(folder, [*PYTHON, code], world=2)
    assert (done.end.state, done.end.code, done.end.why.key) == ("failed", 7, "runs.why.none_asked")
    assert [(one.code, one.first) for one in done.attempts[0].ranks] == [(143, False), (7, True)]
    for rank in (0, 1):
        assert is_gone(int(Path(f"{folder.seen(1, rank)}.child").read_text()))


def test_who_ignores_sigterm_is_killed(folder):
    code = WAITS + (
        "import time\n"
        "if rank == '0':\n"
        "    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "    open(here + '.deaf', 'w').close()\n"
        "    while True: signal.pause()\n"
        "while not os.path.exists(here.replace('rank-1', 'rank-0') + '.deaf'): time.sleep(0.01)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = supervised(folder, [*PYTHON, code], world=2)
    assert [(one.code, one.first) for one in done.attempts[0].ranks] == [(137, False), (137, True)]
    assert done.end.code == 137


def test_one_that_ends_well_leaves_the_others_alone(folder):
    # the second waits for the first to be gone
    code = WAITS + (
        "import time\n"
        "if rank == '1':\n"
        "    first = here.replace('rank-1', 'rank-0') + '.pid'\n"
        "    while not os.path.exists(first) or not open(first).read().endswith('\\n'): time.sleep(0.01)\n"
        "    pid = open(first).read().strip()\n"
        "    def gone():\n"
        "        try: return open(f'/proc/{pid}/stat').read().rpartition(')')[2].split()[0] in 'ZX'\n"
        "        except OSError: return True\n"
        "    while not gone(): time.sleep(0.01)\n"
        "    print('went on')\n"
    )
    done = supervised(folder, [*PYTHON, code], world=2)
    assert done.end.state == "done"
    assert folder.log(1, 1).read_text() == "went on\n"


LEAVES = WAITS + (
    "def leave(number, frame):\n"
    "    print('saved', rank, flush=True)\n"
    "    sys.exit(CODE)\n"
    "signal.signal(signal.SIGTERM, leave)\n"
    "signal.signal(signal.SIGHUP, leave)\n"
    "open(here + '.ready', 'w').write('\\n')\n"
    "await_signals()\n"
)


def ready(folder, world):
    for rank in range(world):
        until(lambda rank=rank: whole(Path(f"{folder.seen(1, rank)}.ready")))


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGTERM, 143), (signal.SIGHUP, 0)])
def test_told_to_leave_they_save_and_it_is_preempted(folder, started, number, code):
    process = started(LEAVES.replace("CODE", str(code)), world=2, retries=3)
    ready(folder, 2)
    process.send_signal(number)
    out, err = process.communicate()
    assert process.returncode == 128 + number, err
    assert sorted(out.splitlines()) == [b"[0] saved 0", b"[1] saved 1"]
    assert b"told: runs.told.leaving" in err
    end = result(folder)["end"]
    assert (end["state"], end["why"]["key"]) == ("preempted", "runs.why.preempted")


def test_a_note_of_the_users_makes_it_stopped(folder, started):
    process = started(LEAVES.replace("CODE", "0"))
    ready(folder, 1)
    (folder.path / "stopped").touch()
    process.terminate()
    process.communicate()
    assert result(folder)["end"]["state"] == "stopped"


def test_who_does_not_leave_in_time_is_killed(folder, started):
    deaf = WAITS + (
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "open(here + '.ready', 'w').write('\\n')\n"
        "while True: signal.pause()\n"
    )
    process = started(deaf, world=2, grace=0.3, retries=3)
    ready(folder, 2)
    process.terminate()
    process.communicate()
    told = result(folder)
    assert (told["end"]["state"], told["end"]["code"], len(told["attempts"])) == ("failed", 137, 1)
    assert told["end"]["why"]["key"] == "runs.why.overdue"


def test_its_workers_are_not_told_to_leave(folder, started):
    # a loader whose workers are ended raises in the middle of saving
    code = WAITS + (
        "child = os.fork()\n"
        "if child == 0:\n"
        "    while True: signal.pause()\n"
        "def leave(number, frame):\n"
        "    print(os.waitpid(child, os.WNOHANG), flush=True)\n"
        "    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, leave)\n"
        "open(here + '.ready', 'w').write(f'{child}\\n')\n"
        "await_signals()\n"
    )
    process = started(code)
    child = int(until(lambda: whole(Path(f"{folder.seen(1)}.ready"))))
    process.terminate()
    out, _ = process.communicate()
    assert out == b"(0, 0)\n"
    assert is_gone(child)


def test_under_a_shell_script_the_training_itself_is_told(folder, plain, tmp_path):
    saving = tmp_path / "saving.py"
    saving.write_text(
        "import json, os\n"
        "told = {'k': 'begin', 't': 0, 'pid': os.getpid()}\n"
        "open(os.environ['PROVENV_RUN_SEEN'], 'a').write(json.dumps(told) + '\\n')\n"
        + LEAVES.replace("CODE", "0")
    )
    script = f"{sys.executable} {saving}\necho behind\n"
    command = runner(folder, ["bash", "-c", script])
    with subprocess.Popen(command, env=plain, cwd=tmp_path, stdout=subprocess.PIPE) as process:
        ready(folder, 1)
        process.terminate()
        assert process.communicate()[0] == b"saved 0\nbehind\n"
    assert result(folder)["end"]["state"] == "preempted"


COUNTS = WAITS + (
    "count = 0\n"
    "def note(number, frame):\n"
    "    global count\n"
    "    count += 1\n"
    "    print('got', count, flush=True)\n"
    "signal.signal(signal.SIGINT, note)\n"
    "signal.signal(signal.SIGTERM, lambda *_: sys.exit(count))\n"
    "print('ready', flush=True)\n"
    "open(here + '.ready', 'w').write('\\n')\n"
    "await_signals()\n"
)


def test_a_second_interrupt_kills(folder, started):
    process = started(COUNTS, world=2)
    ready(folder, 2)
    process.send_signal(signal.SIGINT)
    for rank in (0, 1):
        until(lambda rank=rank: "got 1\n" in folder.log(1, rank).read_text())
    process.send_signal(signal.SIGINT)
    process.communicate()
    told = result(folder)
    assert (told["end"]["state"], told["end"]["code"]) == ("stopped", 137)
    assert "got 2" not in folder.log(1).read_text()


def test_an_interrupt_ends_plain_scripts(folder, started):
    process = started(
        WAITS + "open(here + '.ready', 'w').write('\\n')\nawait_signals()\n", world=2, retries=3
    )
    ready(folder, 2)
    process.send_signal(signal.SIGINT)
    process.communicate()
    told = result(folder)
    assert (told["end"]["state"], told["end"]["code"], len(told["attempts"])) == ("stopped", 130, 1)


@pytest.mark.parametrize("world", [1, 2])
def test_the_terminals_key_reaches_each_exactly_once(folder, terminal, plain, world):
    screen = terminal(runner(folder, [*PYTHON, COUNTS], world=world), plain)
    for _ in range(world):
        screen.expect("ready")
    screen.type("\x03")
    for _ in range(world):
        screen.expect("got 1")
    os.kill(screen.process.pid, signal.SIGTERM)
    screen.wait()
    # each ends with the number of interrupts that it got
    assert [one["code"] for one in result(folder)["attempts"][0]["ranks"]] == [1] * world


def test_the_terminals_suspend_stops_all_and_they_go_on_together(folder, terminal, plain, tmp_path):
    command = " ".join("'" + word.replace("'", "'\\''") + "'" for word in runner(folder, [*PYTHON, COUNTS]))
    (tmp_path / "start.sh").write_text(f"exec {command}\n")
    screen = terminal(["bash", "--norc", "--noprofile", "-i"], {**plain, "PS1": "$ "})
    screen.type(f"sh {tmp_path}/start.sh; echo code $?\n")
    screen.expect("ready")
    pid = pid_of(folder)
    screen.type("\x1a")
    screen.expect("Stopped")
    until(lambda: Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T")
    screen.expect(r"code 148\r\n\$ ")
    screen.type("fg\n")
    until(lambda: Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "S")
    screen.type("\x03")
    screen.expect("got 1")
    os.kill(pid, signal.SIGTERM)
    screen.type("exit\n")
    screen.wait()


def test_a_lone_process_has_the_terminal_and_what_is_typed(folder, terminal, plain):
    code = (
        "import os, sys\n"
        "print(sys.stdout.isatty(), sys.stderr.isatty(), os.get_terminal_size(1), flush=True)\n"
        "print('a\\rb', input(), flush=True)\n"
    )
    screen = terminal(runner(folder, [*PYTHON, code]), plain)
    screen.expect(r"True True os.terminal_size\(columns=80, lines=24\)\r\n")
    screen.type("typed\n")
    screen.expect("a\rb typed\r\n")
    assert screen.wait() == 0
    assert folder.log(1).read_bytes().endswith(b"a\rb typed\n")


def test_a_lone_process_reads_what_is_piped_and_writes_as_it_is(folder, plain, tmp_path):
    code = "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read()); sys.exit(3)"
    every = bytes(range(256)) * 4000
    command = runner(folder, [*PYTHON, code])
    done = subprocess.run(command, env=plain, cwd=tmp_path, input=every, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (3, every)
    assert folder.log(1).read_bytes() == every


def test_where_output_and_error_go_one_way_their_order_stays(folder, plain, tmp_path):
    code = "import os\nfor n in range(200): os.write(1 + n % 2, b'%d\\n' % n)"
    command = runner(folder, [*PYTHON, code])
    done = subprocess.run(
        command, env=plain, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True
    )
    lines = [line for line in done.stdout.splitlines() if line.isdigit()]
    assert lines == [b"%d" % n for n in range(200)]


def test_a_reader_that_leaves_does_not_end_the_run(folder, plain, tmp_path):
    code = "for n in range(20000): print(n)"
    with subprocess.Popen(
        runner(folder, [*PYTHON, code]), env=plain, cwd=tmp_path, stdout=subprocess.PIPE
    ) as process:
        process.stdout.read(10)
        process.stdout.close()
        assert process.wait() == 0
    assert folder.log(1).read_text().endswith("19999\n")


def test_a_terminal_is_left_as_it_was(folder, terminal, plain):
    code = (
        "import os, signal, sys, termios\n"
        "modes = termios.tcgetattr(0)\n"
        "modes[3] &= ~termios.ECHO\n"
        "termios.tcsetattr(0, termios.TCSANOW, modes)\n"
        "print('silent', flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    screen = terminal(["sh", "-c", '"$@"; stty -a', "sh", *runner(folder, [*PYTHON, code])], plain)
    screen.expect("silent")
    screen.expect(r"[^-]echo ")
    assert screen.wait() == 0


@pytest.mark.parametrize("world", [1, 2])
def test_if_we_are_killed_nothing_goes_on(folder, started, world):
    code = WAITS + (
        "import subprocess\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "wait = [sys.executable, '-c', 'import signal; signal.pause()']\n"
        "ours, apart = subprocess.Popen(wait), subprocess.Popen(wait, start_new_session=True)\n"
        "open(here + '.ready', 'w').write(f'{os.getpid()} {ours.pid} {apart.pid}\\n')\n"
        "while True: signal.pause()\n"
    )
    process = started(code, world=world)
    ready(folder, world)
    pids = [
        int(pid) for rank in range(world) for pid in Path(f"{folder.seen(1, rank)}.ready").read_text().split()
    ]
    assert len(pids) == 3 * world
    assert not any(map(is_gone, pids))
    process.kill()
    process.wait()
    until(lambda: all(map(is_gone, pids)))
    assert not folder.end.exists()


def test_a_live_view_is_called_while_they_run(folder, tmp_path):
    # it goes on until the second call
    calls = []

    def ticked():
        calls.append(1)
        if len(calls) == 2:
            (tmp_path / "twice").touch()

    code = f"import os, time\nwhile not os.path.exists({str(tmp_path / 'twice')!r}): time.sleep(0.01)"
    done = supervised(folder, [*PYTHON, code], callbacks=Callbacks(ticked=ticked, every=0.05))
    assert done.end.state == "done"


def test_the_lease_is_held_by_the_processes(folder, tmp_path):
    reading, writing = os.pipe()
    try:
        done = supervised(
            folder, [*PYTHON, f"import os; os.write({writing}, b'held')"], world=2, lease=writing
        )
        assert done.end.state == "done"
        assert os.read(reading, 100) == b"heldheld"
    finally:
        os.close(reading)
        os.close(writing)


def test_what_stays_behind_after_a_good_end_may_finish(folder):
    code = (
        "import os, sys\n"
        "reading, writing = os.pipe()\n"
        "if os.fork() == 0:\n"
        "    os.close(writing)\n"
        "    os.read(reading, 1)\n"  # until its parent is gone
        "    print('late', flush=True)\n"
        "    os._exit(0)\n"
    )
    done = supervised(folder, [*PYTHON, code])
    assert done.end.state == "done"
    assert folder.log(1).read_text() == "late\n"


def test_an_interrupt_then_ends_what_stayed_behind_alone(folder, started):
    code = (
        "import os, signal, sys\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    while True: signal.pause()\n"
        "open(os.environ['PROVENV_RUN_SEEN'] + '.ready', 'w').write(f'{os.getpid()} {child}\\n')\n"
    )
    process = started(code)
    ready(folder, 1)
    pid, child = map(int, Path(f"{folder.seen(1)}.ready").read_text().split())
    until(lambda: not Path(f"/proc/{pid}").exists())
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert is_gone(child)
    end = result(folder)["end"]
    # the signal may come just before we have seen the end of the process; it ended well all the same
    assert (end["state"], end["code"]) in (("done", 0), ("stopped", 0))


HANGS = WAITS + (
    "import json\n"
    "def told(**words):\n"
    "    with open(here, 'a') as file: file.write(json.dumps({'t': 0, **words}) + '\\n')\n"
    "told(k='begin', pid=os.getpid())\n"
    "LISTEN\n"
    "told(k='step', n=5 if rank == '0' else 4, d=1)\n"
    "def stands_here():\n"
    "    while True: signal.pause()\n"
    "stands_here()\n"
)
LISTEN = (
    "import faulthandler; file = open(os.environ['PROVENV_RUN_STACKS'], 'a'); "
    "faulthandler.register(int(os.environ['PROVENV_RUN_STACKS_SIGNAL']), file=file, all_threads=True)"
)


@pytest.mark.parametrize("listen", [LISTEN, "", "signal.signal(signal.SIGUSR2, lambda *_: print('own'))"])
def test_a_hang_is_explained_before_it_is_ended(folder, listen):
    done = supervised(folder, [*PYTHON, HANGS.replace("LISTEN", listen)], world=2, quiet=0.5)
    assert (done.end.state, done.end.code) == ("failed", 124)
    (attempt,) = done.attempts
    assert attempt.why.key == "runs.why.hung"
    told = attempt.hang
    assert (told.what.args["rank"], told.what.args["step"]) == (1, 4)
    assert told in done.findings
    if listen == LISTEN:
        assert (told.code, told.what.args["function"]) == ("PV1264", "stands_here")
        assert re.fullmatch(r"<string>:\d+", told.what.args["place"])
    else:
        assert (told.code, told.why.args["state"]) == ("PV1261", "S (sleeping)")
    assert read_run(folder).attempts == done.attempts
    for rank in (0, 1):
        stacks = folder.stacks(1, rank).read_text()
        assert ("in stands_here" in stacks) == (listen == LISTEN)
        assert "State:\tS (sleeping)" in stacks
        assert "own" not in folder.log(1, rank).read_text()


RESTS = WAITS + (
    "import json, time\n"
    "def told(**words):\n"
    "    with open(here, 'a') as file: file.write(json.dumps({'t': 0, **words}) + '\\n')\n"
    "LISTEN\n"
    "told(k='begin', pid=os.getpid())\n"
    "told(k='step', n=1, d=1)\n"
    "stacks = os.environ['PROVENV_RUN_STACKS']\n"
    "while 'State' not in open(stacks).read(): time.sleep(0.01)\n"
    "if GOES_ON: told(k='step', n=2, d=1)\n"
    "sys.exit(CODE)\n"
)


@pytest.mark.parametrize(("goes_on", "code", "kept"), [(True, 3, False), (False, 3, True), (False, 0, False)])
def test_a_stand_still_is_told_and_ends_nothing(folder, goes_on, code, kept):
    script = RESTS.replace("LISTEN", LISTEN).replace("GOES_ON", str(goes_on)).replace("CODE", str(code))
    said = []
    done = supervised(folder, [*PYTHON, script], patience=0.4, callbacks=Callbacks(told=said.append))
    assert done.end.code == code
    assert [one.key for one in said[:2]] == ["PV1264", "PV1264.why_own"]
    # what came on afterwards did not end of it
    assert (done.attempts[0].hang is not None) == kept


def test_who_makes_no_step_at_all_is_not_said_to_hang(folder):
    code = "import select; select.select([], [], [], 1.0)"
    assert supervised(folder, [*PYTHON, code], quiet=0.1).end.state == "done"


def test_several_are_shown_by_whole_lines():
    seen = []
    shown = Shown(2, lambda stream, words: seen.append((stream, words)))
    shown(0, 1, b"one\ntw")
    shown(1, 2, b" 10%\r 20%\r 30%")
    shown(0, 1, b"o\r\n")
    shown(1, 2, b"\r 40%\n")
    shown(0, 1, b"rest")
    shown.end()
    assert seen == [(1, b"[0] one\n"), (1, b"[0] two\n"), (2, b"[1]  40%\n"), (1, b"[0] rest\n")]


def test_one_is_shown_as_it_is():
    seen = []
    shown = Shown(1, lambda stream, words: seen.append(words))
    shown(0, 1, b" 10%\r 20")
    shown(0, 1, b"%\r")
    shown.end()
    assert seen == [b" 10%\r 20", b"%\r"]
