"""Runs beside one another: what differs, which was best, and which are repetitions of one another."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from loading import load
from provenv.model.comparison import Compared
from provenv.model.runs import Curve
from provenv.runs.comparing import compare, letter
from provenv.runs.metric_names import better, family, is_schedule
from provenv.runs.outcomes import best, leader
from provenv.runs.seeds import seeds, without_seeds

SAMPLES = load("run_samples", Path(__file__).resolve().parent.parent / "run_samples.py")


@pytest.fixture(scope="module")
def comparison():
    return compare(SAMPLES.compared())


def test_what_differs_is_named_and_what_is_the_same_is_not(comparison):
    differing = {(one.part, one.name) for one in comparison.differing}
    assert {("launched", "command"), ("launched", "processes"), ("seeds", "seed")} <= differing
    assert ("packages", "numpy") in differing
    assert ("environment", "lock") in differing
    assert not {"folder", "target", "revision", "OMP_NUM_THREADS"} & {name for _, name in differing}


def test_a_package_that_only_one_lock_has_is_empty_for_the_others(comparison):
    scipy = next(one for one in comparison.properties if one.name == "scipy")
    assert scipy.values == ("", "", "", "1.17.1")


def test_packages_are_not_compared_where_fewer_than_two_locks_are_there():
    runs = [replace(one, lock=None) for one in SAMPLES.compared()]
    found = compare([runs[0], SAMPLES.compared()[3]])
    assert [one for one in found.properties if one.part == "packages"] == []
    assert found.locks == (False, True)


def test_the_three_seeds_are_repetitions_with_mean_and_spread(comparison):
    (group,) = comparison.repetitions
    assert group.runs == (0, 1, 2)
    rate = next(one for one in group.spreads if one.name == "mean_rate")
    assert (rate.mean, rate.deviation, rate.low, rate.high, rate.count) == (42.0, 1.0, 41.0, 43.0, 3)
    best_loss = next(one for one in group.spreads if (one.name, one.of) == ("loss", "best"))
    assert best_loss.low <= best_loss.mean <= best_loss.high


@pytest.mark.parametrize("state", ["failed", "running", "lost", "stopped", "preempted"])
def test_a_run_that_was_not_finished_repeats_nothing(state):
    runs = SAMPLES.compared()[:2]
    ended = replace(runs[1], run=replace(runs[1].run, state=state))
    assert compare([runs[0], ended]).repetitions == ()


@pytest.mark.parametrize(
    "change",
    [
        {"argv": ("python", "train.py", "--lr", "0.2", "--seed", "2")},
        {"lock": "x"},
        {"variables": {"A": "1"}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_whatever_else_differs_makes_no_repetition(change):
    runs = SAMPLES.compared()[:2]
    record = replace(runs[1].run.record, **change)
    assert compare([runs[0], replace(runs[1], run=replace(runs[1].run, record=record))]).repetitions == ()


def test_other_changes_to_the_same_commit_make_no_repetition():
    runs = SAMPLES.compared()[:2]
    assert compare([runs[0], replace(runs[1], diff="e" * 64)]).repetitions == ()


def test_the_best_run_leads_and_a_tie_has_no_leader(comparison):
    loss = next(one for one in comparison.metrics if one.name == "loss")
    assert loss.leader is not None
    assert loss.best[loss.leader] == min(loss.best)
    assert leader([1.0, 1.0, 2.0], "low") is None
    assert leader([1.0, None], "low") is None
    assert leader([math.nan, 1.0, 2.0], "high") == 2
    assert leader([1.0, 2.0], "") is None
    assert leader([1.0, 1.01], "low", 0.02) is None
    assert leader([1.0, 1.03], "low", 0.02) == 0


def test_a_metric_of_one_run_alone_is_not_compared():
    runs = SAMPLES.compared()[:2]
    own = replace(runs[0], curves=(*runs[0].curves, Curve("own", (1,), (1.0,))))
    assert "own" not in {one.name for one in compare([own, runs[1]]).metrics}


def test_values_that_are_not_finite_are_never_best():
    curve = Curve("loss", (1, 2, 3, 4), (math.nan, 2.0, -math.inf, 1.0))
    assert best(curve, "low") == (4, 1.0)
    assert best(Curve("loss", (1,), (math.nan,)), "low") is None
    assert best(curve, "") is None


def test_curves_of_other_ranks_are_left_out():
    runs = SAMPLES.compared()[:2]
    ranked = replace(runs[0], curves=(*runs[0].curves, replace(runs[0].curves[0], rank=1)))
    assert all(one.rank == 0 for one in compare([ranked, runs[1]]).curves[0])


@pytest.mark.parametrize(
    ("argv", "without", "found"),
    [
        (("t.py", "--seed", "3"), ("t.py", "--seed", "*"), {"seed": "3"}),
        (("t.py", "--seed=3", "-x"), ("t.py", "--seed=*", "-x"), {"seed": "3"}),
        (("t.py", "trainer.seed=3"), ("t.py", "trainer.seed=*"), {"trainer.seed": "3"}),
        (("t.py", "--random-state", "7"), ("t.py", "--random-state", "*"), {"random-state": "7"}),
        (("t.py", "seed.txt"), ("t.py", "seed.txt"), {}),
        (("seed",), ("seed",), {}),
        (("t.py", "--seed"), ("t.py", "--seed"), {}),
    ],
)
def test_seeds_of_a_command_line(argv, without, found):
    assert without_seeds(argv) == without
    assert seeds(Compared(SAMPLES.run(1, argv=argv, variables={}))) == found


def test_seeds_come_from_variables_and_from_what_was_seen_too():
    one = Compared(SAMPLES.run(1, argv=("t.py",)), seeds={"torch": "5"})
    assert seeds(one) == {"PYTHONHASHSEED": "0", "torch": "5"}


@pytest.mark.parametrize(
    ("name", "way"),
    [
        ("loss", "low"),
        ("val_loss", "low"),
        ("train/accuracy", "high"),
        ("eval_f1", "high"),
        ("binary_accuracy_loss", "low"),
        ("rmse", "low"),
        ("lr", ""),
        ("grad_norm", ""),
        ("epoch", ""),
        ("cross-entropy", "low"),
        ("map50", "high"),
        ("top5acc", "high"),
    ],
)
def test_a_name_says_which_way_is_better(name, way):
    assert better(name) == way


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("val_loss", "loss"),
        ("train/loss", "loss"),
        ("loss", "loss"),
        ("train_loss_epoch", "loss"),
        ("lr", "lr"),
    ],
)
def test_metrics_of_one_kind_belong_together(name, kind):
    assert family(name) == kind


def test_what_a_schedule_sets_is_known():
    assert [is_schedule(name) for name in ("lr", "train/lr-Adam", "learning_rate", "loss", "lr_loss")] == [
        True,
        True,
        True,
        False,
        False,
    ]


def test_letters_go_on_after_z():
    assert [letter(place) for place in (0, 25, 26, 51, 52)] == ["A", "Z", "AA", "AZ", "BA"]
