"""The real program against a real Slurm: environments proven on a node, runs submitted, followed, ended."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from cli.conftest import make_wheel
from slurm_cluster import SlurmCluster
from ssh_hosts import wait_until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.root,
    pytest.mark.skipif(sys.platform != "linux", reason="Slurm is for Linux"),
]
FILE = """
schema = 1
name = "digits"
python = "{python}"
requirements = ["alpha"]

[env]
DIGITS = "7"
pass = ["HUB"]

[run.train]
command = "python train.py"

[run.save]
command = "python save.py 40"

[target.cluster]
kind = "slurm"
time = "5m"
gpus_per_node = "fake:1"
signal = 60
requeues = 2
{more}
"""
TRAIN = """
import os, alpha
print("alpha", alpha.version, "gpu", os.environ["SLURM_JOB_GPUS"], "at", os.uname().nodename)
print("DIGITS", os.environ["DIGITS"], "HUB", os.environ.get("HUB"), "LEAK", os.environ.get("LEAK"))
"""
SAVE = """
import json, os, signal, sys, time
told = []
signal.signal(signal.SIGTERM, lambda *_: told.append(True))
step = json.load(open("step.json")) if os.path.exists("step.json") else 0
print("from", step, flush=True)
while step < int(sys.argv[1]) or os.path.exists("endless"):
    step += 1
    time.sleep(0.1)
    if told:
        json.dump(step, open("step.json", "w"))
        print("saved", step, flush=True)
        sys.exit(143)
print("done at", step)
"""


@dataclass
class Place:
    """A project on the cluster's login machine."""

    root: Path
    cluster: SlurmCluster
    environment: dict[str, str]

    def begin(self, *words: str, **settings: Any) -> subprocess.Popen[str]:
        """Start the program."""
        return subprocess.Popen(
            [sys.executable, "-m", "provenv", *words],
            cwd=self.root,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **settings,
        )

    def __call__(self, *words: str) -> tuple[int, str, str]:
        """Run the program; return its code and what it printed."""
        begun = self.begin(*words)
        out, err = begun.communicate(timeout=200)
        return begun.returncode, out, err

    def submit(self, *words: str) -> str:
        """Submit a run and return the id of its record."""
        code, _, err = self("run", *words)
        assert code == 0, err
        found = re.search(r"\d{8}-\d{6}-[0-9a-f]{4}", err)
        assert found is not None, err
        return found[0]

    def shown(self, run: str) -> dict[str, Any]:
        """Return what `runs show` tells of a run."""
        code, out, err = self("runs", "show", run, "--json")
        assert code == 0, err
        found: dict[str, Any] = json.loads(out)["data"]
        return found

    def until(self, run: str, *states: str, limit: float = 60.0) -> dict[str, Any]:
        """Wait for a state of a run, and return what is shown of it then."""
        assert wait_until(lambda: self.shown(run)["run"]["state"] in states, limit), (
            self.shown(run),
            self.cluster.logs(),
        )
        return self.shown(run)

    def record(self, run: str) -> Path:
        """Return the folder of a run."""
        return self.root / ".provenv" / "runs" / run


def project(folder: Path, cluster: SlurmCluster, more: str = "") -> Place:
    """Return a project whose one requirement is a tiny wheel."""
    root, wheels = folder / "digits", folder / "wheels"
    root.mkdir()
    wheels.mkdir()
    make_wheel(wheels, "alpha", "2.0")
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    (root / "provenv.toml").write_text(FILE.format(python=python, more=more))
    (root / "train.py").write_text(TRAIN)
    (root / "save.py").write_text(SAVE)
    environment = {
        **cluster.environment,
        "PYTHONPATH": str(Path(__file__).resolve().parents[2] / "src"),
        "UV_CACHE_DIR": str(folder / "uv-cache"),
        "PIP_FIND_LINKS": str(wheels),
        "PIP_NO_INDEX": "1",
        "PIP_CONFIG_FILE": os.devnull,
        "PROVENV_LANG": "en",
        "COLUMNS": "100",
        "HUB": "said",
        "LEAK": "secret",
    }
    return Place(root, cluster, environment)


@pytest.fixture
def make(tmp_path: Path, slurm: SlurmCluster) -> Callable[[str], Place]:
    """Return a maker of projects."""
    return partial(project, tmp_path, slurm)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, slurm_cluster: SlurmCluster) -> Place:
    """Return a project whose environment is built and proven, once for all tests."""
    made = project(tmp_path_factory.mktemp("cluster"), slurm_cluster)
    code, _, err = made("up", "--on", "cluster")
    assert code == 0, err
    return made


@pytest.fixture
def place(built: Place, slurm: SlurmCluster) -> Iterator[Place]:
    """Yield the project without runs."""
    declared = (built.root / "provenv.toml").read_bytes()
    yield built
    slurm.empty()
    (built.root / "provenv.toml").write_bytes(declared)
    shutil.rmtree(built.root / ".provenv" / "runs", ignore_errors=True)
    for name in ("endless", "step.json"):
        (built.root / name).unlink(missing_ok=True)


def test_an_environment_is_proven_on_a_node_and_a_run_goes_there(place: Place) -> None:
    facts = json.loads((place.root / ".provenv/cluster/generations/0001/facts.json").read_text())
    assert facts["slurm"]["partitions"]
    assert place.cluster.call("squeue", "--noheader") == ""
    code, out, err = place("run", "--on", "cluster", "--wait", "train")
    assert code == 0, err
    assert "alpha 2.0 gpu 0 at n" in out
    # what is declared gets there, what `pass` names too, and nothing else of the submitting shell
    assert "DIGITS 7 HUB said LEAK None" in out
    shown = place.shown("last")
    assert shown["run"]["state"] == "done"
    assert shown["run"]["record"]["job"].isdecimal()
    assert [one["code"] for one in shown["run"]["attempts"]] == [0]
    script = (place.record(shown["run"]["record"]["id"]) / "job.sh").read_text()
    assert "said" not in script
    assert "secret" not in script


def test_facts_are_those_of_a_node(place: Place) -> None:
    code, out, err = place("facts", "--on", "cluster", "--json")
    assert code == 0, err
    assert json.loads(out)["data"]["slurm"]["partitions"]
    assert place.cluster.call("squeue", "--noheader") == ""


def test_a_command_on_a_node_is_as_if_it_ran_here(place: Place) -> None:
    words = "import alpha, os, sys; print(os.uname().nodename, alpha.version, sys.stdin.read()); sys.exit(5)"
    begun = subprocess.run(
        [sys.executable, "-m", "provenv", "exec", "--on", "cluster", "--", "python", "-c", words],
        cwd=place.root,
        env=place.environment,
        input="said",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert begun.returncode == 5, begun.stderr
    assert re.fullmatch(r"n[12] 2\.0 said\n", begun.stdout)
    assert place.cluster.call("squeue", "--noheader") == ""


def test_a_run_that_fails_says_why(place: Place) -> None:
    code, out, err = place("run", "--on", "cluster", "--wait", "--", "python", "-c", "import nothing_like_it")
    print(err)
    assert code == 1
    assert "nothing_like_it" in out
    assert place.shown("last")["run"]["state"] == "failed"


def test_a_run_waits_for_busy_nodes_and_says_so(place: Place) -> None:
    place.cluster.call("sbatch", "--nodes=2", "--exclusive", "--output=/dev/null", "--wrap=sleep 300")
    run = place.submit("--on", "cluster", "train")
    shown = place.until(run, "queued")
    assert wait_until(lambda: place.shown(run)["waiting"]["what"]["args"]["reason"] == "Resources")
    shown = place.shown(run)
    assert shown["waiting"]["why"]["key"] == "slurm.waits.resources"
    code, out, _ = place("runs", "show", run)
    assert code == 0
    assert f"squeue --start --jobs={shown['run']['record']['job']}" in out
    # what waits for the generation keeps it
    assert place("down", "--on", "cluster", "--yes")[0] == 1
    code, _, err = place("runs", "stop", run)
    assert code == 0, err
    assert place.shown(run)["run"]["state"] == "stopped"
    assert place.cluster.state(shown["run"]["record"]["job"]) == "CANCELLED"


def test_what_the_cluster_has_not_is_refused_before(make: Callable[[str], Place]) -> None:
    place = make('[target.big]\nkind = "slurm"\ngpus_per_node = "h100:8"\n')
    code, _, err = place("up", "--on", "big")
    assert code == 1
    assert "error[PV1394]" in err
    assert "gpu:fake:1" in err


def test_what_slurm_refuses_is_explained(place: Place) -> None:
    file = place.root / "provenv.toml"
    file.write_text(file.read_text() + 'extra = ["--licenses=none"]\n')
    code, _, err = place("run", "--on", "cluster", "train")
    assert code == 125
    assert "error[PV1392]" in err
    assert "scontrol show licenses" in err
    assert not list((place.root / ".provenv" / "runs").iterdir())


def test_time_is_over_and_it_goes_on_where_it_stood(place: Place) -> None:
    run = place.submit("--on", "cluster", "save")
    log = place.record(run) / "1" / "rank-0.log"
    assert wait_until(lambda: log.exists() and "from 0" in log.read_text(), 60.0), place.cluster.logs()
    job = place.shown(run)["run"]["record"]["job"]
    # what Slurm sends before the time is over
    place.cluster.call("scancel", "--signal=USR1", "--batch", job)
    shown = place.until(run, "done", limit=90.0)
    first, second = shown["run"]["attempts"]
    assert (first["code"], first["restarted"], first["why"]["key"]) == (143, True, "slurm.why.requeued")
    assert (second["code"], second["restarted"]) == (0, False)
    saved = re.search(r"saved (\d+)", log.read_text())
    assert saved is not None
    assert f"from {saved[1]}\n" in (place.record(run) / "2" / "rank-0.log").read_text()


def test_a_run_that_is_stopped_saves_first(place: Place) -> None:
    (place.root / "endless").touch()
    run = place.submit("--on", "cluster", "save")
    log = place.record(run) / "1" / "rank-0.log"
    assert wait_until(lambda: log.exists() and "from 0" in log.read_text(), 60.0), place.cluster.logs()
    code, _, err = place("runs", "stop", run)
    assert code == 0, err
    shown = place.shown(run)
    assert (shown["run"]["state"], shown["run"]["end"]["code"]) == ("stopped", 143)
    assert "saved" in log.read_text()


def test_who_stops_following_leaves_the_job(place: Place) -> None:
    (place.root / "endless").touch()
    begun = place.begin("run", "--on", "cluster", "--wait", "save", start_new_session=True)
    assert begun.stdout is not None
    assert begun.stdout.readline() == "from 0\n"
    begun.send_signal(signal.SIGINT)
    _, err = begun.communicate(timeout=120)
    assert begun.returncode == 130
    assert "goes on" in err
    assert place.shown("last")["run"]["state"] == "running"
    assert place("runs", "stop", "--kill")[0] == 0
    assert place.shown("last")["run"]["state"] == "stopped"


def test_each_member_of_an_array_is_a_run(make: Callable[[str], Place]) -> None:
    place = make('[target.many]\nkind = "slurm"\narray = "1-3:2"\n')
    assert place("up", "--on", "many")[0] == 0
    place.submit("--on", "many", "--", "python", "-c", "import os; print(os.environ['SLURM_ARRAY_TASK_ID'])")
    assert wait_until(lambda: place("runs", "ls", "--json")[1].count('"state": "done"') >= 2, 60.0), (
        place.cluster.logs()
    )
    runs = sorted(path.name for path in (place.root / ".provenv" / "runs").glob("2*"))
    assert sorted(place("runs", "logs", one)[1] for one in runs) == ["1\n", "3\n"]


def test_each_node_lays_the_environment_down_once(make: Callable[[str], Place], slurm: SlurmCluster) -> None:
    disk = slurm.scratch / "digits"
    place = make(f'[target.disk]\nkind = "slurm"\nnodes = 2\nenvironment = "node"\nnode_folder = "{disk}"\n')
    code, _, err = place("up", "--on", "disk")
    assert code == 0, err
    # a disk of the node's own: nothing is seen of it here
    show = f"import alpha, os; print(alpha.__file__, os.stat('{disk}').st_ino, os.uname().nodename)"
    told = []
    for _ in range(2):
        code, out, err = place("run", "--on", "disk", "--wait", "--", "python", "-c", show)
        assert code == 0, err
        told.append(sorted(line.partition("] ")[2] for line in out.splitlines()))
    assert told[0] == told[1]
    assert all(str(disk) in line for line in told[0])
    assert {line.split()[-1] for line in told[0]} == {"n1", "n2"}
    assert not disk.exists()


@pytest.mark.long
def test_a_real_end_of_time(make: Callable[[str], Place]) -> None:
    place = make('[target.minute]\nkind = "slurm"\ntime = "1m"\nsignal = 45\n')
    assert place("up", "--on", "minute")[0] == 0
    run = place.submit("--on", "minute", "--", "python", "save.py", "450")
    shown = place.until(run, "done", limit=150.0)
    assert len(shown["run"]["attempts"]) > 1
    assert all(one["why"]["key"] == "slurm.why.requeued" for one in shown["run"]["attempts"][:-1])


@pytest.mark.long
def test_time_that_is_over_without_a_word_before(make: Callable[[str], Place]) -> None:
    place = make('[target.minute]\nkind = "slurm"\ntime = "1m"\n')
    assert place("up", "--on", "minute")[0] == 0
    run = place.submit("--on", "minute", "--", "python", "-c", "import time; time.sleep(300)")
    shown = place.until(run, "failed", limit=150.0)
    assert shown["run"]["end"]["why"]["key"] == "slurm.ended.TIMEOUT"
