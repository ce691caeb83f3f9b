"""Anchors: a word of them stands in whatever the expression matches; the shipped patterns show it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provenv.diagnosis.anchors import Unanchored, anchors
from provenv.diagnosis.hazards import hazard
from provenv.diagnosis.index import Index
from provenv.diagnosis.reading import shipped

PATTERNS = [pattern for rule in shipped() for pattern in rule.patterns if pattern.span == 1]


@pytest.mark.parametrize(
    ("regex", "expected"),
    [
        (r"undefined symbol", {"undefined"}),
        (r"libGL\.so\.1: cannot open", {"libgl"}),
        (r"prox(?:y|ies)\b", {"proxy", "proxies"}),
        (r"HTTPS?ConnectionPool", {"httpconnectionpool", "httpsconnectionpool"}),
        (r"writ(?:e)?able", {"writeable", "writable"}),
        (r"\w*driver is \w+", {"driver"}),
        (r"(?:foo|barbaz) quux", {"quux"}),
        (r"[Ii]nsufficient", {"insufficient"}),
        (r"\d+ (?:epochs|steps)", {"epochs", "steps"}),
        (r"(?P<a>x)y(?P=a) tensor", {"tensor"}),
        (r"找不到(?:模块|文件)", {"找不到"}),
        (r"(?:kernel )?mismatch(?! version)", {"mismatch"}),
        (r"(?i:Unable) to bind", {"unable"}),
    ],
)
def test_the_best_words_are_taken(regex, expected):
    assert anchors(regex) == expected


@pytest.mark.parametrize("regex", [r"\d+", r"ab \d", r"(?:driver)?", r"driver|\d+", r"[a-z]+", r"..."])
def test_an_expression_without_a_certain_word_has_none(regex):
    with pytest.raises(Unanchored):
        anchors(regex)


@settings(max_examples=600, deadline=None)
@given(
    st.sampled_from(PATTERNS),
    st.sampled_from(["", "[rank0]: ", "‘", "错误", "12:00:01 | ", "(", "\t", "a=b;"]),
    st.sampled_from(["", "’", "。", " at line 3", ")", ", aborting", "\x1b[0m", "，请检查"]),
    st.sampled_from([str, str.upper, str.lower, str.title]),
)
def test_whatever_a_shipped_pattern_matches_holds_one_of_its_anchors(pattern, before, behind, changed):
    line = before + (pattern.example if pattern.case else changed(pattern.example)) + behind
    if pattern.compiled.search(line):
        assert Index([("cause", pattern)]).found(line.encode()), line


@pytest.mark.parametrize(
    "regex",
    [
        r"(a+)+b",
        r"(?:a|aa)*b",
        r"(\w*\s*)*x",
        r"^(\s*\w+)*$",
        r"(?:[^\"]|\"\")*\"",
        r"(?:a|b|ab)*c",
        r"(x+x+)+y",
        r"error.*error.*error.*error.*error",
    ],
)
def test_a_dangerous_expression_is_found(regex):
    assert hazard(regex)


@pytest.mark.parametrize(
    "regex",
    [
        r".{0,200}foo.{0,200}bar.{0,200}baz",
        r"(?:\w+\.)*Error",
        r"(?:to |the |on )*port",
        r"(?:[A-Za-z_]\w*\.){0,6}Error",
        r"with\s+a\s+matching\s+Python(?:\s+ABI)?",
        r"a+b+c+",
    ],
)
def test_a_harmless_expression_is_let_through(regex):
    assert hazard(regex) == ""
