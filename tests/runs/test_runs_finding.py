"""Which run is meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from loading import load
from provenv.errors import Failure
from provenv.runs.finding import find_run

made = load("recorded_for_finding", Path(__file__).with_name("recorded.py"))


@pytest.fixture
def runs(tmp_path):
    for number, name in enumerate(["train", "", "tune", "train", ""]):
        made.recorded(tmp_path, number, name=name)
    return tmp_path


@pytest.mark.parametrize(
    ("wanted", "number"),
    [
        (None, 4),
        ("last", 4),
        ("~0", 4),
        ("~1", 3),
        ("last~4", 0),
        ("train", 3),
        ("train~1", 0),
        ("tune", 2),
        (made.identity(2), 2),
        (made.identity(1)[:11], 1),
        ("0003", 3),
    ],
)
def test_names_of_runs(runs, wanted, number):
    assert find_run(runs, wanted).id == made.identity(number)


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ("trian", "PV1180"),
        ("~5", "PV1180"),
        ("tune~1", "PV1180"),
        ("2026", "PV1183"),
        ("../here", "PV1180"),
        ("~99999999999", "PV1180"),
        ("2026030~1", "PV1180"),
    ],
)
def test_what_means_no_single_run(runs, wanted, code):
    with pytest.raises(Failure) as caught:
        find_run(runs, wanted)
    (found,) = caught.value.problems
    assert (found.code, caught.value.exit_code) == (code, 2)
    if wanted == "trian":
        assert found.hints[0].command == "provenv runs show train"


def test_nothing_was_recorded(tmp_path):
    with pytest.raises(Failure) as caught:
        find_run(tmp_path)
    assert caught.value.problems[0].code == "PV1182"


def test_a_broken_record_is_found_by_its_id_and_has_no_name(runs):
    (runs / ".provenv/runs" / made.identity(2) / "run.json").write_text("{")
    assert find_run(runs, made.identity(2)).id == made.identity(2)
    with pytest.raises(Failure):
        find_run(runs, "tune")
