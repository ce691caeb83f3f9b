"""Unmodified scripts of frameworks under watching: epochs, totals and metrics as the framework has them."""

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
pytestmark = [pytest.mark.slow, pytest.mark.long]


@pytest.fixture
def run(tmp_path: Path, environment_of: Callable[[str], Any]) -> Callable[..., Any]:
    """Return what runs a script of `scripts/` in a framework's environment."""

    def start(environment: str, name: str, *arguments: str, **variables: str) -> Any:
        found = environment_of(environment)
        seen = watched.watch(
            tmp_path,
            str(watched.SCRIPTS / name),
            *arguments,
            python=found.python,
            variables={"CUDA_VISIBLE_DEVICES": "", "HF_HUB_OFFLINE": "1", **variables},
        )
        assert seen.code == 0, seen.error
        assert [one["text"] for one in seen.of("note") if "no longer" in one["text"]] == []
        assert len(seen.of("begin")) == 1
        return seen

    return start


def test_lightning(run: Callable[..., Any], tmp_path: Path) -> None:
    seen = run("torch", "lightning_fit.py", str(tmp_path / "out"))
    assert {one["framework"] for one in seen.of("uses")} == {"lightning", "torch"}
    assert [one["n"] for one in seen.of("total")] == [18]
    assert [(one["e"], one["total"], one["n"]) for one in seen.of("epoch")] == [
        (1, 3, 6),
        (2, 3, 12),
        (3, 3, 18),
    ]
    assert seen.of("step")[-1]["n"] == 18
    assert {"loss", "train_loss", "val_loss"} == {one["name"] for one in seen.of("metric")}
    assert seen.of("save")[-1]["path"].endswith(".ckpt")
    assert 5 in [one["value"] for one in seen.of("seed", name="lightning")]
    # none of ours is among them
    assert "provenv" not in seen.out
    assert "ModelCheckpoint" in seen.out


def test_transformers(run: Callable[..., Any], tmp_path: Path) -> None:
    seen = run("torch", "transformers_train.py", str(tmp_path / "out"))
    assert "transformers" in {one["framework"] for one in seen.of("uses")}
    assert [one["n"] for one in seen.of("total")] == [8]
    assert seen.of("step")[-1]["n"] == 8
    assert [(one["e"], one["total"]) for one in seen.of("epoch")] == [(1, 2), (2, 2)]
    assert {"loss", "train/loss", "train/learning_rate", "eval/loss"} <= {
        one["name"] for one in seen.of("metric")
    }
    assert seen.values("loss")[-1] == pytest.approx(seen.values("train/loss")[-1], rel=0.02)
    assert [(Path(one["path"]).name, one["n"]) for one in seen.of("save")] == [("checkpoint-8", 8)]


@pytest.mark.parametrize(
    ("environment", "backend"), [("tensorflow", "tensorflow"), ("torch", "torch"), ("jax", "jax")]
)
def test_keras(run: Callable[..., Any], environment: str, backend: str) -> None:
    seen = run(environment, "keras_fit.py", KERAS_BACKEND=backend)
    assert {one["framework"] for one in seen.of("uses")} == {"keras", backend}
    assert seen.of("uses", framework="keras")[0]["backend"] == backend
    assert [one["n"] for one in seen.of("total")] == [12]
    assert seen.of("step")[-1]["n"] == 12
    assert [(one["e"], one["total"], one["n"]) for one in seen.of("epoch")] == [
        (1, 3, 4),
        (2, 3, 8),
        (3, 3, 12),
    ]
    assert {"loss", "mae", "val_loss", "val_mae"} <= {one["name"] for one in seen.of("metric")}
    assert seen.values("loss")[-1] == float(seen.out.split()[-1])
    assert 2 in [one["value"] for one in seen.of("seed", name="keras")]
    assert ("w" in seen.of("step")[-1]) is (backend == "torch")
