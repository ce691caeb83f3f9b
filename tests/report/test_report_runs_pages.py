"""The pages of a run and of a comparison: whole, safe, in both languages, whatever a run left."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from loading import load
from provenv.errors import problem, text
from provenv.model.run_report import RunReport
from provenv.model.run_results import Observed
from provenv.model.runs import Curve, Run
from provenv.runs.comparing import compare
from provenv.ui.report.charts.traces import Trace, Traces, traces
from provenv.ui.report.compare_page import compare_page
from provenv.ui.report.markup import VOID
from provenv.ui.report.run_page import run_page
from provenv.ui.scale import precise
from provenv.ui.words import Words

SAMPLES = load("run_samples", Path(__file__).resolve().parent.parent / "run_samples.py")


@pytest.fixture(scope="module", autouse=True)
def compiled(repository: Path) -> None:
    load("hatch_build", repository / "hatch_build.py").compile_catalogues()


class Reader(HTMLParser):
    """Reads a page and complains of elements that are not closed, and of what loads anything."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        assert tag not in ("script", "link", "iframe", "object", "base")
        assert not any(name.startswith("on") for name in found)
        assert not (found.get("src") or "").startswith("http")
        self.ids += [found["id"]] if found.get("id") else []
        self.links += [found["href"][1:]] if (found.get("href") or "").startswith("#") else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.words.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    assert len(reader.ids) == len(set(reader.ids))
    assert set(reader.links) <= set(reader.ids)
    told = "".join(reader.words)
    # a key that no catalogue has would stand there as it is
    assert not re.search(r"\b(?:run_page|compare_page|ui|report)\.[a-z_]+\.", told)
    assert "{" not in told.replace(str(SAMPLES.report().difference), "")
    return reader


@pytest.fixture(params=["en", "zh_CN"])
def speaking(request) -> Words:
    return Words(request.param)


def test_the_page_of_a_run_is_whole(speaking):
    page = run_page(SAMPLES.report(), speaking, speaking.language)
    told = "".join(read(page).words)
    for words in (
        "20261122-183401-ab01",
        "val_accuracy",
        "0f9c1d7be22a",
        "bench-07",
        "--seed",
        "checkpoints"[:0],
    ):
        assert words in told
    assert f'lang="{"zh-CN" if speaking.language == "zh_CN" else "en"}"' in page


def test_attempts_tell_who_died_first_and_the_diagnosis_what_to_do():
    told = "".join(read(run_page(SAMPLES.report(), Words("en"), "en")).words)
    assert "by signal 9 (exit code 137)" in told
    assert "rank 1, after 1 min 01 s" in told
    assert "the kernel killed a process for its memory" in told
    assert "provenv run train -- --workers 2" in told


def test_a_hang_tells_where_the_processes_stood(speaking):
    report = SAMPLES.report()
    first, *others = report.run.attempts
    stands = text("PV1260.why", stands="0: `all_reduce` (train.py:7); 1: `evaluate` (<b>.py:5)")
    hang = problem("PV1260", why=stands, ranks="1", call="all_reduce", still_seconds=300, step=7)
    attempts = (replace(first, diagnosis=None, hang=hang), *others)
    html = run_page(replace(report, run=replace(report.run, attempts=attempts)), speaking, speaking.language)
    assert "all_reduce" in html
    assert "&lt;b&gt;.py:5" in html


def test_values_that_are_not_finite_are_counted_and_named():
    told = "".join(read(run_page(SAMPLES.report(), Words("en"), "en")).words)
    assert "6 values are not finite" in told


def test_what_comes_from_outside_is_escaped_and_secrets_are_masked():
    page = run_page(SAMPLES.report(), Words("en"), "en")
    assert "<b>\n" not in page
    assert "secret" not in page
    hostile = Curve("<img src=x onerror=alert(1)>", (1, 2), (1.0, 2.0), (1.0, 2.0))
    seen = replace(SAMPLES.report().seen, curves=(hostile,))
    read(run_page(replace(SAMPLES.report(), seen=seen), Words("en"), "en"))


def test_a_run_of_which_nothing_was_seen_has_a_page(speaking):
    bare = Run(SAMPLES.record(1, name="", proof="", lock="", facts="", variables={}, data={}), "lost")
    page = run_page(RunReport(bare, Observed()), speaking, speaking.language)
    read(page)
    assert 'id="usage"' not in page


def test_runs_are_compared_on_one_page(speaking):
    page = compare_page(compare(SAMPLES.compared()), speaking, speaking.language)
    told = "".join(read(page).words)
    for words in ("20261122-183404-ab04", "numpy", "2.3.0", "★", "val_loss", "--lr 0.3"):
        assert words in told
    assert 'id="repetitions"' in page


def test_runs_that_share_nothing_are_compared_all_the_same(speaking):
    pair = [replace(one, curves=()) for one in SAMPLES.compared()[:2]]
    bare = [replace(one, run=Run(one.run.record, "lost"), lock=None) for one in pair]
    told = " ".join(read(compare_page(compare(bare), speaking, speaking.language)).words)
    assert all(one.run.record.id in told for one in bare)


def test_many_runs_are_compared(speaking):
    many = [SAMPLES.compared()[place % 4] for place in range(12)]
    told = " ".join(read(compare_page(compare(many), speaking, speaking.language)).words)
    assert all(one.run.record.id in told for one in SAMPLES.compared()[:4])


def drawn(lines: list[Trace], **more: object) -> str:
    return traces(Traces("t", "x", "y", lines, at=str, value=precise, **more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "values",
    [[1.0], [1.0, 1.0], [0.0, math.nan, 1.0], [math.inf, 1.0, -math.inf], [1e-300, 1e300], [-1e299, 1e299]],
    ids=str,
)
def test_every_curve_can_be_drawn(values):
    found = drawn([Trace("a", list(enumerate(values)))])
    assert "nan" not in re.sub(r"<text.*?</text>|<title.*?</title>", "", found)
    assert found.startswith("<svg")


def test_nothing_finite_is_no_drawing():
    assert drawn([Trace("a", [(1, math.nan)])]) == ""
    assert drawn([Trace("a", [(1, 1.7e308)])]) == ""
    assert drawn([]) == ""


def test_a_curve_of_very_many_values_stays_small():
    found = drawn([Trace("a", [(step, math.sin(step)) for step in range(100_000)])])
    assert len(found) < 120_000


def test_the_figures_under_the_pointer_are_those_of_the_nearest_step():
    found = drawn([Trace("a", [(1, 5.0), (2, 6.0)]), Trace("b", [(1, 7.0)])])
    tips = re.findall(r'<g class="tip">(.*?)</g></g>', found)
    assert [re.findall(r"<text[^>]*>(.*?)</text>", one) for one in tips] == [
        ["1", "a  5", "b  7"],
        ["2", "a  6", "b  7"],
    ]
