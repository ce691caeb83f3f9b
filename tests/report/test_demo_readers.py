"""The files that the example leaves: what is whole is read, anything else is a Failure with its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenv.errors import Failure
from provenv.model.demo import read_epochs, read_evaluation, read_predictions

DATA = Path(__file__).with_name("data")
READERS = {"PV710": read_epochs, "PV711": read_evaluation, "PV712": read_predictions}


def recorded(name: str) -> str:
    return (DATA / name).read_text(encoding="utf-8")


def test_epochs_of_a_real_run():
    epochs = read_epochs(recorded("metrics.jsonl"))
    assert [epoch.number for epoch in epochs] == list(range(1, len(epochs) + 1))
    assert epochs[-1].train_loss < epochs[0].train_loss / 100
    assert max(epoch.validation_accuracy for epoch in epochs) > 0.98


def test_evaluation_of_a_real_run():
    evaluation = read_evaluation(recorded("evaluation.json"))
    assert evaluation.count == 269
    assert evaluation.correct == round(evaluation.accuracy * evaluation.count)
    assert evaluation.low < evaluation.accuracy < evaluation.high
    assert len(evaluation.confusion) == len(evaluation.classes) == 10


def test_predictions_of_a_real_run():
    predictions = read_predictions(recorded("predictions.json"))
    assert {one.right for one in predictions} == {True, False}
    assert all(len(one.pixels) == 8 and len(one.scores) == 10 for one in predictions)
    wrong = next(one for one in predictions if not one.right)
    assert wrong.scores[wrong.predicted] > wrong.scores[wrong.truth]


LINE = {"epoch": 1, "train_loss": 1.0, "validation_loss": 0.5, "validation_accuracy": 0.9, "seconds": 0.2}


@pytest.mark.parametrize(
    ("lines", "number", "why"),
    [
        ([], None, "demo.empty"),
        ([json.dumps(LINE), json.dumps(LINE)], 2, "demo.out_of_order"),
        ([json.dumps({**LINE, "epoch": 2})], 1, "demo.out_of_order"),
        ([json.dumps(LINE), '{"epoch": 2, "train_lo'], 2, "demo.no_json"),
        (["[1, 2]"], 1, "demo.no_object"),
        ([json.dumps({**LINE, "validation_accuracy": 1.2})], 1, "demo.out_of_range"),
        ([json.dumps({**LINE, "train_loss": float("nan")})], 1, "demo.out_of_range"),
        ([json.dumps({**LINE, "train_loss": "low"})], 1, "demo.unexpected"),
        ([json.dumps({**LINE, "seconds": True})], 1, "demo.unexpected"),
        ([json.dumps({key: value for key, value in LINE.items() if key != "seconds"})], 1, "demo.unexpected"),
    ],
)
def test_torn_or_wrong_epochs_are_named_by_their_line(lines, number, why):
    with pytest.raises(Failure) as failed:
        read_epochs("\n".join(lines))
    found = failed.value.problems[0]
    assert (found.code, found.where.line, found.why.key) == ("PV710", number, why)
    assert found.hints[0].command == "provenv run train"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"count": 0}, "demo.out_of_range"),
        ({"count": 270}, "demo.contradiction"),
        ({"accuracy": 0.5}, "demo.contradiction"),
        ({"low": 0.999}, "demo.contradiction"),
        ({"classes": ["0", "1"]}, "demo.unexpected"),
        ({"confusion": [[1]]}, "demo.unexpected"),
        ({"recall": [1.0]}, "demo.unexpected"),
        ({"precision": None}, "demo.unexpected"),
    ],
)
def test_an_evaluation_that_contradicts_itself_is_refused(change, why):
    with pytest.raises(Failure) as failed:
        read_evaluation(json.dumps({**json.loads(recorded("evaluation.json")), **change}))
    assert failed.value.problems[0].code == "PV711"
    assert failed.value.problems[0].why.key == why


SAMPLE = {"index": 3, "truth": 1, "scores": [0.2, 0.8], "pixels": [[0.0, 1.0], [0.5, 0.25]]}


@pytest.mark.parametrize(
    "change",
    [
        {"truth": 2},
        {"truth": -1},
        {"scores": []},
        {"scores": [2.0, 0.0]},
        {"pixels": [[0.0], [0.0, 1.0]]},
        {"index": "3"},
    ],
)
def test_a_sample_that_cannot_be_drawn_is_refused(change):
    assert read_predictions(json.dumps({"predictions": [SAMPLE]}))[0].right
    with pytest.raises(Failure) as failed:
        read_predictions(json.dumps({"predictions": [{**SAMPLE, **change}]}))
    assert failed.value.problems[0].code == "PV712"


@pytest.mark.parametrize("code", READERS)
@pytest.mark.parametrize(
    "content", ["", "\0", "{}", "null", "[" * 100_000, '{"predictions": [[]]}', "\ud800"]
)
def test_hostile_content_is_a_failure(code, content):
    with pytest.raises(Failure) as failed:
        READERS[code](content)
    assert failed.value.problems[0].code == code


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*LINE, *SAMPLE]), inner, max_size=6)
    ),
    max_leaves=12,
)
KEYS = (
    "count",
    "accuracy",
    "low",
    "high",
    "classes",
    "confusion",
    "precision",
    "recall",
    "predictions",
    *LINE,
)


@pytest.mark.parametrize("code", READERS)
@given(data=st.dictionaries(st.sampled_from(KEYS), VALUES))
def test_random_documents_give_a_value_or_a_failure(code, data):
    content = json.dumps(data)
    assert outcome(code, content) == outcome(code, content)


def outcome(code: str, content: str) -> object:
    try:
        return READERS[code](content)
    except Failure as failure:
        return [found.code for found in failure.problems] == [code] or pytest.fail("another code")
