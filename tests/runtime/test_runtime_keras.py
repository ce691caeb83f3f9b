"""Real Keras trainings, killed at random batches: every resume is equal to the straight run, bit by bit."""

from __future__ import annotations

from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parent / "scripts"
KILLS = str(SCRIPTS / "framework_kills.py")


@pytest.mark.slow
@pytest.mark.parametrize(
    "options", [("arrays",), ("batches",), ("pydataset",), ("batches", "term")], ids="-".join
)
def test_every_resume_is_bit_equal_on_torch(with_frameworks, tmp_path, options):
    done = with_frameworks(
        "torch", KILLS, "train_keras", str(tmp_path), "8", "1", *options, KERAS_BACKEND="torch"
    )
    assert "all bits equal" in done.stdout


@pytest.mark.long
@pytest.mark.parametrize(
    "options",
    [
        ("batches",),
        ("batches", "augment"),
        ("dataset",),
        ("pydataset",),
        ("batches", "execution"),
        ("batches", "term"),
    ],
    ids="-".join,
)
def test_every_resume_is_bit_equal_on_tensorflow(with_frameworks, tmp_path, options):
    done = with_frameworks(
        "tensorflow",
        KILLS,
        "train_keras",
        str(tmp_path),
        "4",
        "1",
        "fresh",
        *options,
        KERAS_BACKEND="tensorflow",
    )
    assert "all bits equal" in done.stdout


@pytest.mark.long
@pytest.mark.parametrize("options", [("arrays",), ("batches",)], ids="-".join)
def test_every_resume_is_bit_equal_on_jax(with_frameworks, tmp_path, options):
    done = with_frameworks(
        "jax", KILLS, "train_keras", str(tmp_path), "4", "1", "fresh", *options, KERAS_BACKEND="jax"
    )
    assert "all bits equal" in done.stdout


@pytest.mark.long
@pytest.mark.parametrize("backend", ["torch", "tensorflow"])
def test_every_resume_is_bit_equal_200_times(with_frameworks, tmp_path, backend):
    words = ("train_keras", str(tmp_path), "200", "3", "batches")
    done = with_frameworks(backend, KILLS, *words, limit=3000, KERAS_BACKEND=backend)
    assert "all bits equal" in done.stdout


@pytest.mark.slow
def test_a_damaged_checkpoint_is_passed_over(with_frameworks, tmp_path):
    program = str(SCRIPTS / "checks_keras.py")
    done = with_frameworks("torch", program, str(tmp_path), "damaged", KERAS_BACKEND="torch")
    assert done.stdout.splitlines()[-1] == "ok"
