"""What a uv project's own files say: indexes with logins by reference, workspaces, who requires whom."""

from __future__ import annotations

import pytest

from provenv.lock.foreign.uv_lock import find, with_indexes
from provenv.lock.foreign.uv_project import indexes_of, is_workspace, required_by
from provenv.model.spec import Part

PROJECT = """
[project]
name = "p"
version = "0"

[[tool.uv.index]]
name = "pytorch"
url = "https://download.pytorch.org/whl/cpu"
explicit = true

[[tool.uv.index]]
name = "our-own"
url = "https://index.example/simple"

[[tool.uv.index]]
url = "https://main.example/simple"
default = true

[[tool.uv.index]]
name = "wheels"
url = "wheels"
format = "flat"
"""


def test_indexes_are_read_with_logins_by_reference_and_without_pytorchs_own(tmp_path):
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    plain = indexes_of([tmp_path, tmp_path], {})
    assert plain.default == "https://main.example/simple"
    assert plain.extra == ("https://index.example/simple",)
    assert plain.flat == (str(tmp_path / "wheels"),)
    secret = {"UV_INDEX_OUR_OWN_USERNAME": "me", "UV_INDEX_OUR_OWN_PASSWORD": "s3cret"}
    named = indexes_of([tmp_path], secret)
    assert named.extra == (
        "https://${UV_INDEX_OUR_OWN_USERNAME}:${UV_INDEX_OUR_OWN_PASSWORD}@index.example/simple",
    )


def test_a_broken_or_missing_pyproject_has_no_indexes(tmp_path):
    assert indexes_of([tmp_path], {}).extra == ()
    (tmp_path / "pyproject.toml").write_text("[tool.uv\n")
    assert indexes_of([tmp_path], {}).extra == ()


@pytest.mark.parametrize(
    ("workspace", "member"),
    [
        ('members = ["libs/*"]', True),
        ('members = ["apps/*"]', False),
        ("", False),
        ('members = ["libs/*"]\nexclude = ["libs/core"]', False),
    ],
)
def test_a_member_is_one_by_the_workspaces_patterns(workspace, member, tmp_path, declared):
    core = tmp_path / "libs" / "core"
    core.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text(f"[tool.uv.workspace]\n{workspace}\n")
    (tmp_path / "uv.lock").write_text("version = 1\n")
    assert is_workspace(tmp_path, core) is member
    spec = declared(root=str(core), parts=(Part("pyproject.toml"),))
    assert (find(spec) is not None) is member


def test_a_lock_speaks_for_one_project_alone(tmp_path, declared):
    (tmp_path / "uv.lock").write_text("version = 1\n")
    one = (Part("pyproject.toml", ("gpu",), ("dev",)),)
    found = find(declared("torch", root=str(tmp_path), parts=one))
    assert (found.extras, found.groups, found.others) == (("gpu",), ("dev",), ("torch",))
    assert find(declared("torch", root=str(tmp_path), parts=())) is None
    assert find(declared(root=str(tmp_path), parts=(*one, Part("other/pyproject.toml")))) is None


def test_indexes_of_the_project_join_those_that_are_declared(tmp_path, declared):
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    (tmp_path / "uv.lock").write_text("version = 1\n")
    spec = declared(root=str(tmp_path), parts=(Part("pyproject.toml"),))
    indexes = with_indexes(spec, find(spec), {}).indexes
    assert (indexes.index_url, indexes.extra_index_urls) == (
        "https://main.example/simple",
        ("https://index.example/simple",),
    )


LOCK = """
version = 1

[[package]]
name = "p"
version = "0"
source = { virtual = "." }
dependencies = [{ name = "a" }, { name = "Deep_Name" }]

[package.optional-dependencies]
more = [{ name = "extra" }]

[[package]]
name = "a"
version = "1"
source = { registry = "https://x/simple" }
dependencies = [{ name = "deep-name" }]
"""


def test_who_requires_whom_begins_at_the_users_own_lines(tmp_path, declared):
    (tmp_path / "uv.lock").write_text(LOCK)
    spec = declared("a", root=str(tmp_path), parts=(Part("pyproject.toml"),))
    assert required_by(tmp_path / "uv.lock", tmp_path, spec) == {
        "a": ("requirements.txt:1",),
        "deep-name": ("pyproject.toml:1", "a"),
        "extra": ("pyproject.toml:1",),
    }
