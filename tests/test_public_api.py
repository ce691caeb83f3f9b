"""The exported names, and that they do what the commands do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import provenv


def test_the_names_are_these_and_all_of_them_exist():
    assert sorted(provenv.__all__) == [
        "Failure",
        "Problem",
        "Project",
        "Text",
        "__version__",
        "history",
        "make_lock",
        "make_plan",
        "open_project",
        "prove",
        "read_facts",
        "rollback",
        "status",
        "up",
        "why",
    ]
    for name in provenv.__all__:
        assert getattr(provenv, name) is not None


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'down_with_it'"):
        _ = provenv.down_with_it


def test_the_import_brings_in_no_library():
    code = "import provenv, sys; print([m for m in ('click', 'rich', 'pydantic') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_failure_carries_its_problems(tmp_path: Path):
    with pytest.raises(provenv.Failure) as caught:
        provenv.open_project(tmp_path)
    assert [one.code for one in caught.value.problems] == ["PV701"]


def test_status_of_a_project_without_an_environment(tmp_path: Path):
    (tmp_path / "requirements.txt").write_text("six\n")
    assert provenv.status(provenv.open_project(tmp_path)).sync == "absent"
