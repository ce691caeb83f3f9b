"""Evaluations: what is written, and what is noticed before a figure is believed."""

from __future__ import annotations

import json
import random
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenv_runtime import evaluation
from provenv_runtime.estimates import Estimate, share
from provenv_runtime.evaluation import Evaluation, checks, confusion, labels_shifted, shares_differ


def good(classes: int = 5, each: int = 20, right: float = 0.9, move: int = 0) -> list[list[int]]:
    chosen = random.Random(1)
    truth = [index for index in range(classes) for _ in range(each)]
    taken = [
        (true + move) % classes if chosen.random() < right else chosen.randrange(classes) for true in truth
    ]
    return confusion(truth, taken, classes)


def test_a_good_model_and_a_guessing_one_raise_no_alarm():
    assert labels_shifted(good()) is None
    assert labels_shifted(good(right=0.0)) is None
    assert labels_shifted([[90, 10], [40, 60]]) is None


@pytest.mark.parametrize("move", [1, 2, 4])
def test_labels_that_were_moved_are_read_back(move):
    assert labels_shifted(good(move=move)) == {index: (index + move) % 5 for index in range(5)}


def test_two_classes_that_were_exchanged_are_named():
    table = [[95, 5, 0], [2, 3, 95], [3, 93, 4]]
    assert labels_shifted(table) == {1: 2, 2: 1}
    said = checks(confusion=table, classes=("cat", "dog", "fox"))[0]
    assert not said.ok
    assert "dog as fox, fox as dog" in said.said


def test_a_class_that_is_hard_to_tell_does_not_hide_that_all_were_moved():
    table = good(classes=10, right=0.9, move=1)
    table[6] = [1, 3, 1, 1, 2, 2, 1, 8, 1, 0]
    assert labels_shifted(table) == {index: (index + 1) % 10 for index in range(10)}


def test_a_model_that_says_one_class_for_all_is_bad_not_moved():
    assert labels_shifted([[0, 5], [0, 5]]) is None
    assert labels_shifted([[60, 0, 0], [20, 0, 0], [20, 0, 0]]) is None
    assert labels_shifted([[0, 60, 0], [0, 20, 0], [0, 20, 0]]) is None


def test_a_few_items_say_nothing():
    assert labels_shifted([[0, 2], [2, 0]]) is None


@given(
    st.integers(2, 5).flatmap(
        lambda n: st.lists(st.lists(st.integers(0, 30), min_size=n, max_size=n), min_size=n, max_size=n)
    )
)
def test_the_best_renaming_is_the_best_of_all(table):
    size = len(table)
    found = evaluation._assignment(table)
    assert sorted(found.values()) == list(range(size))
    best = max(sum(table[row][one[row]] for row in range(size)) for one in permutations(range(size)))
    assert sum(table[row][column] for row, column in found.items()) == best


@pytest.mark.parametrize(
    ("statistic", "freedom", "tail"),
    [
        (3.841, 1, 0.05),
        (5.991, 2, 0.05),
        (7.815, 3, 0.05),
        (18.307, 10, 0.05),
        (124.342, 100, 0.05),
        (10.828, 1, 0.001),
        (29.588, 10, 0.001),
    ],
)
def test_chi_squares_tail_is_the_tables(statistic, freedom, tail):
    assert evaluation._chi_square_tail(statistic, freedom) == pytest.approx(tail, rel=0.01)


def test_parts_of_one_population_are_alike_and_others_are_not():
    chosen = random.Random(2)
    population = [chosen.choices("abcde", weights=(5, 4, 3, 2, 1))[0] for _ in range(4000)]
    assert shares_differ(population[:3000], population[3000:]) > 1e-3
    assert shares_differ(sorted(population)[:3000], sorted(population)[3000:]) < 1e-6
    assert shares_differ("aaaa", "aaaa") == 1.0
    assert shares_differ("", "") == 1.0


def test_a_chance_is_as_frequent_as_it_says():
    chosen = random.Random(4)
    tails = []
    for _ in range(600):
        drawn = chosen.choices("abcd", k=500)
        tails.append(shares_differ(drawn[:300], drawn[300:]))
    assert 0.02 < sum(one < 0.05 for one in tails) / 600 < 0.09


def test_what_two_parts_share_is_a_leak():
    found = checks(keys={"train": ["a", "b"], "test": ["b"]}, labels={"train": "ab", "test": "ab"})
    assert [(one.name, one.ok) for one in found] == [("overlap", False), ("class shares", True)]
    assert "train and test share 1 items" in found[0].said


def test_it_is_written_as_one_document(tmp_path):
    table = good()
    right, count = evaluation.accuracy(table)
    made = Evaluation(
        task="classification",
        of="images",
        count=count,
        metrics={"accuracy": share(right, count), "F1": Estimate(0.9)},
        baselines={"linear": share(50, 100)},
        classes=list("abcde"),
        confusion=table,
        split={"train": 10, "test": count},
        split_digest="sha256:12",
        checks=checks(confusion=table),
        seconds=1.5,
        parameters=7,
        settings={"rate": 0.1},
    )
    made.write(tmp_path / "deep" / "evaluation.json")
    told = json.loads((tmp_path / "deep" / "evaluation.json").read_text())
    assert told["schema"] == 1
    assert [one["name"] for one in told["metrics"]] == ["accuracy", "F1"]
    assert told["metrics"][1] == {"name": "F1", "value": 0.9, "low": None, "high": None, "better": "higher"}
    assert told["split"] == {"train": 10, "test": 100, "digest": "sha256:12"}
    assert told["recall"][0] == table[0][0] / 20
    assert made.problems() == []
    assert made.headline[0] == "accuracy"


def test_a_figure_that_is_no_number_is_refused_and_leaves_nothing(tmp_path):
    made = Evaluation("regression", "patients", 1, {"R2": Estimate(float("nan"))})
    with pytest.raises(ValueError, match="JSON compliant"):
        made.write(tmp_path / "evaluation.json")
    assert list(tmp_path.iterdir()) == []


def test_classes_that_never_occur_have_no_share():
    table = [[2, 1], [0, 0]]
    assert evaluation.recall(table) == [2 / 3, None]
    assert evaluation.precision([[2, 0], [1, 0]]) == [2 / 3, None]
