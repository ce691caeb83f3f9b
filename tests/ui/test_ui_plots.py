"""Sparklines and charts: never too wide, gaps where nothing is finite, told apart without colour."""

from __future__ import annotations

import math
import random

import pytest

from provenv.model.runs import Curve
from provenv.ui.context import ASCII, UNICODE
from provenv.ui.line import line_cells, plain
from provenv.ui.plots import chart, shortened, sparkline
from provenv.ui.scale import falls_far, ticks, written
from provenv.ui.thinning import kept_places
from provenv.ui.width import cells

LOSS = Curve(
    "loss", tuple(range(0, 5000, 10)), tuple(2.3 * math.exp(-step / 900) + 0.05 for step in range(500))
)
RIGHT = Curve("准确率", tuple(range(0, 5000, 250)), tuple(1 - math.exp(-step / 5) for step in range(20)))


def test_a_sparkline_shows_the_lowest_and_the_highest():
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8) == "▁▂▃▄▅▆▇█"
    assert sparkline([0, 7], 8, ascii=True) == "_#"


def test_a_sparkline_is_no_wider_than_asked():
    assert len(sparkline(range(1000), 12)) == 12
    assert sparkline([1.0], 12) in "▁▂▃▄"
    assert sparkline([], 12) == sparkline([1.0], 0) == ""


def test_a_sparkline_leaves_gaps():
    assert sparkline([0, math.nan, 7], 3) == "▁ █"
    assert sparkline([math.nan, math.inf], 5) == "  "


def test_a_sparkline_of_equal_values_is_flat():
    assert len(set(sparkline([3, 3, 3], 3))) == 1


def test_a_sparkline_of_what_falls_far_is_by_logarithm():
    falling = sparkline([1000, 100, 10, 1], 4)
    assert len(set(falling)) == 4


@pytest.mark.parametrize("marks", [UNICODE, ASCII], ids=["unicode", "ascii"])
@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_a_chart_is_no_wider_than_asked(width, marks):
    for drawn in ([LOSS], [LOSS, RIGHT], [RIGHT, LOSS, RIGHT, LOSS, RIGHT]):
        found = chart(drawn, width, 10, marks=marks)
        assert max(line_cells(one) for one in found) <= width
        if marks is ASCII:
            assert all(plain(one).replace("准确率", "").isascii() for one in found)


def test_curves_are_told_apart_without_colour():
    drawn = "\n".join(plain(one) for one in chart([LOSS, RIGHT], 80, 10))
    legend, *rows = drawn.splitlines()
    assert legend.startswith("● loss ")
    assert "▲ 准确率 " in legend
    assert all(any(sign in row for row in rows) for sign in "●▲")


def test_one_curve_alone_has_no_sign():
    assert not any("●" in plain(one) for one in chart([LOSS], 80, 10))


def test_values_that_are_not_finite_leave_gaps_and_do_not_stretch_the_axis():
    values = [1.0, 2.0, math.nan, math.inf, -math.inf, 1.5, 2.0]
    found = chart([Curve("x", tuple(range(7)), tuple(values))], 60, 8)
    rows = [plain(one)[6:] for one in found[1:-2]]
    columns = "".join(" " if all(row[at : at + 1] in ("", " ") for row in rows) else "#" for at in range(54))
    assert " " * 10 in columns.strip()


@pytest.mark.parametrize(
    "values",
    [[], [math.nan], [0.0], [5.0, 5.0], [-1e300, 1e300], [1e-300, 1e300], [1e308, 1.7e308], [0, 1e-320]],
    ids=str,
)
def test_nothing_that_a_script_may_log_breaks_a_chart(values):
    found = chart([Curve("x", tuple(range(len(values))), tuple(values))], 60, 8)
    assert max((line_cells(one) for one in found), default=0) <= 60
    assert sparkline(values, 10) is not None


def test_a_name_from_a_script_cannot_move_the_cursor_or_break_the_lines():
    curve = Curve("\x1b[2Jlo\nss" + "x" * 500, (1, 2), (1.0, 2.0))
    found = chart([curve, curve], 40, 8)
    assert all(line_cells(one) <= 40 and "\x1b" not in plain(one) and "\n" not in plain(one) for one in found)


def test_a_curve_of_very_many_values_keeps_its_peaks():
    chance = random.Random(5)
    values = [chance.random() for _ in range(50_000)]
    values[31_234] = 9.0
    kept = kept_places(range(50_000), values, 200)
    assert 31_234 in kept
    assert {0, 49_999} <= set(kept)
    assert len(kept) <= 250


def test_thinning_leaves_a_gap_where_there_was_one():
    values = [math.nan if 400 <= place < 600 else 1.0 for place in range(1000)]
    kept = kept_places(range(1000), values, 40)
    assert any(math.isnan(values[place]) for place in kept)


def test_falling_losses_are_by_logarithm_and_rising_accuracies_are_not():
    assert falls_far([2.3, 1.0, 0.1])
    assert not falls_far([0.04, 0.5, 0.98])
    assert falls_far([1e-9, 1e-3])
    assert not falls_far([2.3, 0.0])
    assert not falls_far([])


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize(
    ("low", "high"), [(0.055, 2.35), (1, 3), (1e-9, 1e9), (0.97, 0.98), (12, 13), (1, 1e5)]
)
def test_ticks_lie_inside_and_are_not_too_many(low, high, log):
    found = ticks(low, high, 5, log=log)
    assert 1 <= len(found) <= 11
    assert all(low - (high - low) / 1000 <= one <= high * 1.001 for one in found)
    assert len(set(written(found))) == len(found)


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ((0, 0.05, 0.1), ["0", "0.05", "0.1"]),
        ((0, 20_000, 40_000), ["0", "20k", "40k"]),
        ((0.001, 0.01, 0.1), ["0.001", "0.01", "0.1"]),
        ((1e-6, 2e-6), ["1e-6", "2e-6"]),
        ((-1, 0, 1), ["-1", "0", "1"]),
        ((0.975, 0.9775, 0.98), ["0.975", "0.9775", "0.98"]),
        ((1e6, 2e6), ["1M", "2M"]),
    ],
)
def test_an_axis_is_written_with_as_few_digits_as_tell_its_values_apart(values, texts):
    assert written(values) == texts


def test_a_name_is_cut_by_cells():
    assert shortened("验证集准确率", 7) == "验证集…"
    assert cells(shortened("验证集准确率", 8, ASCII)) <= 8
