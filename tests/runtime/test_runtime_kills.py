"""kill -9 at random moments of a real training: every resume is equal to the straight run, bit by bit."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("workers", "options"),
    [(0, ()), (2, ()), (2, ("persistent",)), (0, ("sampler",)), (2, ("sampler",))],
    ids=["alone", "workers", "workers-that-stay", "sampler-alone", "sampler-workers"],
)
def test_every_resume_is_bit_equal(with_torch, tmp_path, workers, options):
    # starting workers takes most of the time
    kills = "6" if workers else "30"
    done = with_torch(str(HERE / "torch_kills.py"), str(tmp_path), str(workers), kills, *options)
    assert "all bits equal" in done.stdout


def test_every_resume_of_two_processes_is_bit_equal(with_torch, tmp_path):
    done = with_torch(str(HERE / "torch_kills.py"), str(tmp_path), "0", "8", "two")
    assert "all bits equal" in done.stdout


@pytest.mark.long
@pytest.mark.parametrize("options", [(), ("two",)], ids=["one", "two"])
def test_every_resume_is_bit_equal_200_times(with_torch, tmp_path, options):
    program = str(HERE / "torch_kills.py")
    done = with_torch(program, str(tmp_path), "0", "200", *options, limit=1800, SEED="7")
    assert "all bits equal" in done.stdout
