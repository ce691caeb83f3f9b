"""Unmodified scripts in plain torch under watching: what is written is what they did, bit by bit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from loading import load

HERE = Path(__file__).parent
watched = load("runs_watched", HERE / "watched.py")
proof = load("proof_environments", HERE.parent / "proof" / "conftest.py")
environment_of = proof.environment_of
pytestmark = pytest.mark.slow


@pytest.fixture
def run(tmp_path: Path, environment_of: Callable[[str], Any]) -> Callable[..., Any]:
    """Return what runs a script of `scripts/` with torch."""
    python = environment_of("base").python

    def start(name: str, *arguments: str, watched_too: bool = True, **variables: str) -> Any:
        script = str(watched.SCRIPTS / name)
        seen = watched.watch(
            tmp_path, script, *arguments, python=python, variables=variables, watched=watched_too
        )
        assert seen.code == 0, seen.error
        assert "provenv_watching" not in seen.error
        assert [one["text"] for one in seen.of("note") if "no longer" in one["text"]] == []
        return seen

    return start


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_plain_loop(run: Callable[..., Any], workers: str, tmp_path: Path) -> None:
    arguments = ["--workers", workers, "--validate", "--save", "latest.pt"]
    seen = run("torch_loop.py", *arguments)
    assert [one["value"] for one in seen.of("seed", name="torch")] == [7]
    assert (seen.of("uses")[0]["framework"], seen.of("uses")[0]["version"][:2]) == ("torch", "2.")
    assert [one["n"] for one in seen.of("step")][0::20] == [1]
    assert seen.of("step")[-1]["n"] == seen.of("end")[0]["n"] == 20
    assert all(0 < one["w"] <= one["d"] for one in seen.of("step")[:1])
    assert [(one["e"], one["n"]) for one in seen.of("epoch")] == [(1, 10), (2, 20)]
    assert [(one["path"], one["n"]) for one in seen.of("save")] == [("latest.pt", 10), ("latest.pt", 20)]
    # forward and backward of both layers for 32 samples; the data need no gradient
    flops = 2 * 32 * (2 * 16 * 32 + 3 * 32 * 4)
    work = seen.of("work")[0]
    # a processor's own peak is not known: there is no device
    assert (work["flops"], work["kinds"], work.get("device")) == (flops, {"float32": flops}, None)
    last = seen.out.split()
    assert seen.values("loss")[-1] == float(last[1])
    assert len(seen.of("begin")) == 1
    # to the last bit what it would have been
    assert run("torch_loop.py", *arguments, watched_too=False).out.split() == last


def test_workers_that_are_spawned_write_nothing(run: Callable[..., Any]) -> None:
    seen = run("torch_loop.py", "--workers", "1", "--context", "spawn", "--epochs", "1")
    assert [len(seen.of(kind)) for kind in ("begin", "end")] == [1, 1]
    assert seen.of("step")[-1]["n"] == 10


def test_steps_are_the_optimizers(run: Callable[..., Any]) -> None:
    seen = run("torch_loop.py", "--accumulate", "2")
    assert seen.of("step")[-1]["n"] == 10
    assert [one["text"] for one in seen.of("note")] == [
        "2 backward passes make a step: the loss is the last one's, as it was given"
    ]


@pytest.mark.parametrize(("critic", "steps"), [("1", 12), ("5", 60)])
def test_of_several_optimizers_the_busiest_counts(run: Callable[..., Any], critic: str, steps: int) -> None:
    seen = run("torch_adversarial.py", critic)
    assert seen.of("step")[-1]["n"] == steps
    assert {one["name"] for one in seen.of("metric")} == {"loss", "loss_2"}


@pytest.mark.parametrize(("way", "steps"), [("closure", 4), ("scaler", 6), ("phases", 12), ("compiled", 12)])
def test_other_ways_to_step(run: Callable[..., Any], way: str, steps: int) -> None:
    seen = run("torch_varied.py", way)
    assert seen.of("step")[-1]["n"] == steps
    assert {one["name"] for one in seen.of("metric")} == {"loss"}
    assert all(0 < value < 10 for value in seen.values("loss"))  # not what the scaler made of it
    assert seen.out == run("torch_varied.py", way, watched_too=False).out


def test_what_is_compiled_is_the_scripts_alone(run: Callable[..., Any], tmp_path: Path) -> None:
    plain = run("torch_compiled.py", watched_too=False)
    # a line at each step: whatever is kept between lines changes each time
    start = "from provenv_watching import progress\n\nprogress.EVERY = 0.0\n"
    (tmp_path / "sitecustomize.py").write_text(start)
    seen = run("torch_compiled.py", PYTHONPATH=str(tmp_path))
    assert [one["n"] for one in seen.of("step")] == [1, 2, 3, 4, 5, 6]
    assert len(seen.values("loss")) == 6
    # not one function more than without us, and the same numbers
    assert seen.out == plain.out
    assert seen.values("loss")[-1] == float(seen.out.split()[-1])


def test_of_ranks_that_a_script_spawns_the_first_one_writes(run: Callable[..., Any]) -> None:
    seen = run("torch_spawned.py")
    assert ["spawn_main" in str(one["argv"]) for one in seen.of("begin")] == [False, True]
    assert seen.of("step")[0]["n"] == 1


def test_fits_of_scikit_learn(run: Callable[..., Any]) -> None:
    seen = run("sklearn_fit.py")
    assert [(one["estimator"], one["state"]) for one in seen.of("fit")] == [
        (name, state) for name in ("MLPClassifier", "GridSearchCV") for state in ("began", "ended")
    ]
    assert [one["n"] for one in seen.of("metric", name="loss")][:8] == list(range(1, 9))
    assert seen.of("step")[-1]["n"] == 8 + 6
    assert [one["value"] for one in seen.of("seed", name="numpy")] == [4]
