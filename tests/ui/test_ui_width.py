"""Cells and line breaks, with Chinese."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenv.ui.line import Span, line, plain, prose, table, wrap
from provenv.ui.width import NO_START, breaks, cells, pad

MIXED = st.text(st.sampled_from("ab 字，。（）/·7 KMB\n"), max_size=60)


@pytest.mark.parametrize(
    ("text", "expected"), [("", 0), ("abc", 3), ("数字", 4), ("ｗ", 2), ("e\u0301", 1), ("✓", 1), ("，", 2)]
)
def test_cells(text, expected):
    assert cells(text) == expected


def test_pad_counts_cells():
    assert pad("数字", 6) == "数字  "
    assert pad("数字", 6, right=True) == "  数字"
    assert pad("数字", 2) == "数字"


@given(MIXED, st.integers(1, 30), st.integers(1, 30))
def test_breaking_loses_nothing_but_blanks(text, first, later):
    pieces = [text[start:end] for start, end in breaks(text, first, later)]
    assert "".join("".join(pieces).split()) == "".join(text.split())


@given(MIXED, st.integers(8, 30))
def test_a_line_is_only_too_wide_where_it_can_not_be_broken(text, width):
    for start, end in breaks(text, width, width):
        piece = text[start:end].strip()
        if cells(piece) > width:
            assert len(breaks(piece, width, width)) == 1


@given(st.text(st.sampled_from("字词，。！）"), max_size=40), st.integers(4, 20))
def test_no_line_begins_with_closing_punctuation(text, width):
    starts = [text[start] for start, end in breaks(text, width, width)[1:] if start < end]
    assert not set(starts) & NO_START


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("one two three", 7, ["one two", "three"]),
        ("检查通过，没有失败", 10, ["检查通过，", "没有失败"]),
        ("it took 14 s altogether", 11, ["it took", "14 s", "altogether"]),
        ("/a/very/long/path x", 6, ["/a/very/long/path", "x"]),
        ("first\nsecond", 40, ["first", "second"]),
        ("", 10, [""]),
    ],
)
def test_breaks(text, width, expected):
    assert [text[start:end] for start, end in breaks(text, width, width)] == expected


def test_wrapped_lines_stand_below_the_first_ones_words():
    said = [plain(one) for one in wrap(prose("one two three four"), 12, first=line("ok "))]
    assert said == ["ok one two", "   three", "   four"]


def test_styles_survive_wrapping():
    one, two = wrap(prose("see `file.toml` now"), 16)
    assert one == (Span("see "), Span("`file.toml`", "code"))
    assert two == (Span("now"),)


def test_columns_are_aligned_under_chinese():
    rows = [(line("加速器"), line("cpu")), (line("index"), line("x"))]
    assert [plain(one) for one in table(rows, 80)] == ["  加速器  cpu", "  index   x"]


def test_rows_without_room_are_not_set_in_columns():
    rows = [(line("name"), line("1.0"), line("word " * 12)), (line("other"), line(), line())]
    said = [plain(one).rstrip() for one in table(rows, 30)]
    assert said[0] == "  name  1.0"
    assert said[1].startswith("    word")
    assert said[-1] == "  other"
