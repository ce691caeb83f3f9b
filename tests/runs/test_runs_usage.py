"""What a run used over time: levels as they are, flows as bytes a second, over all attempts."""

from __future__ import annotations

from pathlib import Path

import pytest

from loading import load
from provenv.runs.usage import usage

RECORDED = load("recorded_for_usage", Path(__file__).with_name("recorded.py"))
T0 = RECORDED.T0


@pytest.fixture
def record(tmp_path):
    return RECORDED.recorded(tmp_path)


def curves(record) -> dict[str, tuple[tuple[float, ...], tuple[float, ...]]]:
    return {one.name: (one.seconds, one.values) for one in usage(record.folder, T0)}


def test_levels_and_flows_over_two_attempts(record):
    record.attempt(1).attempt(2)
    record.resources(
        1, [{"t": T0 + 1, "cpu": 1.5, "memory": 10, "read": 100}, {"t": T0 + 3, "cpu": 2.0, "read": 300}]
    )
    record.resources(2, [{"t": T0 + 10, "cpu": 0.5, "read": 50}, {"t": T0 + 11, "read": 40}])
    found = curves(record)
    assert found["cpu"] == ((1.0, 3.0, 10.0), (1.5, 2.0, 0.5))
    assert found["memory"] == ((1.0,), (10.0,))
    # an attempt counts from zero: between two there is no speed, and it is never below zero
    assert found["read"] == ((3.0, 11.0), (100.0, 0.0))


def test_gpus_are_taken_together(record):
    record.attempt(1)
    cards = [
        {"index": 0, "memory": 3, "utilisation": 0.5},
        {"index": 1, "memory": 4, "utilisation": 1.0},
        "x",
    ]
    record.resources(1, [{"t": T0, "gpus": cards}])
    found = curves(record)
    assert found["gpu_memory"] == ((0.0,), (7.0,))
    assert found["gpu"] == ((0.0,), (0.75,))


@pytest.mark.parametrize(
    "line",
    [{}, {"t": None}, {"t": "x"}, {"t": T0, "cpu": "x", "gpus": 5}, {"t": T0, "cpu": float("nan")}],
    ids=str,
)
def test_what_is_no_sample_is_passed_over(record, line):
    record.attempt(1)
    record.resources(1, [line])
    assert usage(record.folder, T0) == ()


def test_a_run_without_samples_used_nothing_known(record):
    assert usage(record.folder) == ()
