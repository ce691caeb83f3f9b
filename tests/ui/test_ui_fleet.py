"""The view of several hosts' facts, as users see it: both languages, wide and narrow, many hosts."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from loading import load
from provenv.ui.context import ASCII
from provenv.ui.line import line_cells, plain
from provenv.ui.view import view
from provenv.ui.views import lines, stream

SAMPLES = load("samples_fleet", Path(__file__).with_name("samples_fleet.py"))
CASES = SAMPLES.CASES


def drawn(value, context):
    return "\n".join(plain(one) for one in lines(value, context))


@pytest.mark.parametrize("width", [130, 80, 44])
@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("name", CASES)
def test_view(name, language, width, context, snapshot):
    assert drawn(CASES[name], context(language, width)) == snapshot


@pytest.mark.parametrize("name", CASES)
def test_marks_need_no_unicode(name, context):
    assert drawn(CASES[name], context(marks=ASCII)).isascii()


@pytest.mark.parametrize("width", [130, 100, 80, 60, 50, 44, 30])
@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("name", CASES)
def test_nothing_but_names_is_wider_than_the_terminal(name, language, width, context):
    for one in lines(CASES[name], context(language, width)):
        longest = max((len(word) for word in plain(one).split()), default=0)
        is_command = one[-1].style == "code" if one else False
        assert line_cells(one) <= width or longest > width // 3 or is_command, plain(one)


def test_many_hosts_have_a_row_each_and_few_words(context):
    said = drawn(SAMPLES.MANY, context("en", 100)).splitlines()
    assert said[0] == "96 of 100 hosts of `cluster`"
    assert sum(line.lstrip("✓✗ ").startswith("node") and "·" in line for line in said) == 96
    assert "✗ 4 hosts: node[007,037,067,097]" in said
    assert "    glibc 2.35  node[001-006,008-036,038-066,068-090]" in said
    assert "    glibc 2.17  node[091-096,098-100]" in said


def test_verbose_tells_every_fact_of_every_host(context):
    said = drawn(SAMPLES.MIXED, context(verbose=True))
    assert said.count("AMD EPYC 9654") == 4


def test_it_is_what_was_asked_for(samples):
    assert stream(SAMPLES.ALIKE) == "ask"


def test_a_script_gets_all_of_it():
    out = io.StringIO()
    view(command="facts", json=True, out=out, err=io.StringIO(), environment={}).done(SAMPLES.MIXED)
    data = json.loads(out.getvalue())["data"]
    assert [one["host"] for one in data["hosts"]] == [one.host for one in SAMPLES.MIXED.hosts]
    assert data["hosts"][2]["problem"]["what"]["text"] == "host `node03` cannot be reached"
    assert data["hosts"][3]["value"]["platform"]["libc_version"] == "2.17"
    assert data["clocks"][1] == ["node04", {"ahead": -3605.2, "error": 0.4}]
    assert {one["what"] for one in data["differing"]} == {"libc", "level", "accelerators", "driver", "clock"}
