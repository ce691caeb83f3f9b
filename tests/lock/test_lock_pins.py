"""poetry's, pdm's and pipenv's locks as preferences, and what is told about them."""

from __future__ import annotations

import json

import pytest

from provenv.errors import Failure
from provenv.lock.foreign.pins import find, kept, read
from provenv.model.lock import Package

POETRY = """
[[package]]
name = "Rich"
version = "13.9.0"
optional = false
files = []

[[package]]
name = "mine"
version = "1"
[package.source]
type = "git"
url = "https://x.example/mine"

[[package]]
name = "torch"
version = "2.7.1+cu126"
[package.source]
type = "legacy"
url = "https://x.example/simple"

[metadata]
lock-version = "2.1"
"""
PDM = """
[metadata]
groups = ["default"]

[[package]]
name = "rich"
version = "13.9.0"

[[package]]
name = "local"
version = "0"
path = "./local"

[[package]]
name = "numpy"
version = "1.26.4"
marker = "python_version < '3.9'"

[[package]]
name = "numpy"
version = "2.0.0"
"""
UV = """
version = 1

[[package]]
name = "rich"
version = "13.9.0"
source = { registry = "https://x.example/simple" }

[[package]]
name = "mine"
version = "0"
source = { editable = "." }
"""
PIPFILE = {
    "default": {"rich": {"version": "==13.9.0", "hashes": []}, "mine": {"path": ".", "editable": True}},
    "develop": {"pytest": {"version": "==8.0.0"}},
}
CASES = {
    "poetry.lock": (POETRY, {"rich": "13.9.0", "torch": "2.7.1+cu126"}),
    "pdm.lock": (PDM, {"rich": "13.9.0"}),
    "uv.lock": (UV, {"rich": "13.9.0"}),
    "Pipfile.lock": (json.dumps(PIPFILE), {"rich": "13.9.0", "pytest": "8.0.0"}),
}


@pytest.mark.parametrize("name", CASES)
def test_pins_of_indexes_are_read_and_others_left_out(name, tmp_path):
    content, pins = CASES[name]
    (tmp_path / name).write_text(content)
    assert {one.name: one.version for one in read(tmp_path / name).packages} == pins


@pytest.mark.parametrize(
    ("name", "content"),
    [("poetry.lock", "[[package]\n"), ("Pipfile.lock", "[]"), ("pdm.lock", "package = 3")],
)
def test_a_broken_lock_is_told(name, content, tmp_path):
    (tmp_path / name).write_text(content)
    with pytest.raises(Failure) as failed:
        read(tmp_path / name)
    assert [one.code for one in failed.value.problems] == ["PV339"]
    assert failed.value.problems[0].where.file == name


def test_the_first_that_lies_there_is_found(tmp_path):
    assert find(tmp_path) is None
    (tmp_path / "Pipfile.lock").write_text("{}")
    (tmp_path / "pdm.lock").write_text("")
    assert find(tmp_path).name == "pdm.lock"


def test_what_moved_is_told_and_another_build_is_no_move(tmp_path):
    (tmp_path / "poetry.lock").write_text(POETRY)
    pins = read(tmp_path / "poetry.lock")
    same = kept(
        pins, [Package("rich", "13.9.0"), Package("torch", "2.7.1+cpu"), Package("new", "1")], "poetry.lock"
    )
    assert (same.code, same.what.key, same.what.args["n"]) == ("PV347", "PV347", 2)
    moved = kept(pins, [Package("rich", "14.0.0"), Package("torch", "2.7.1+cpu")], "poetry.lock")
    assert moved.what.args == {"file": "poetry.lock", "kept": 1, "all": 2}
    assert moved.why.args["text"] == "rich 13.9.0 -> 14.0.0"
