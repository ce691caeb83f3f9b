"""Intervals: against published tables, and against how often they hold."""

from __future__ import annotations

import math
import random
from statistics import fmean

import pytest

from provenv_runtime.estimates import _student, bootstrap, mean, share


@pytest.mark.parametrize(
    ("correct", "count", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662), (1, 29, 0.0061, 0.1718)],
)
def test_a_share_has_the_interval_of_newcombes_table(correct, count, low, high):
    # R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3
    found = share(correct, count)
    assert found.value == correct / count
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@pytest.mark.parametrize(("correct", "count"), [(0, 0), (2, 1), (-1, 4)])
def test_what_is_no_share_is_refused(correct, count):
    with pytest.raises(ValueError, match="is no share"):
        share(correct, count)


@pytest.mark.parametrize(
    ("freedom", "quantile"),
    [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (5, 2.571), (10, 2.228), (30, 2.042), (1000, 1.962)],
)
def test_students_quantile_is_the_tables(freedom, quantile):
    assert _student(freedom) == pytest.approx(quantile, rel=0.005)


def test_a_mean_of_one_value_has_no_interval():
    assert (mean([2.5]).low, mean([2.5]).value) == (None, 2.5)
    assert str(mean([2.5])) == "2.5"
    with pytest.raises(ValueError, match="no values"):
        mean([])


def test_the_interval_of_a_mean_holds_as_often_as_it_says():
    chosen = random.Random(3)
    held = sum(
        one.low <= 4.0 <= one.high
        for one in (mean([chosen.gauss(4, 2) for _ in range(6)]) for _ in range(2000))
    )
    assert 0.93 < held / 2000 < 0.97


def test_the_bootstrap_gives_a_means_interval_and_the_same_each_time():
    chosen = random.Random(5)
    items = [chosen.gauss(10, 3) for _ in range(200)]
    one, exact = bootstrap(fmean, items, seed=1), mean(items)
    assert one == bootstrap(fmean, items, seed=1)
    assert one != bootstrap(fmean, items, seed=2)
    assert one.value == fmean(items)
    assert one.low == pytest.approx(exact.low, abs=0.1)
    assert one.high == pytest.approx(exact.high, abs=0.1)


def test_a_draw_without_a_statistic_is_left_out():
    def ratio(items: list[int]) -> float:
        return sum(items) / (len(items) - items.count(0))

    found = bootstrap(ratio, [0, 0, 3], draws=200)
    assert found.value == 3.0
    assert math.isfinite(found.high)
