"""`run` and `shell` in an image: codes, signals, input, terminals, mounts, limits, GPUs; nothing stays."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from loading import load
from provenv.model.image import Image
from provenv.model.state import Generation
from provenv.targets.images import write_image
from provenv.targets.layout import Layout
from provenv.targets.lease import leased
from provenv.targets.records import write_generation
from provenv.targets.venv import make_current

pytestmark = [pytest.mark.root, pytest.mark.slow]

world = load("engines_world", Path(__file__).with_name("engines_world.py"))
terminals = load("runs_terminals", Path(__file__).parents[1] / "runs" / "conftest.py")

PROVENV = (sys.executable, "-m", "provenv")


@dataclass(frozen=True)
class Place:
    """A project whose target `box` has a generation with the base image, and `provenv` there."""

    root: Path
    name: str
    found: Any
    environment: dict[str, str]

    def __call__(self, *words: str, stdin: str = "", **more: str) -> subprocess.CompletedProcess[str]:
        """Run provenv and return how it ended."""
        return subprocess.run(
            [*PROVENV, *words],
            check=False,
            capture_output=True,
            text=True,
            input=stdin,
            cwd=self.root,
            env={**self.environment, **more},
            timeout=120,
        )

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start provenv in a session of its own."""
        return subprocess.Popen(
            [*PROVENV, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.root,
            env=self.environment,
            start_new_session=True,
        )


@pytest.fixture(params=["new", "old", "podman"])
def place(request: pytest.FixtureRequest, tmp_path: Path, repository: Path) -> Place:
    """Return the project on each engine in turn."""
    return make(world.found(request.param, request), tmp_path, repository)


@pytest.fixture
def new(request: pytest.FixtureRequest, tmp_path: Path, repository: Path) -> Place:
    """Return the project on the newest engine alone: what no engine changes."""
    return make(world.found("new", request), tmp_path, repository)


def make(found: Any, root: Path, repository: Path) -> Place:
    """Lay the project down as if `up --on box` had built the base."""
    (root / "data").mkdir()
    (root / "data" / "file").write_text("seen\n")
    engine, name = found.engine.client.kind, f"play-{os.urandom(4).hex()}"
    (root / "provenv.toml").write_text(
        f'schema = 1\nname = "{name}"\nrequirements = []\n'
        '[env]\nCOLOUR = "blue"\npass = ["TOKEN"]\n'
        "[run.train]\ncommand = \"sh -c 'echo $0 $1; exit 3'\"\n"
        f'[target.box]\nkind = "image"\nbase = "{found.base}"\nengine = "{engine}"\nnetwork = "host"\n'
        'volumes = ["./data:/data:ro"]\nshm = "24m"\n'
        '[target.twin]\nkind = "venv"\n'
    )
    layout = Layout(root, "box")
    layout.generation(1).mkdir(parents=True)
    number = found.own.call("image", "inspect", "--format", "{{.Id}}", found.base).stdout.strip()
    write_image(layout, 1, Image(number, "play-box:0123456789ab", engine, found.base, "r", "b"))
    record = Generation(number=1, path=str(layout.generation(1)), python="/usr/bin/python3", proof="passed")
    write_generation(layout, record)
    make_current(layout, 1)
    environment = {
        **found.environment,
        "PYTHONPATH": str(repository / "src"),
        "HOME": str(root),
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "TOKEN": "hunter2",
    }
    return Place(root, name, found, environment)


CODES = {
    ("true",): 0,
    ("sh", "-c", "exit 3"): 3,
    ("sh", "-c", "exit 125"): 125,
    ("sh", "-c", "sh -c 'kill -KILL $$'; exit $?"): 137,
    ("no-such-program",): 127,
    ("/etc/passwd",): 126,
}


@pytest.mark.parametrize("argv", CODES, ids=" ".join)
def test_the_code_is_the_command_s_own(place: Place, argv: tuple[str, ...]) -> None:
    done = place("run", "--on", "box", "--", *argv)
    assert done.returncode == CODES[argv], done.stderr
    assert "Traceback" not in done.stderr
    code = {126: "PV1085", 127: "PV1082"}.get(CODES[argv])
    assert code is None or code in done.stderr
    assert left(place) == []


def left(place: Place) -> list[str]:
    """Return the containers of the project that are there, running or not: tests share engines."""
    label = f"label=dev.provenv.project={place.name}"
    return place.found.own.call("ps", "--all", "--quiet", "--filter", label).stdout.split()


def test_a_command_has_its_input_what_is_passed_on_and_the_folders(place: Place) -> None:
    script = "cat; echo $TOKEN; cat /data/file; touch /data/x || echo kept; df -k /dev/shm | tail -1"
    done = place("run", "--on", "box", "--", "sh", "-c", script, stdin="typed\n")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[:4] == ["typed", "hunter2", "seen", "kept"]
    assert "24576" in lines[4]
    assert "hunter2" not in done.stderr


def test_it_is_said_which_image_runs_and_what_it_sees(new: Place) -> None:
    done = new("run", "--on", "box", "--", "true")
    assert "`play-box:0123456789ab` (generation 1)" in done.stderr
    assert f"`{new.root}/data` at `/data`, to read only" in " ".join(done.stderr.split())
    assert done.stdout == ""
    assert new("run", "-q", "--on", "box", "--", "true").stderr == ""


def test_a_declared_run_gets_more_words_and_tells_how_it_ended(new: Place) -> None:
    done = new("run", "--on", "box", "--json-file", "end.json", "train", "one", "two")
    assert (done.returncode, done.stdout) == (3, "one two\n")
    told = json.loads((new.root / "end.json").read_text())["data"]
    assert told["code"] == 3
    assert told["contained"]["reference"] == "play-box:0123456789ab"
    assert told["contained"]["mounts"] == [{"source": f"{new.root}/data", "path": "/data", "read_only": True}]


def test_options_count_in_place_of_the_target_s(place: Place) -> None:
    limits = ("--memory", "200m", "--shm", "16m", "--volume", "./data:/data", "--folder", "/usr")
    script = (
        "pwd; cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null;"
        "df -k /dev/shm | tail -1; touch /data/new"
    )
    done = place("run", "--on", "box", *limits, "--", "sh", "-c", script)
    assert done.returncode == 0, done.stderr
    folder, memory, shm = done.stdout.splitlines()
    assert (folder, memory) == ("/usr", str(200 << 20))
    assert "16384" in shm
    assert (place.root / "data" / "new").is_file()


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("--on", "box", "-p", "x"), 2, "PV1083"),
        (("--on", "box", "--volume", "./none:/n"), 125, "PV1081"),
        (("--on", "twin", "--gpus", "all"), 2, "PV1080"),
        (("-p", "80"), 2, "PV1080"),
    ],
)
def test_what_cannot_be_is_said_before_anything_runs(
    new: Place, words: tuple[str, ...], code: int, told: str
) -> None:
    done = new("run", *words, "--", "echo", "ran")
    assert (done.returncode, done.stdout) == (code, "")
    assert told in done.stderr


def test_without_a_generation_there_is_nothing_to_run_in(new: Place) -> None:
    (new.root / ".provenv" / "box" / "current").unlink()
    done = new("run", "--on", "box", "--", "true")
    assert done.returncode == 125
    assert "PV721" in done.stderr
    assert "provenv up --on box" in done.stderr


def test_an_image_that_is_gone_is_said(place: Place) -> None:
    gone = Image("sha256:" + "0" * 64, "play-box:gone", "docker", "b", "r", "b")
    write_image(Layout(place.root, "box"), 1, gone)
    done = place("run", "--on", "box", "--", "true")
    assert done.returncode == 125
    assert "PV1084" in done.stderr
    assert "provenv up --on box --repair" in done.stderr


JOB_CONTROL = (signal.SIGCONT, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)
WAITING = "trap 'echo got; exit 5' TERM INT HUP; echo ready; while :; do sleep 0.05; done"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_reaches_the_command(place: Place, number: signal.Signals) -> None:
    process = place.start("run", "--on", "box", "--", "sh", "-c", WAITING)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    # podman's client hands signals on only a moment after its container has begun
    wait_until(lambda: all(hands_on(client) for client in children(process.pid)))
    process.send_signal(number)
    out, said = process.communicate(timeout=60)
    assert (process.returncode, out) == (5, "got\n"), said


def test_a_killed_client_leaves_no_container_and_the_image_is_held_meanwhile(place: Place) -> None:
    seconds = str(1000 + int.from_bytes(os.urandom(3), "big"))
    process = place.start("run", "--on", "box", "--", "sh", "-c", f"echo ready; exec sleep {seconds}")
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    assert leased(Layout(place.root, "box").generation(1))
    for client in children(process.pid):
        os.kill(client, signal.SIGKILL)
    process.communicate(timeout=60)
    assert process.returncode == 137
    wait_until(lambda: not world.runs(f"sleep {seconds}"))
    wait_until(lambda: left(place) == [])
    assert not leased(Layout(place.root, "box").generation(1))


def children(number: int) -> list[int]:
    """Return the engine's clients among the children of a process."""
    said = Path(f"/proc/{number}/task/{number}/children").read_text().split()
    return [
        int(one)
        for one in said
        if b"\0run\0" in Path(f"/proc/{one}/cmdline").read_bytes()
        and b"provenv\0run" not in Path(f"/proc/{one}/cmdline").read_bytes()
    ]


def hands_on(number: int) -> bool:
    """Tell whether an engine's client listens for all signals by now (proc(5), SigCgt).

    Go itself has a handler for SIGTERM and its like from the first moment, which proves nothing, and none for
    those of job control: these come when the client asks for every signal.
    """
    lines = Path(f"/proc/{number}/status").read_text().splitlines()
    caught = next(int(line.split()[1], 16) for line in lines if line.startswith("SigCgt"))
    return all(caught >> (one - 1) & 1 for one in JOB_CONTROL)


def wait_until(true: Any) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_shell_without_a_terminal_reads_its_commands(place: Place) -> None:
    done = place("shell", "--on", "box", stdin="echo $0 $COLOUR; cat /data/file; exit 4\n")
    assert done.returncode == 4, done.stderr
    assert done.stdout.split() == ["bash", "seen"]


@pytest.fixture
def terminal(place: Place) -> Iterator[Any]:
    """Return a maker of terminals with provenv on their other end."""
    made: list[Any] = []

    def start(*words: str) -> Any:
        made.append(terminals.Terminal([*PROVENV, *words], place.environment, place.root))
        return made[-1]

    yield start
    for one in made:
        one.close()


def test_a_shell_on_a_terminal_names_the_environment(terminal: Any, place: Place) -> None:
    screen = terminal("shell", "--on", "box")
    screen.expect(rf"\({place.name}:box\) ")
    screen.type("tty -s && stty size; exit 6\r")
    screen.expect("24 80")
    assert screen.wait() == 6


def test_ctrl_c_on_a_terminal_reaches_the_command(terminal: Any) -> None:
    screen = terminal("run", "--on", "box", "--", "sh", "-c", WAITING)
    screen.expect("ready")
    screen.type("\x03")
    screen.expect("got")
    assert screen.wait() == 5


def test_a_failed_program_on_a_terminal_is_explained(terminal: Any) -> None:
    screen = terminal(
        "run", "--on", "box", "--", "python3", "-c", "import os; os.isatty(1) or 1/0; import torch"
    )
    screen.expect("No module named 'torch'")
    screen.expect("diagnosis")
    assert screen.wait() == 1


def test_a_gpu_is_handed_in_by_cdi(new: Place) -> None:
    # a count of one is the first of them
    for wanted, given in (("all", "all"), ("1", "0")):
        done = new(
            "run", "--on", "box", "--gpus", wanted, "--", "sh", "-c", "ls /dev/nvidia0; echo $FAKE_GPU"
        )
        assert done.stdout.split() == ["/dev/nvidia0", given], done.stderr


def test_replaced_by_the_command_it_is_the_same_process(new: Place) -> None:
    done = new("run", "--replace", "--on", "box", "--", "sh", "-c", "echo here; exit 7")
    assert (done.returncode, done.stdout) == (7, "here\n")
