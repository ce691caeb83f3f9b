"""Real Lightning trainings, killed at random steps: every resume is equal to the straight run, bit by bit."""

from __future__ import annotations

from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parent / "scripts"
KILLS = str(SCRIPTS / "framework_kills.py")
LOST = "lost=6"
"""A save waits for a batch that is neither its epoch's last nor followed by a validation: here up to two."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        (),
        ("term",),
        *(pytest.param((one,), marks=pytest.mark.long) for one in ("workers", "generator", "sampler")),
        pytest.param(("accumulate",), marks=pytest.mark.long),
    ],
    ids=lambda options: options[0] if options else "shuffled",
)
def test_every_resume_is_bit_equal(with_frameworks, tmp_path, options):
    done = with_frameworks("torch", KILLS, "train_lightning", str(tmp_path), "8", "1", *options, LOST)
    assert "all bits equal" in done.stdout


@pytest.mark.long
@pytest.mark.parametrize("options", [("workers", "keyed"), ("workers", "data")], ids="-".join)
def test_augmentation_in_workers_is_exact_with_keys_or_by_reading_again(with_frameworks, tmp_path, options):
    done = with_frameworks("torch", KILLS, "train_lightning", str(tmp_path), "20", "2", *options, LOST)
    assert "all bits equal" in done.stdout


@pytest.mark.slow
def test_every_resume_of_two_processes_is_bit_equal(with_frameworks, tmp_path):
    done = with_frameworks("torch", KILLS, "train_lightning", str(tmp_path), "6", "3", "two", LOST)
    assert "all bits equal" in done.stdout


@pytest.mark.long
@pytest.mark.parametrize("options", [(), ("two",)], ids=["one", "two"])
def test_every_resume_is_bit_equal_200_times(with_frameworks, tmp_path, options):
    words = ("train_lightning", str(tmp_path), "200", "3", *options, LOST)
    done = with_frameworks("torch", KILLS, *words, limit=3000)
    assert "all bits equal" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    "check",
    [
        "automatic",
        "damaged",
        *(
            pytest.param(one, marks=pytest.mark.long)
            for one in ("ckpt_path", "sharded", "second_fit", "early")
        ),
    ],
)
def test_with_lightning(with_frameworks, tmp_path, check):
    done = with_frameworks("torch", str(SCRIPTS / "checks_lightning.py"), str(tmp_path), check)
    assert done.stdout.splitlines()[-1] == "ok"
