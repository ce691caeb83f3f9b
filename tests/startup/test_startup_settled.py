"""Whether there is anything to do, decided from bytes: all that decides an environment is noticed."""

from __future__ import annotations

import json
import os

import pytest

from provenv import pip_sources, pipconf
from provenv.app.fingerprint import repeated
from provenv.app.settled import settled

GENERATION = ".provenv/here/generations/0001"


@pytest.fixture
def environment(tmp_path):
    (tmp_path / "constraints.txt").write_text("six<2\n")
    (tmp_path / "pip.conf").write_text(f"[global]\nconstraint = {tmp_path / 'constraints.txt'}\n")
    return {"HOME": str(tmp_path), "PIP_CONFIG_FILE": str(tmp_path / "pip.conf"), "TOKEN": "a"}


def rewrite(path, **changes):
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_where_nothing_moved_the_record_is_returned(settled_project, environment):
    root = settled_project(environment)
    found = settled(str(root), "here", environment)
    assert found is not None
    assert (found["number"], found["packages"]) == (1, {"six": "1.17.0"})


CHANGES = {
    "the declared file": lambda root, home: (root / "provenv.toml").write_text("schema = 1\n"),
    "a file that it names": lambda root, home: (root / "more.txt").write_text("six\nattrs\n"),
    "the declared file gone": lambda root, home: (root / "provenv.toml").unlink(),
    "a file that would lead beside it": lambda root, home: (root / "uv.lock").write_text(""),
    "an empty one that would lead": lambda root, home: (root / "pyproject.toml").write_text("[project]\n"),
    "the lock": lambda root, home: (root / "pylock.toml").write_text("\n"),
    "the interpreter of the environment": lambda root, home: (root / GENERATION / "venv/bin/python").unlink(),
    "the switch": lambda root, home: (root / ".provenv/here/current").unlink(),
    "pip's configuration": lambda root, home: (home / "pip.conf").write_text("[global]\npre = true\n"),
    "a constraint": lambda root, home: (home / "constraints.txt").write_text("six<1\n"),
    "the proof": lambda root, home: rewrite(root / GENERATION / "generation.json", proof="failed"),
    "the record's version": lambda root, home: rewrite(root / GENERATION / "generation.json", schema=2),
    "the record": lambda root, home: (root / GENERATION / "generation.json").write_text("{"),
    "the record's kind": lambda root, home: rewrite(root / GENERATION / "generation.json", inputs=[]),
    "a digest's kind": lambda root, home: rewrite(root / GENERATION / "generation.json", inputs={"pip": 1}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_moved_is_noticed(settled_project, environment, tmp_path, change):
    root = settled_project(environment)
    CHANGES[change](root, tmp_path)
    assert settled(str(root), "here", environment) is None


@pytest.mark.parametrize(
    "variables",
    [
        {"PIP_EXTRA_INDEX_URL": "https://example.org/simple"},
        {"UV_INDEX": "https://example.org/simple"},
        {"CUDA_VISIBLE_DEVICES": ""},
        {"CUDA_VISIBLE_DEVICES": "0"},
        {"TOKEN": "b"},
        {"PIP_CONFIG_FILE": os.devnull},
    ],
    ids=lambda variables: "=".join(*variables.items()),
)
def test_variables_that_decide_are_noticed(settled_project, environment, variables):
    root = settled_project(environment)
    same = variables == {"CUDA_VISIBLE_DEVICES": ""}  # empty is as unset
    assert (settled(str(root), "here", {**environment, **variables}) is not None) is same


def test_a_comment_in_pips_configuration_is_read_and_found_to_mean_the_same(
    settled_project, environment, tmp_path
):
    root = settled_project(environment)
    path = tmp_path / "pip.conf"
    path.write_text("# ours\n" + path.read_text())
    assert settled(str(root), "here", environment) is not None


def test_pips_configuration_is_not_read_where_no_byte_of_it_changed(
    settled_project, environment, monkeypatch
):
    root = settled_project(environment)
    monkeypatch.setattr(pipconf, "read", lambda *_, **__: pytest.fail("it was read"))
    assert settled(str(root), "here", environment) is not None


@pytest.mark.parametrize(
    ("content", "variables"),
    [
        ("[global]\nfind-links = ~/wheels\n", {}),
        ("[global]\nproxy = http://例子.example\n", {}),
        ("", {"PIP_FIND_LINKS": "~/wheels"}),
    ],
)
def test_bytes_whose_meaning_hangs_on_something_else_are_always_read(
    environment, tmp_path, content, variables
):
    (tmp_path / "pip.conf").write_text(content, encoding="utf-8")
    environment |= variables
    assert pip_sources.digest(environment) == ""
    now = repeated(tmp_path, {"pip": "stale", "pip.sources": ""}, "", "", environment)
    assert now["pip"] == pipconf.digest(pipconf.read(environment))


def test_a_file_of_pips_that_cannot_be_read_is_left_to_the_reader(environment, tmp_path):
    path = tmp_path / "loop"
    os.symlink("loop", path)
    assert pip_sources.digest({**environment, "PIP_CONFIG_FILE": str(path)}) == ""


def test_a_target_that_was_never_built_is_not_settled(tmp_path):
    assert settled(str(tmp_path), "here", {"HOME": str(tmp_path)}) is None
