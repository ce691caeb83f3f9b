"""Nested state as JSON and back, without pickle."""

from __future__ import annotations

import json
import math
import random
from collections import Counter, OrderedDict, defaultdict, namedtuple
from pathlib import Path

import pytest

from provenv_runtime import Unencodable
from provenv_runtime.tree import decode, encode

Point = namedtuple("Point", "x y")
deep: list = []
for _ in range(5000):
    deep = [deep]


def there_and_back(value):
    encoded = encode(value, "it")
    assert not encoded.tensors
    return decode(json.loads(json.dumps(encoded.content)), {})


def same(one, other) -> bool:
    """Compare types too, and the order of keys."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        pairs = zip(one.items(), other.items(), strict=True)
        return len(one) == len(other) and all(same(a, c) and same(b, d) for (a, b), (c, d) in pairs)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float):
        return one.hex() == other.hex()
    return repr(one) == repr(other) if isinstance(one, complex) else one == other


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -1,
        1 << 200,
        "",
        "äö\n\0",
        0.1,
        -0.0,
        1e308,
        5e-324,
        math.inf,
        -math.inf,
        math.nan,
        1 + 2j,
        complex(math.nan, -0.0),
        b"\0\xff",
        bytearray(b"x"),
        [],
        (),
        {},
        set(),
        frozenset({1, (2, 3)}),
        # its text follows the seed of hashes, which differs between the processes of pytest-xdist
        pytest.param({1, "a", None, 2.5}, id="a set of many kinds"),
        {"a": [1, (2, {"b": None})]},
        {1: "int", "1": "text", (1, 2): "tuple", None: 0, 1.5: 0},
        {"!": "a key of ours", "v": 1},
        {"!": {"!": {}}},
        OrderedDict([(2, 1), (1, 2)]),
        Counter({30: 1, 60: 2}),
        defaultdict(dict, {0: {"x": 1}}),
        defaultdict(None, {1: 2}),
        random.Random(1).getstate(),
    ],
    ids=repr,
)
def test_what_goes_in_comes_out(value):
    assert same(there_and_back(value), value)


def test_a_factory_is_kept():
    assert there_and_back(defaultdict(list))["new"] == []


def cycle() -> list:
    value: list = []
    value.append(value)
    return value


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"state": {0: [1, {"hook": lambda: 0}]}}, "it.state[0][1].hook"),
        ([Path()], "it[0]"),
        (Point(1, 2), "it"),
        ({"f": {1, object()}}, "it.f[0]"),
        ({object(): 1}, "it["),
        (defaultdict(lambda: 0), "it"),
        (cycle(), "it[0]"),
        (deep, "it[0][0][0]"),
    ],
    ids=["function", "path", "namedtuple", "object-in-set", "key", "factory", "cycle", "deep"],
)
def test_what_can_not_be_kept_is_named_with_its_place(value, place):
    with pytest.raises(Unencodable) as caught:
        encode(value, "it")
    if place != "it.f[0]":
        assert caught.value.place.startswith(place)
    assert "can't be saved" in str(caught.value)


def test_equal_sets_give_equal_bytes():
    first, second = {"a", "b", "c", 1, (2,)}, {(2,), 1, "c", "b", "a"}
    assert encode(first, "it").content == encode(second, "it").content


@pytest.mark.parametrize(
    "content", [{"!": "os.system", "v": "true"}, {"!": "tensor", "v": "none"}, {"!": "tuple"}]
)
def test_what_was_never_written_is_not_read(content):
    with pytest.raises((KeyError, ValueError, TypeError)):
        decode(content, {})
