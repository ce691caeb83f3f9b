"""A real Trainer of transformers, killed at random steps: every resume is bit-equal to the straight run."""

from __future__ import annotations

from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parent / "scripts"
KILLS = str(SCRIPTS / "framework_kills.py")


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [(), *(pytest.param((one,), marks=pytest.mark.long) for one in ("workers", "accumulate", "term"))],
    ids=lambda options: options[0] if options else "plain",
)
def test_every_resume_is_bit_equal(with_frameworks, tmp_path, options):
    done = with_frameworks("torch", KILLS, "train_transformers", str(tmp_path), "8", "1", *options)
    assert "all bits equal" in done.stdout


@pytest.mark.long
def test_every_resume_is_bit_equal_200_times(with_frameworks, tmp_path):
    words = ("train_transformers", str(tmp_path), "200", "3")
    done = with_frameworks("torch", KILLS, *words, limit=3000)
    assert "all bits equal" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("check", ["forgotten", "damaged"])
def test_with_transformers(with_frameworks, tmp_path, check):
    done = with_frameworks("torch", str(SCRIPTS / "checks_transformers.py"), str(tmp_path), check)
    assert done.stdout.splitlines()[-1] == "ok"
