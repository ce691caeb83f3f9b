"""The screen: colour, marks, width, what an encoding can't write."""

from __future__ import annotations

import pytest

from provenv.ui.context import ASCII, UNICODE
from provenv.ui.line import Span
from provenv.ui.screen import UNKNOWN_WIDTH, clean, in_color, screen, styled


@pytest.mark.parametrize(
    ("option", "environment", "is_terminal", "expected"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"TERM": "dumb"}, True, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"FORCE_COLOR": "0"}, False, False),
        ("auto", {"FORCE_COLOR": "1", "TERM": "dumb"}, False, True),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
    ],
)
def test_colour(option, environment, is_terminal, expected, terminal):
    assert in_color(option, terminal(is_terminal), environment) is expected


@pytest.mark.parametrize(("encoding", "marks"), [("utf-8", UNICODE), ("ascii", ASCII), ("latin-1", ASCII)])
def test_marks_follow_the_encoding(encoding, marks, terminal):
    made = screen(out=terminal(encoding=encoding), err=terminal(encoding=encoding), environment={})
    assert made.marks is marks


@pytest.mark.parametrize(
    ("columns", "expected"),
    [("52", 52), ("5", 20), ("wide", UNKNOWN_WIDTH), ("0", UNKNOWN_WIDTH), ("-3", UNKNOWN_WIDTH)],
)
def test_width(columns, expected, terminal):
    assert screen(out=terminal(), err=terminal(), environment={"COLUMNS": columns}).width == expected


@pytest.mark.parametrize(
    ("is_terminal", "quiet", "environment", "expected"),
    [
        (True, False, {}, True),
        (False, False, {}, False),
        (True, True, {}, False),
        (True, False, {"TERM": "dumb"}, False),
    ],
)
def test_live_progress_only_on_a_terminal(is_terminal, quiet, environment, expected, terminal):
    made = screen(out=terminal(), err=terminal(is_terminal), quiet=quiet, environment=environment)
    assert made.live is expected


def test_what_the_encoding_lacks_is_escaped(terminal):
    err = terminal(encoding="ascii")
    screen(out=terminal(), err=err, environment={}).tell([(Span("数字 ok"),)])
    assert err.getvalue() == "\\u6570\\u5b57 ok\n"


def test_a_name_that_is_not_text_can_be_written(terminal):
    out = terminal()
    screen(out=out, err=terminal(), environment={}).show([(Span("caf\udce9"),)])
    assert out.getvalue() == "caf\\udce9\n"


def test_clean_takes_escape_sequences_away():
    assert clean("\x1b[31mred\x1b[0m\x1b]8;;http://x\x1b\\link\x07 a\tb") == "redlink\\x07 a    b"


def test_styles_become_colours_only_where_asked():
    assert styled((Span("x", "bad"), Span(" ")), False) == "x"
    assert styled((Span("x", "bad"),), True) == "\x1b[1;31mx\x1b[0m"
