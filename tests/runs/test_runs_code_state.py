"""The state of the project's code, with a real git."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from provenv.model.runs import CodeState
from provenv.runs.code_state import CUT, MOST, code_state

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")


@pytest.fixture
def environment(tmp_path):
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path / "home"),
        "GIT_CEILING_DIRECTORIES": str(tmp_path),
    }


@pytest.fixture
def repository(tmp_path, environment):
    place = tmp_path / "code"
    (place / "project").mkdir(parents=True)
    git(place, environment, "init", "-q", "-b", "main")
    (place / "project" / "train.py").write_text("print(1)\n")
    git(place, environment, "add", ".")
    return place


def git(place, environment, *words):
    who = ("-c", "user.name=n", "-c", "user.email=e@example.org")
    done = subprocess.run(
        ["git", *who, *words], cwd=place, env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def test_a_clean_commit(repository, environment):
    git(repository, environment, "commit", "-qm", "one")
    revision = git(repository, environment, "rev-parse", "HEAD")
    assert code_state(str(repository / "project"), environment) == (CodeState(revision, "main"), b"")


def test_what_differs_is_a_patch_that_can_be_applied(repository, environment):
    git(repository, environment, "commit", "-qm", "one")
    (repository / "project" / "train.py").write_text("print(2)\n")
    (repository / "new.py").write_text("")
    state, difference = code_state(str(repository / "project"), environment)
    assert (state.dirty, state.untracked) == (True, 1)
    git(repository, environment, "checkout", "-q", ".")
    (repository / "patch").write_bytes(difference)
    git(repository, environment, "apply", "patch")
    assert (repository / "project" / "train.py").read_text() == "print(2)\n"


def test_a_difference_that_is_too_large_is_cut(repository, environment):
    git(repository, environment, "commit", "-qm", "one")
    (repository / "project" / "train.py").write_text("x\n" * MOST)
    state, difference = code_state(str(repository), environment)
    assert state.dirty
    assert len(difference) == MOST + len(CUT)


def test_no_program_of_the_repository_runs(repository, environment, tmp_path):
    git(repository, environment, "commit", "-qm", "one")
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    program.chmod(0o755)
    for name in ("diff.external", "core.fsmonitor", "diff.mine.textconv"):
        git(repository, environment, "config", name, str(program))
    (repository / ".gitattributes").write_text("*.py diff=mine\n")
    (repository / "project" / "train.py").write_text("print(2)\n")
    assert b"+print(2)" in code_state(str(repository), environment)[1]
    assert not (tmp_path / "ran").exists()


def test_before_the_first_commit(repository, environment):
    state, difference = code_state(str(repository), environment)
    assert (state.revision, state.branch, state.dirty, difference) == ("", "main", True, b"")


def test_a_detached_head_has_no_branch(repository, environment):
    git(repository, environment, "commit", "-qm", "one")
    git(repository, environment, "checkout", "-q", "--detach")
    assert code_state(str(repository), environment)[0].branch == ""


def test_no_repository_no_git_no_folder(tmp_path, environment):
    (tmp_path / "plain").mkdir()
    assert code_state(str(tmp_path / "plain"), {**environment, "GIT_DIR": "/nowhere"}) == (CodeState(), b"")
    assert code_state(str(tmp_path / "plain"), {"PATH": ""}) == (CodeState(), b"")
    assert code_state(str(tmp_path / "absent"), environment) == (CodeState(), b"")
