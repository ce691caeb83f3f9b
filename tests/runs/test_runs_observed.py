"""What was seen of a run: progress, curves and peaks, from files of any length, torn or not."""

from __future__ import annotations

import json
import math
import tracemalloc
from pathlib import Path

import pytest

from loading import load
from provenv.model.runs import Peaks, Progressed
from provenv.runs.observed import glance, observe, peaks
from provenv.runs.seen import BLOCK, LONGEST, last_records, records
from provenv.runs.thinning import Thinned

made = load("recorded_for_observing", Path(__file__).with_name("recorded.py"))
T0 = made.T0


def test_progress_of_a_training(tmp_path):
    lines = [
        {"k": "begin", "t": T0, "pid": 7, "rank": 0, "world": 1},
        {"k": "uses", "t": T0, "framework": "torch", "version": "2.13.0"},
        {"k": "uses", "t": T0, "framework": "lightning", "version": "2.6"},
        {"k": "total", "t": T0, "n": 400},
        {"k": "seed", "t": T0, "name": "torch", "value": 7},
        {"k": "work", "t": T0, "flops": 5e9},
        *made.steps(1, 200),
        {"k": "epoch", "t": T0 + 200, "e": 2},
        {"k": "save", "t": T0 + 200, "path": "ckpt/200", "n": 200, "seconds": 0.5},
        {"k": "note", "t": T0, "text": "no hooks for this"},
        {"k": "note", "t": T0, "text": "no hooks for this"},
        {"k": "moon", "t": T0},
        {"k": "metric", "t": T0 + 200, "name": "val_loss", "value": "NaN", "n": 200},
    ]
    seen = observe(made.recorded(tmp_path).attempt(1, lines=lines).folder, began=T0, peak=10e9)
    progressed = seen.progressed
    assert progressed.framework == "lightning 2.6 + torch 2.13.0"
    assert (progressed.steps, progressed.total, progressed.epoch) == (200, 400, 2)
    assert progressed.rate == pytest.approx(1.0)
    assert progressed.mean_rate == pytest.approx(1.0)
    assert progressed.waiting == pytest.approx(0.1)
    assert progressed.utilisation == pytest.approx(0.5)
    assert seen.seeds == {"torch": "7"}
    assert (seen.saves, seen.saved.path, seen.saved.step) == (1, "ckpt/200", 200)
    assert seen.notes == ("no hooks for this",)
    curves = {one.name: one for one in seen.curves}
    assert curves["loss"].steps == tuple(range(1, 201))
    assert curves["loss"].seconds[-1] == 200.0
    assert math.isnan(curves["val_loss"].values[0])


def test_the_rate_is_that_of_the_last_minute(tmp_path):
    slow = made.steps(1, 100)
    fast = [{"k": "step", "t": T0 + 100 + i, "n": 100 + 10 * i, "d": 1.0, "s": 10} for i in range(1, 101)]
    one = made.recorded(tmp_path).attempt(1, lines=[*slow, *fast])
    progressed = observe(one.folder).progressed
    assert progressed.rate == pytest.approx(10.0)
    assert progressed.mean_rate == pytest.approx(1100 / 200)
    assert glance(one.folder).rate == pytest.approx(10.0)


def test_what_an_attempt_does_again_takes_the_place_of_what_was_lost(tmp_path):
    one = made.recorded(tmp_path)
    one.attempt(1, lines=made.steps(1, 47, loss=1.0), code=137)
    again = {"k": "resume", "t": T0 + 60, "path": "ckpt/40", "n": 40}
    one.attempt(2, lines=[again, *made.steps(41, 90, loss=2.0, began=T0 + 60)])
    seen = observe(one.folder)
    (curve,) = seen.curves
    assert curve.steps == tuple(range(1, 91))
    assert curve.values[39] == pytest.approx(1 / 40)
    assert curve.values[40] == pytest.approx(2 / 41)
    assert [(each.path, each.step) for each in seen.resumed] == [("ckpt/40", 40)]


def test_a_torn_last_line_counts_for_nothing(tmp_path):
    one = made.recorded(tmp_path).attempt(1, lines=made.steps(1, 5))
    whole = glance(one.folder), observe(one.folder)
    with one.folder.seen(1).open("a") as file:
        file.write('{"k": "metric", "t": 1, "name": "loss", "value": 99, "n": 6')
    assert (glance(one.folder), observe(one.folder)) == whole
    with one.folder.seen(1).open("a") as file:
        file.write("}\n")
    assert glance(one.folder).last == {"loss": 99.0}


@pytest.mark.parametrize(
    "line",
    [
        "null",
        "[]",
        '"k"',
        '{"k": 3}',
        '{"k": "step"}',
        '{"k": "step", "n": "many", "d": null, "s": true, "t": []}',
        '{"k": "metric", "name": 3, "value": 1}',
        '{"k": "metric", "name": "loss", "value": {}}',
        '{"k": "resume"}',
        '{"k": "save", "path": null}',
        '{"k": "epoch", "e": 1.5}',
        "[" * 5000,
        "\x00\x01",
        "",
    ],
)
def test_lines_that_say_nothing_are_passed_over(tmp_path, line):
    one = made.recorded(tmp_path).attempt(1, lines=made.steps(1, 3))
    with one.folder.seen(1).open("a") as file:
        file.write(line + "\n" + json.dumps(made.steps(4, 4)[1]) + "\n")
    assert observe(one.folder).progressed.last["loss"] == pytest.approx(0.5)
    assert glance(one.folder).steps == 3
    one.resources(1, [{"t": T0, "memory": "much", "gpus": [3, {"memory": None}]}, {"gpus": {}}])
    assert peaks(one.folder) == Peaks()


def test_nothing_was_seen(tmp_path):
    one = made.recorded(tmp_path)
    assert (glance(one.folder), observe(one.folder).progressed) == (Progressed(), Progressed())
    assert peaks(one.folder) == Peaks()


def test_peaks_over_attempts(tmp_path):
    one = made.recorded(tmp_path)
    cards = [{"index": i, "memory": 4 << 30, "utilisation": 0.75} for i in range(2)]
    one.resources(
        1, [{"t": T0, "memory": 100, "cpu": 1.5, "read": 10, "gpus": cards}, {"memory": 50, "read": 30}]
    )
    one.resources(2, [{"t": T0, "memory": 80, "cpu": 2.5, "read": 5, "shm": 7}])
    found = peaks(one.folder)
    assert (found.memory, found.cpu, found.shm, found.read) == (100, 2.5, 7, 35)
    assert (found.gpu_memory, found.gpu) == (8 << 30, 1.5)


def test_a_long_curve_is_thinned_and_keeps_its_spikes():
    thin = Thinned("loss", most=200)
    spikes = {31_337: 50.0, 77_777: -50.0, 90_001: math.nan}
    for step in range(100_000):
        thin.add(step, spikes.get(step, math.sin(step / 5000)), float(step))
    curve = thin.curve()
    assert len(curve.steps) <= 200
    assert list(curve.steps) == sorted(curve.steps)
    assert (curve.steps[0], curve.steps[-1]) == (0, 99_999)
    assert set(spikes) <= set(curve.steps)
    assert len(curve.values) == len(curve.seconds) == len(curve.steps)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 9, 10, 11, 100])
def test_a_short_curve_keeps_every_point_it_may(count):
    thin = Thinned("loss", most=10)
    for step in range(count):
        thin.add(step, step % 3, 0.0)
    curve = thin.curve()
    assert len(curve.steps) == len(set(curve.steps)) <= 10
    assert list(curve.steps) == sorted(curve.steps)
    if count <= 4:
        assert curve.steps == tuple(range(count))
    if count:
        assert (curve.steps[0], curve.steps[-1]) == (0, count - 1)


def test_last_records_come_backwards_over_blocks(tmp_path):
    path = tmp_path / "lines"
    path.write_text(
        "".join(json.dumps({"n": i, "pad": "x" * (i % 997)}) + "\n" for i in range(1000)) + "{torn"
    )
    assert path.stat().st_size > 4 * BLOCK
    assert [one["n"] for one in last_records(path)] == list(range(999, -1, -1))
    assert len(list(last_records(path, most=BLOCK))) < 1000
    assert [one["n"] for one in records(path)] == list(range(1000))


def test_a_line_without_an_end_takes_no_memory(tmp_path):
    path = tmp_path / "lines"
    with path.open("wb") as file:
        file.write(b'{"n": 1}\n')
        for _ in range(30):
            file.write(b"x" * LONGEST)
        file.write(b'\n{"n": 2}\n')
    tracemalloc.start()
    found = [one["n"] for one in records(path)]
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == [1, 2]
    assert most < 5 * LONGEST
