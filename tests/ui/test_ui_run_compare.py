"""The views of a comparison and of a page that was written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from loading import load
from provenv.model.run_report import PageWritten
from provenv.runs.comparing import compare
from provenv.ui.context import ASCII
from provenv.ui.line import line_cells, plain
from provenv.ui.views import lines, stream

SAMPLES = load("run_samples", Path(__file__).resolve().parent.parent / "run_samples.py")
ALL = compare(SAMPLES.compared())
PAIR = compare(SAMPLES.compared()[2:])
BARE = compare([replace(one, curves=(), lock=None) for one in SAMPLES.compared()[2:]])
MANY = compare([SAMPLES.compared()[place % 4] for place in range(30)])


@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("value", [ALL, PAIR, BARE, MANY], ids=["all", "pair", "bare", "many"])
def test_a_comparison_fits_its_terminal(value, width, language, context):
    for verbose in (False, True):
        found = list(lines(value, context(language, width, verbose=verbose)))
        for one in found:
            # a command, a digest or an id is never broken
            longest = max((len(word) for word in plain(one).split()), default=0)
            assert line_cells(one) <= max(width, longest + 12)


def test_a_comparison_tells_what_differs_the_best_and_the_spread(context):
    told = "\n".join(plain(one) for one in lines(ALL, context("en", 100)))
    assert "numpy" in told
    assert "scipy" in told
    assert "★" in told
    assert "A-C differ in the seed alone (3 runs)" in told
    assert "42 ± 1 " in " ".join(told.split()) + " "
    assert "● A" in told
    assert "bench-07" not in told


def test_values_that_several_runs_have_stand_once_with_their_letters(context):
    told = [plain(one) for one in lines(ALL, context("en", 100))]
    numpy = next(place for place, one in enumerate(told) if "numpy" in one)
    assert told[numpy].split() == ["numpy", "A-C", "2.4.6"]
    assert told[numpy + 1].split() == ["D", "2.3.0"]


def test_verbose_shows_what_is_the_same_too(context):
    told = "\n".join(plain(one) for one in lines(ALL, context("en", 100, verbose=True)))
    assert "bench-07" in told


def test_nothing_but_ascii_where_the_terminal_has_no_more(context):
    told = "\n".join(plain(one) for one in lines(ALL, context(marks=ASCII)))
    assert told.isascii()


def test_packages_that_cannot_be_compared_are_said(context):
    told = "\n".join(plain(one) for one in lines(BARE, context("en", 100)))
    assert "the packages of A B cannot be compared" in told


def test_a_page_says_where_it_lies(context):
    page = PageWritten("/w/page.html", ("x",), 12_345)
    assert "/w/page.html" in plain(next(iter(lines(page, context()))))
    assert stream(page) == "act"
    assert stream(ALL) == "ask"
