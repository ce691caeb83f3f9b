"""The views of recorded runs, as users see them: both languages, wide and narrow."""

from __future__ import annotations

from pathlib import Path

import pytest

from loading import load
from provenv.ui.context import ASCII
from provenv.ui.line import line_cells, plain
from provenv.ui.views import lines

CASES = load("samples_runs", Path(__file__).with_name("samples_runs.py")).CASES


@pytest.mark.parametrize("width", [120, 80, 44])
@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("name", CASES)
def test_view(name, language, width, context, snapshot):
    drawn = [plain(one) for one in lines(CASES[name], context(language, width))]
    assert "\n".join(drawn) == snapshot


@pytest.mark.parametrize("name", CASES)
def test_marks_need_no_unicode(name, context):
    assert "\n".join(plain(one) for one in lines(CASES[name], context(marks=ASCII))).isascii()


@pytest.mark.parametrize("width", [160, 100, 72, 50, 40])
@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("name", CASES)
def test_only_words_that_cannot_be_broken_are_wider_than_the_terminal(name, language, width, context):
    for one in lines(CASES[name], context(language, width)):
        longest = max((len(word) for word in plain(one).split()), default=0)
        is_command = one[-1].style == "code" if one else False
        assert line_cells(one) <= width or longest > width // 3 or is_command, plain(one)
