"""The views of what becomes of images, as users see them: both languages, wide and narrow."""

from __future__ import annotations

from pathlib import Path

import pytest

from loading import load
from provenv.ui.context import ASCII
from provenv.ui.line import line_cells, plain
from provenv.ui.views import lines, stream

CASES = load("samples_keeping", Path(__file__).with_name("samples_keeping.py")).CASES


@pytest.mark.parametrize("width", [100, 44])
@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("name", CASES)
def test_view(name, language, width, context, snapshot):
    drawn = [plain(one) for one in lines(CASES[name], context(language, width))]
    assert "\n".join(drawn) == snapshot


@pytest.mark.parametrize("name", CASES)
def test_marks_need_no_unicode(name, context):
    assert "\n".join(plain(one) for one in lines(CASES[name], context(marks=ASCII))).isascii()


def test_a_push_gives_scripts_the_names_and_nothing_else(context):
    drawn = [plain(one) for one in lines(CASES["push"], context("en", 20))]
    assert drawn == [CASES["push"].pushed[0].pinned]
    assert stream(CASES["push"]) == "ask"


@pytest.mark.parametrize("name", ["cleaned", "cleaned-cache", "history", "rollback"])
def test_nothing_but_names_is_wider_than_the_terminal(name, context):
    for one in lines(CASES[name], context("en", 44)):
        longest = max((len(word) for word in plain(one).split()), default=0)
        assert line_cells(one) <= 44 or longest > 20, plain(one)
