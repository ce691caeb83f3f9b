"""Every view, as users see it: both languages, wide and narrow, with and without colour."""

from __future__ import annotations

import pytest

from provenv.ui.context import ASCII
from provenv.ui.line import line_cells, plain
from provenv.ui.problems import problems
from provenv.ui.screen import styled
from provenv.ui.views import findings, lines, stream
from provenv.ui.width import cells

LANGUAGES = ("en", "zh_CN")
WIDTHS = (80, 40)


def drawn(rendered, color=False):
    return "\n".join(styled(one, color) for one in rendered).replace("\x1b", "␛")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_view(sample, language, width, context, snapshot):
    assert drawn(lines(sample, context(language, width))) == snapshot


def test_view_in_colour(sample, context, snapshot):
    assert drawn(lines(sample, context()), color=True) == snapshot


@pytest.mark.parametrize("language", LANGUAGES)
def test_verbose_view(sample, language, context, snapshot):
    assert drawn(lines(sample, context(language, 100, verbose=True))) == snapshot


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_problems(sample_problems, language, width, context, snapshot):
    assert drawn(problems(sample_problems, context(language, width))) == snapshot


def test_problems_in_colour(sample_problems, context, snapshot):
    assert drawn(problems(sample_problems, context()), color=True) == snapshot


@pytest.mark.parametrize("width", [120, 80, 50, 40])
@pytest.mark.parametrize("language", LANGUAGES)
def test_only_words_that_cannot_be_broken_are_wider_than_the_terminal(sample, language, width, context):
    for one in lines(sample, context(language, width)):
        longest = max((cells(word) for word in plain(one).split()), default=0)
        is_command = one[-1].style == "code" if one else False
        assert line_cells(one) <= width or longest > width // 3 or is_command, plain(one)


@pytest.mark.parametrize("language", LANGUAGES)
def test_secrets_are_never_shown(sample, language, context):
    assert "hunter2" not in drawn(lines(sample, context(language, verbose=True)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_secrets_are_never_shown_in_problems(sample_problems, language, context):
    assert "hunter2" not in drawn(problems(sample_problems, context(language)))


def test_marks_need_no_unicode(sample, context):
    said = drawn(lines(sample, context(marks=ASCII)))
    for name in ("数字识别", "手工补丁"):  # the user's own names
        said = said.replace(name, "")
    assert said.isascii()


def test_every_value_has_a_stream(sample):
    assert stream(sample) in ("ask", "act", "note", "aside")


def test_findings_of_a_value_are_found(samples):
    assert findings(samples.CASES["lock-written"]) == samples.LOCK.findings
    assert findings(samples.CASES["plan-result"]) == samples.LOCK.findings
    assert findings(samples.CASES["rollback"]) == ()


def test_control_characters_of_others_do_not_reach_the_terminal(samples, context):
    hostile = samples.EditResult("provenv.toml", ("torch\x1b[2J\x1b]0;title\x07\rgone\u202e",))
    said = "\n".join(styled(one, False) for one in lines(hostile, context()))
    assert "\x1b" not in said
    assert "\r" not in said
    assert "\u202e" not in said
    assert "torch" in said
