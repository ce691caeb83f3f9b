"""TensorFlow's strategies under supervision: two workers, two devices in one process, a worker's death."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from loading import load
from supervising import new_run, supervised

HERE = Path(__file__).parent
watched = load("runs_watched", HERE / "watched.py")
SCRIPT = str(HERE / "scripts" / "tf_workers.py")
pytestmark = pytest.mark.slow


def told(words: str) -> dict:
    return json.loads(re.search(r"^told (.*)$", words, re.MULTILINE)[1])


@pytest.fixture
def run(tmp_path, frameworks_python):
    """Return what trains with two processes, under watching: words -> (how it ended, its folder)."""
    python = str(frameworks_python("tensorflow"))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "TF_"))}

    def start(*words, retries=0):
        folder = new_run(tmp_path)
        done = supervised(
            folder,
            [python, SCRIPT, *words],
            world=2,
            retries=retries,
            hooks=str(watched.WATCHING),
            environment={**kept, "OMP_NUM_THREADS": "1"},
        )
        return done, folder

    return start


def test_two_workers_train_one_model_and_a_death_of_one_does_not_change_it(run):
    done, folder = run()
    assert done.end.code == 0, folder.log(1, 0).read_text()[-4000:]
    first, second = (told(folder.log(1, rank).read_text()) for rank in range(2))
    assert [(one.pop("task"), one.pop("index")) for one in (first, second)] == [("worker", 0), ("worker", 1)]
    assert first == second
    assert first["replicas"] == 2
    assert first["losses"] == sorted(first["losses"], reverse=True)

    done, folder = run("die", retries=1)
    assert (done.end.state, done.end.code) == ("done", 0), folder.log(2, 0).read_text()[-4000:]
    death, again = done.attempts
    (one,) = [one for one in death.ranks if one.first]
    assert (one.rank, one.code) == (1, 137)
    assert "told" not in folder.log(1, 0).read_text()
    assert [one.code for one in again.ranks] == [0, 0]
    assert [told(folder.log(2, rank).read_text())["weights"] for rank in range(2)] == [first["weights"]] * 2


def test_two_devices_of_one_process_under_watching(tmp_path, frameworks_python):
    python = str(frameworks_python("tensorflow"))
    seen = watched.watch(tmp_path, SCRIPT, "fit", python=python)
    assert seen.code == 0, seen.error
    words = told(seen.out)
    assert (words["task"], words["replicas"]) == ("", 2)
    assert [one["n"] for one in seen.of("total")] == [12]
    assert seen.of("step")[-1]["n"] == 12
    assert [one["n"] for one in seen.of("epoch")] == [4, 8, 12]
    assert seen.values("loss")[-1] == pytest.approx(words["losses"][-1], rel=1e-6)
    assert [one["text"] for one in seen.of("note") if "no longer" in one["text"]] == []


@pytest.mark.long
@pytest.mark.xfail(strict=True, reason="Keras 3 can't: keras-team/keras#20585; said in docs/runs.md")
def test_keras_itself_trains_with_two_workers(run):
    done, folder = run("fit")
    assert "PerReplica" in folder.log(1, 0).read_text()
    assert done.end.code == 0
