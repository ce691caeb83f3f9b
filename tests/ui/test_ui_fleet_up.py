"""The views of environments on several hosts, as users see them: both languages, wide and narrow."""

from __future__ import annotations

from pathlib import Path

import pytest

from loading import load
from provenv.ui.context import ASCII
from provenv.ui.line import line_cells, plain
from provenv.ui.views import lines

CASES = load("samples_fleet_up", Path(__file__).with_name("samples_fleet_up.py")).CASES


def drawn(value, context):
    return "\n".join(plain(one) for one in lines(value, context))


@pytest.mark.parametrize("width", [110, 60])
@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("name", CASES)
def test_view(name, language, width, context, snapshot):
    assert drawn(CASES[name], context(language, width)) == snapshot


@pytest.mark.parametrize("name", CASES)
def test_marks_need_no_unicode(name, context):
    assert drawn(CASES[name], context(marks=ASCII)).isascii()


@pytest.mark.parametrize("width", [110, 80, 60, 44, 30])
@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("name", CASES)
def test_nothing_but_names_is_wider_than_the_terminal(name, language, width, context):
    for one in lines(CASES[name], context(language, width)):
        longest = max((len(word) for word in plain(one).split()), default=0)
        is_command = one[-1].style == "code" if one else False
        assert line_cells(one) <= width or longest > width // 3 or is_command, plain(one)
