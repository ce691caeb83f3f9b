"""Watching without any framework: the script sees what it would have seen, and just one process writes."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from loading import load

watched = load("runs_watched", Path(__file__).parent / "watched.py")
OWN = "import sys\nprint('own', __name__, sys.modules['sitecustomize'].__file__)\nMARK = 1\n"
WORKS = """
import sys, types
class Optimizer:
    pass
_global = {}
def register_optimizer_step_post_hook(hook):
    _global[0] = hook
def step(optimizer):
    for hook in _global.values():
        hook(optimizer, (), {})
"""


@pytest.fixture
def torch_like(tmp_path: Path) -> dict[str, str]:
    """Return the variables of a place with a `torch` that has nothing but steps."""
    package = tmp_path / "site" / "torch"
    (package / "optim").mkdir(parents=True)
    (package / "__init__.py").write_text("__version__ = '0'\n")
    (package / "optim" / "__init__.py").write_text("")
    (package / "optim" / "optimizer.py").write_text(WORKS)
    return {"PYTHONPATH": str(tmp_path / "site")}


TRAINS = """
import os, sys, subprocess, multiprocessing
from torch.optim.optimizer import Optimizer, step
def train(steps):
    one = Optimizer()
    for _ in range(steps):
        step(one)
"""


def test_the_users_own_sitecustomize_runs_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "sitecustomize.py").write_text(OWN)
    script = "import sys, sitecustomize; print(sitecustomize.MARK, [p for p in sys.path if 'payload' in p])"
    for is_watched in (True, False):
        seen = watched.watch(
            tmp_path, "-c", script, variables={"PYTHONPATH": str(tmp_path / "own")}, watched=is_watched
        )
        own = tmp_path / "own" / "sitecustomize.py"
        assert (seen.code, seen.out, seen.error) == (0, f"own sitecustomize {own}\n1 []\n", "")
        assert bool(seen.of("begin")) is is_watched


def test_without_an_own_one_there_is_none(tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", bare], check=True)
    script = "import sys; print('sitecustomize' in sys.modules)\nimport sitecustomize"
    python = str(bare / "bin" / "python")
    alone = subprocess.run(
        [python, "-c", script], env=watched.environment(None), capture_output=True, text=True, check=False
    )
    seen = watched.watch(tmp_path, "-c", script, python=python)
    assert seen.out == alone.stdout
    if alone.returncode == 0:
        pytest.skip("this Python has one of its distribution's")
    assert seen.out == "False\n"
    assert seen.error.endswith("ModuleNotFoundError: No module named 'sitecustomize'\n")
    assert seen.of("end")[0]["exception"] == "ModuleNotFoundError: No module named 'sitecustomize'"


def test_an_own_one_that_fails_says_what_it_would_have_said(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("raise ValueError('mine')\n")
    told = [
        watched.watch(tmp_path, "-c", "print(1)", variables={"PYTHONPATH": str(tmp_path)}).error,
        subprocess.run(
            [sys.executable, "-c", "print(1)"],
            env={**watched.environment(None), "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        ).stderr,
    ]
    assert told[0] == told[1]
    assert "mine" in told[0]


@pytest.mark.parametrize("version", ["2.7", "3.6", "3.8", "3.10", "3.12", "3.13"])
def test_other_interpreters_are_left_in_peace(tmp_path: Path, version: str) -> None:
    python = _python(version)
    if python is None:
        pytest.skip(f"no Python {version} here")
    script = "import random; random.seed(9); print('fine')"
    # Python 2 puts bytecode beside the source, where git would see it
    without = {"PYTHONDONTWRITEBYTECODE": "1"}
    seen = watched.watch(tmp_path, "-c", script, python=python, variables=without)
    assert (seen.code, seen.out, seen.error) == (0, "fine\n", "")
    new = tuple(map(int, version.split("."))) >= (3, 10)
    assert [one["value"] for one in seen.of("seed")] == ([9] if new else [])


def test_one_that_is_told_nothing_writes_nothing(tmp_path: Path) -> None:
    script = "import sys; print([name for name in sys.modules if 'provenv' in name])"
    seen = watched.watch(tmp_path, "-c", script, watched=False)
    assert (seen.out, list(tmp_path.iterdir())) == ("[]\n", [])


def test_how_it_ends(tmp_path: Path) -> None:
    assert "exception" not in watched.watch(tmp_path, "-c", "pass").of("end")[0]
    assert watched.watch(tmp_path, "-c", "1 / 0").of("end")[0]["exception"].startswith("ZeroDivisionError: ")
    killed = watched.watch(tmp_path, "-c", "import os; os.kill(os.getpid(), 15)")
    assert (killed.code, killed.of("end")) == (-signal.SIGTERM, [])


def test_tools_that_are_started_do_not_write(tmp_path: Path) -> None:
    script = (
        "import subprocess, sys, random; random.seed(1)\n"
        "subprocess.run([sys.executable, '-c', 'import random; random.seed(2)'], check=True)\n"
        "import os; pid = os.fork()\n"
        "if not pid: random.seed(3); sys.exit(0)\n"
        "os.waitpid(pid, 0)"
    )
    seen = watched.watch(tmp_path, "-c", script)
    assert [one["value"] for one in seen.of("seed")] == [1]
    assert [len(seen.of(kind)) for kind in ("begin", "end")] == [1, 1]


def test_seeds_set_again_and_again_are_written_thrice(tmp_path: Path) -> None:
    script = "import random\nfor n in range(9): random.seed(n)\nrandom.seed('word')\nprint(random.random())"
    seen = watched.watch(tmp_path, "-c", script)
    assert [one["value"] for one in seen.of("seed")] == [0, 1, 2]
    assert seen.out == watched.watch(tmp_path, "-c", script, watched=False).out


@pytest.mark.parametrize(
    ("how", "steps"),
    [
        ("train(5)", 5),
        # a launcher that trains nothing: what it started takes its place
        ("subprocess.run([sys.executable, __file__, 'inner'], check=True)", 3),
        ("p = multiprocessing.get_context('fork').Process(target=train, args=(4,)); p.start(); p.join()", 4),
        # ranks of its own: the first one stands for them
        (
            "[subprocess.run([sys.executable, __file__, 'inner'], env={**os.environ, 'RANK': r}, check=True)"
            " for r in '10']",
            3,
        ),
        # who trains already keeps the place
        ("train(6); subprocess.run([sys.executable, __file__, 'inner'], check=True); train(1)", 7),
    ],
)
def test_who_trains_writes(tmp_path: Path, torch_like: dict[str, str], how: str, steps: int) -> None:
    script = tmp_path / "train.py"
    main = "train(3) if sys.argv[1:] == ['inner'] else main()"
    script.write_text(f"{TRAINS}\ndef main():\n    {how}\nif __name__ == '__main__':\n    {main}\n")
    seen = watched.watch(tmp_path, str(script), variables=torch_like)
    assert (seen.code, seen.error) == (0, "")
    counted = seen.of("step")
    assert counted[0]["n"] == 1
    assert counted[-1]["n"] == steps
    assert len({one["pid"] for one in seen.of("begin")}) == len(seen.of("begin"))
    assert sum(one["s"] for one in counted) == counted[-1]["n"]
    assert seen.of("uses")[0]["framework"] == "torch"


def test_a_rank_writes_in_its_own_file(tmp_path: Path, torch_like: dict[str, str]) -> None:
    variables = {**torch_like, "RANK": "3", "WORLD_SIZE": "8"}
    (tmp_path / "train.py").write_text(f"{TRAINS}\ntrain(4)\n")
    seen = watched.watch(tmp_path, "train.py", variables=variables)
    assert (seen.of("begin")[0]["rank"], seen.of("begin")[0]["world"]) == (3, 8)
    assert seen.of("step")[-1]["n"] == 4


def test_a_failure_of_ours_is_noted_and_not_the_scripts(tmp_path: Path, torch_like: dict[str, str]) -> None:
    (tmp_path / "train.py").write_text(f"{TRAINS}\nstep(3); step(4); train(2); print('fine')\n")
    seen = watched.watch(tmp_path, "train.py", variables=torch_like)
    assert (seen.code, seen.out, seen.error) == (0, "fine\n", "")  # a number can't be referred to weakly
    assert [one["text"][:39] for one in seen.of("note")] == ["steps of torch: no longer watched: Type"]


def test_a_record_that_is_gone_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    script = "import shutil, random; shutil.rmtree('run'); random.seed(1); print('fine')"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=watched.environment(tmp_path / "run" / "rank-0.jsonl"),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("fine\n", "")


def test_stacks_are_dumped_at_a_signal_and_the_process_goes_on(tmp_path: Path) -> None:
    stacks = tmp_path / "stacks-0.txt"
    script = (
        "import time\ndef hangs():\n    print('here', flush=True)\n    input()\nhangs()\nprint('went on')"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        env=watched.environment(
            tmp_path / "seen",
            PROVENV_RUN_STACKS=str(stacks),
            PROVENV_RUN_STACKS_SIGNAL=str(int(signal.SIGUSR1)),
        ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        process.send_signal(signal.SIGUSR1)
        _until(lambda: "in <module>" in stacks.read_text())
        assert "in hangs" in stacks.read_text()
        assert process.communicate("\n")[0] == "went on\n"


def test_a_handler_of_the_scripts_own_takes_the_place(tmp_path: Path) -> None:
    script = (
        "import os, signal; signal.signal(signal.SIGUSR1, lambda *_: print('mine'))\n"
        "os.kill(os.getpid(), signal.SIGUSR1)"
    )
    variables = {
        "PROVENV_RUN_STACKS": str(tmp_path / "stacks"),
        "PROVENV_RUN_STACKS_SIGNAL": str(int(signal.SIGUSR1)),
    }
    assert watched.watch(tmp_path, "-c", script, variables=variables).out == "mine\n"
    assert (tmp_path / "stacks").read_text() == ""


@pytest.mark.slow
def test_it_beats_while_the_main_thread_hangs(tmp_path: Path, torch_like: dict[str, str]) -> None:
    then = "import threading\nprint(threading.active_count(), flush=True)\ninput()\n"
    (tmp_path / "train.py").write_text(f"{TRAINS}\ntrain(2)\n{then}")
    seen = tmp_path / "seen.jsonl"
    process = subprocess.Popen(
        [sys.executable, "train.py"],
        env=watched.environment(seen, **torch_like),
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        _until(lambda: any(one["k"] == "beat" and one["n"] == 2 for one in watched.read(seen)))
        assert process.communicate("\n")[0] == "1\n"
    assert [one["k"] for one in watched.read(seen)][-1] == "end"


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            if holds():
                return
        except (FileNotFoundError, AssertionError):
            pass
        time.sleep(0.02)
    pytest.fail("it never came")


def _python(version: str) -> str | None:
    found = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    return str(found[-1]) if found else shutil.which(f"python{version}")
