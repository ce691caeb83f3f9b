"""Splits: no key in two parts, even over classes, the same for the same keys."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenv_runtime.splitting import digest, overlap, split


@given(st.lists(st.integers(0, 40), min_size=40, max_size=300), st.integers(0, 5))
def test_each_item_is_in_one_part_and_each_key_too(keys, seed):
    keys = [*range(20), *keys]
    parts = split(keys, seed=seed)
    assert sorted(index for part in parts.values() for index in part) == list(range(len(keys)))
    assert overlap({name: [keys[index] for index in part] for name, part in parts.items()}) == []


def test_classes_are_shared_alike_and_rare_ones_too():
    labels = ["common"] * 900 + ["rare"] * 100
    parts = split(list(range(1000)), {"train": 0.7, "test": 0.3}, strata=labels)
    assert Counter(labels[index] for index in parts["test"]) == {"common": 270, "rare": 30}


def test_the_part_of_a_key_does_not_depend_on_the_order():
    keys = [f"patient {number}" for number in range(100)]
    one, other = split(keys, seed=7), split(keys[::-1], seed=7)
    assert {name: {keys[index] for index in part} for name, part in one.items()} == {
        name: {keys[::-1][index] for index in part} for name, part in other.items()
    }
    assert split(keys, seed=8) != one


@pytest.mark.parametrize(
    ("keys", "shares", "strata", "words"),
    [
        ([1, 2, 3], {"a": 0.5, "b": 0.6}, None, "sum to 1"),
        ([1, 2, 3], {"a": 1.5, "b": -0.5}, None, "positive"),
        ([1, 1, 1], {"a": 0.5, "b": 0.5}, None, "`b` would be empty: 1 groups for 2 parts"),
        ([1, 2], {"a": 0.5, "b": 0.5}, ["x"], "2 keys, but 1 strata"),
    ],
)
def test_what_cannot_be_split_is_said(keys, shares, strata, words):
    with pytest.raises(ValueError, match=words):
        split(keys, shares, strata=strata)


def test_shared_keys_are_counted_for_each_pair():
    found = overlap({"train": [b"a", b"b", b"c"], "validation": [b"c"], "test": [b"a", b"b", b"d"]})
    assert found == [("train", "validation", 1), ("train", "test", 2)]
    assert overlap({"one": ["1"], "other": [b"1"], "third": [1]}) == []


def test_a_splits_identity_is_that_of_its_parts():
    one = digest({"train": ["a", "b"], "test": ["c"]})
    assert one == digest({"test": ["c"], "train": ["b", "a"]})
    assert one != digest({"train": ["a"], "test": ["b", "c"]})
    assert one.startswith("sha256:")
