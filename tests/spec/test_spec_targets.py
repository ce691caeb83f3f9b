"""What a target's own table changes: the Spec as it sees it, its dependency groups, their places."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from provenv import spec
from provenv.errors import Failure
from provenv.model.spec import Spec
from provenv.spec.image import image_options
from provenv.spec.seen_by import seen_by

PROJECT = """\
[project]
name = "p"
version = "1"
requires-python = ">=3.10"
dependencies = ["six"]
[dependency-groups]
train = ["tqdm>=4", { include-group = "more" }]
more = ["tomli", "six"]
"""
DECLARED = """\
schema = 1
system = ["git"]
accelerator = "cpu"
[target.lab]
kind = "venv"
groups = ["train"]
python = "3.12"
accelerator = "cuda"
system = ["ffmpeg"]
[target.box]
kind = "image"
system = []
[target.plain]
kind = "venv"
"""


def loaded(folder: Path, declared: str = DECLARED, project: str | None = PROJECT) -> Spec:
    (folder / "provenv.toml").write_text(declared, "utf-8")
    if project is not None:
        (folder / "pyproject.toml").write_text(project, "utf-8")
    return spec.load(folder, {})


def texts(found: Spec) -> list[str]:
    return [one.text for one in found.requirements]


def test_a_target_sees_its_own_python_accelerator_system_and_groups(tmp_path: Path) -> None:
    found = loaded(tmp_path)
    assert texts(found) == ["six"]
    seen = seen_by(found, found.targets["lab"])
    assert texts(seen) == ["six", "tqdm>=4", "tomli", "six"]
    assert [f"{one.where.file}:{one.where.line}" for one in seen.requirements[1:3]] == [
        "pyproject.toml:7",
        "pyproject.toml:8",
    ]
    assert (seen.python, seen.accelerator, seen.system) == ("3.12", "cuda", ("ffmpeg",))
    assert [part.groups for part in seen.parts] == [("train",)]
    assert seen.digest != found.digest


def test_a_target_that_says_nothing_sees_the_file_as_it_is(tmp_path: Path) -> None:
    found = loaded(tmp_path)
    assert seen_by(found, found.targets["plain"]) == found
    assert seen_by(found, None) is found


def test_an_image_without_system_packages_has_none(tmp_path: Path) -> None:
    found = loaded(tmp_path)
    assert image_options(found, found.targets["box"]).system == ()


def test_the_digest_follows_what_the_groups_require(tmp_path: Path) -> None:
    found = loaded(tmp_path)
    before = seen_by(found, found.targets["lab"]).digest
    again = loaded(tmp_path, project=PROJECT.replace("tqdm>=4", "tqdm>=5"))
    assert again.digest == found.digest
    assert seen_by(again, again.targets["lab"]).digest != before
    reordered = loaded(tmp_path, project=PROJECT.replace('"tomli", "six"', '"six", "tomli"'))
    assert seen_by(reordered, reordered.targets["lab"]).digest == before


def test_the_project_is_among_the_files_though_its_requirements_are_not_used(tmp_path: Path) -> None:
    found = loaded(tmp_path, 'requirements = ["idna"]\n[target.lab]\nkind = "venv"\ngroups = ["more"]\n')
    assert found.files == ("provenv.toml", "pyproject.toml")
    assert texts(seen_by(found, found.targets["lab"])) == ["idna", "tomli", "six"]


def test_groups_of_tool_provenv_are_those_of_the_same_file(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        f'{PROJECT}[tool.provenv.target.lab]\nkind = "venv"\ngroups = ["more"]\n', "utf-8"
    )
    found = spec.load(tmp_path, {})
    assert texts(seen_by(found, found.targets["lab"])) == ["six", "tomli", "six"]


@pytest.mark.parametrize(
    ("project", "why"),
    [(PROJECT, "spec.groups_are"), (None, "PV132.no_file")],
    ids=["unknown", "no project"],
)
def test_a_group_that_is_not_there_is_told_with_its_place(
    project: str | None, why: str, tmp_path: Path
) -> None:
    declared = 'requirements = []\n[target.lab]\nkind = "venv"\ngroups = ["more", "nope"]\n'
    with pytest.raises(Failure) as failed:
        loaded(tmp_path, declared, project)
    last = failed.value.problems[-1]
    assert (last.code, last.what.args["group"]) == ("PV132", "nope")
    assert last.why is not None
    assert last.why.key == why
    assert last.where is not None
    assert (last.where.file, last.where.line, last.where.column) == ("provenv.toml", 4, 20)


def test_a_group_adds_nothing_twice(tmp_path: Path) -> None:
    found = loaded(tmp_path)
    target = found.targets["lab"]
    twice = replace(target, requirements=(*target.requirements, *target.requirements))
    assert texts(seen_by(found, twice)) == texts(seen_by(found, target))
