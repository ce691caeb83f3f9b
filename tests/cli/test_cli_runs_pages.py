"""`provenv runs plot`, `runs compare` and `runs report`, as users type them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from loading import load

made = load("recorded_for_pages", Path(__file__).resolve().parent.parent / "runs" / "recorded.py")
DECLARED = 'schema = 1\nname = "p"\n[run.train]\ncommand = "python train.py"\n'


@pytest.fixture
def tool(workplace):
    return workplace(DECLARED)


@pytest.fixture
def two(tool):
    """Return two records, of another rate of learning and another seed."""
    runs = []
    for number in (1, 2):
        argv = ("python", "train.py", "--lr", f"0.{number}", "--seed", str(number))
        one = made.recorded(tool.root, number, name="train", argv=argv)
        one.attempt(1, lines=made.steps(1, 50, loss=float(number)), log="\r 10%\r 20%\nend of it\n")
        one.resources(1, [{"t": made.T0 + at, "cpu": 1.0, "memory": 10**9} for at in range(5)])
        runs.append(one.end())
    return runs


def test_the_newest_two_are_compared_without_names(tool, two):
    done = tool("runs", "compare")
    assert done.code == 0
    assert "--lr 0.1" in done.out
    assert "--lr 0.2" in done.out
    assert "loss best" in done.out


def test_a_comparison_is_one_document(tool, two):
    done = tool("runs", "compare", two[0].folder.id, "last", "--json")
    data = json.loads(done.out)["data"]
    assert [one["id"] for one in data["sides"]] == [one.folder.id for one in two]
    assert data["metrics"][0]["leader"] == 0


def test_one_run_cannot_be_compared_with_itself(tool, two):
    done = tool("runs", "compare", "last", "last")
    assert done.code == 2
    assert "PV1230" in done.err
    assert "provenv runs ls" in done.err


def test_a_comparison_s_page_is_written_where_it_was_asked_for_and_again(tool, two):
    for _ in range(2):
        assert tool("runs", "compare", "train", "train~1", "-o", "page.html").code == 0
    page = (tool.root / "page.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert two[0].folder.id in page


def test_a_run_s_page_lies_beside_its_record_in_the_user_s_language(tool, two):
    done = tool("--lang", "zh", "runs", "report")
    path = two[1].folder.path / "report.html"
    assert str(path) in done.out
    page = path.read_text(encoding="utf-8")
    assert 'lang="zh-CN"' in page
    assert "end of it" in page
    assert "20%" in page
    assert "10%" not in page.partition("</style>")[2]


def test_a_file_of_the_user_s_own_is_not_written_over_unless_asked(tool, two):
    (tool.root / "notes.html").write_text("mine")
    done = tool("runs", "report", "-o", "notes.html")
    assert done.code == 1
    assert "PV1231" in done.err
    assert "--force" in done.err
    assert (tool.root / "notes.html").read_text() == "mine"
    assert tool("runs", "report", "-o", "notes.html", "--force").code == 0
    assert (tool.root / "notes.html").read_text().startswith("<!doctype html>")


def test_what_declares_the_project_is_never_written_over(tool, two):
    done = tool("runs", "report", "-o", "provenv.toml", "--force")
    assert done.code == 1
    assert "PV441" in done.err
    assert (tool.root / "provenv.toml").read_text() == DECLARED


def test_a_place_where_nothing_can_be_written_is_told(tool, two):
    (tool.root / "file").write_text("x")
    done = tool("runs", "report", "-o", "file/page.html")
    assert done.code == 1
    assert "PV1232" in done.err


def test_a_run_that_left_next_to_nothing_has_a_page_too(tool):
    made.recorded(tool.root, 7)
    assert tool("runs", "report").code == 0


def test_a_run_s_metrics_are_drawn(tool, two):
    done = tool("runs", "plot", two[0].folder.id, COLUMNS="60")
    assert done.code == 0
    assert "loss 0.02" in done.out
    assert "┤" in done.out
    assert max(len(one) for one in done.out.splitlines()) <= 60
    document = json.loads(tool("runs", "plot", "--json").out)
    assert [one["name"] for one in document["data"]["curves"]] == ["loss"]


def test_a_metric_that_it_has_not_is_told_with_those_it_has(tool, two):
    done = tool("runs", "plot", "--metric", "los")
    assert done.code == 2
    assert "PV1233" in done.err
    assert "--metric loss" in done.err


def test_values_that_are_not_finite_are_told(tool):
    lines = made.steps(1, 20)
    lines.append({"k": "metric", "t": made.T0 + 21, "name": "loss", "value": "nan", "n": 21})
    made.recorded(tool.root, 3).attempt(1, lines=lines).end("failed", 1)
    assert "1 value of `loss` is not finite, at step 21" in tool("runs", "plot").out


def test_a_run_without_metrics_has_nothing_to_draw(tool):
    made.recorded(tool.root, 3).attempt(1).end()
    done = tool("runs", "plot")
    assert done.code == 1
    assert "PV1234" in done.err
