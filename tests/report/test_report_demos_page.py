"""The page of several demos: their figures beside one another, and whether they can be compared at all."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest

from demo_pages import DATA, HOSTILE, parse
from provenv.errors import bilingual, text
from provenv.model.demo import DemoResult, Metric
from provenv.ui.report.demos_page import demos_page


def other(result: DemoResult, name: str, value: float, **changes: object) -> DemoResult:
    """Return the result of another example with another accuracy."""
    head = replace(result.evaluation.headline, value=value, low=value - 0.02, high=min(value + 0.02, 1.0))
    evaluation = replace(result.evaluation, metrics=(head,), **changes)
    return replace(result, example=replace(result.example, name=name), evaluation=evaluation)


@pytest.fixture
def three(result: DemoResult) -> list[DemoResult]:
    """Return three demos of the same split, the second by far the worst."""
    return [result, other(result, "digits-keras", 0.9), other(result, "digits-lightning", 0.98)]


def test_each_has_its_row_and_its_place_on_the_axis(three, words, language):
    page = parse(demos_page(three, words, language))
    written = demos_page(three, words, language)
    for name in ("digits-torch", "digits-keras", "digits-lightning"):
        assert f"<b>{name}</b>" in written
    assert len(page.ids) == len(set(page.ids))
    assert {"intervals", "curves", "recall"} <= set(page.ids)
    drawing = re.search(r'<svg class="chart estimates".*?</svg>', written)[0]
    assert drawing.count('class="span"') == 3
    assert "torch 2.13.0+cpu" in written
    assert "90,090" in written
    assert "393 MiB" in written
    assert not re.findall(r"\b(?:report|demos_page)\.[a-z_]+\.[a-z_]+", written)


def test_the_best_is_named_and_whether_chance_may_have_made_it(three, words, language):
    close = unescape(demos_page(three, words, language))
    values = {"name": "digits-torch", "metric": "accuracy", "value": "98.5%"}
    assert words(text("demos_page.leads_within", **values)) in close
    apart = demos_page(three[:2], words, language)
    assert words(text("demos_page.leads", **values)) in apart


def test_a_lower_metric_leads_where_lower_is_better(result, words, language):
    def model(name: str, value: float) -> DemoResult:
        head = Metric("bits per character", value, value - 0.01, value + 0.01, "lower")
        made = replace(result.evaluation, metrics=(head,), baselines=())
        return replace(result, example=replace(result.example, name=name), evaluation=made)

    written = demos_page([model("text-a", 2.5), model("text-b", 2.1)], words, language)
    expected = text("demos_page.leads", name="text-b", metric="bits per character", value="2.1")
    assert words(expected) in written


def test_another_split_is_said_in_words_and_marked(three, words, language):
    same = demos_page(three, words, language)
    assert words(text("demos_page.split_same")) in same
    assert 'class="unlike"' not in same
    moved = [*three[:2], other(three[2], "digits-lightning", 0.98, split_digest="sha256:ffff")]
    written = demos_page(moved, words, language)
    assert words(text("demos_page.split_other")) in written
    assert written.count('class="unlike"') == 1
    untold = [three[0], other(three[1], "digits-keras", 0.9, split_digest="")]
    assert "digits-keras" in words(text("demos_page.split_unknown", names="digits-keras"))
    shown = words(text("demos_page.split_unknown", names="digits-keras"))
    assert shown in demos_page(untold, words, language)


def test_demos_of_other_metrics_are_not_ranked(result, words, language):
    metric = (Metric("bits per character", 2.2, None, None, "lower"),)
    evaluation = replace(result.evaluation, metrics=metric, classes=(), confusion=(), recall=(), precision=())
    text_model = replace(
        result,
        evaluation=evaluation,
        epochs=tuple(replace(one, name="bits per character") for one in result.epochs),
    )
    written = demos_page([result, text_model], words, language)
    assert words(text("demos_page.other_metrics")) in written
    assert 'id="recall"' not in written
    assert parse(written).ids


def test_the_best_recall_of_a_class_is_marked_where_it_is_alone(result, words, language):
    worse = other(result, "digits-keras", 0.9, recall=(0.5, *result.evaluation.recall[1:]))
    written = demos_page([result, worse], words, language)
    table = written.partition('id="recall"')[2]
    assert table.count('class="leads"') == 1


def test_hostile_names_are_text_and_nothing_comes_from_outside(result, words, language):
    bad = replace(
        result,
        example=replace(result.example, name=HOSTILE, title=bilingual(HOSTILE, HOSTILE)),
        evaluation=replace(
            result.evaluation, classes=(HOSTILE,) * 10, metrics=(Metric(HOSTILE, 0.5),), split_digest=HOSTILE
        ),
        epochs=tuple(replace(one, name=HOSTILE) for one in result.epochs),
    )
    written = demos_page([bad, bad], words, language)
    page = parse(written)
    assert "<script" not in written
    assert not any(name.startswith("on") for _, attributes in page.seen for name in attributes)
    for _, attributes in page.seen:
        assert attributes.get("src", DATA[0]).startswith(DATA)
        assert attributes.get("href", "#").startswith("#")
