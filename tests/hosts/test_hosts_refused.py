from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from provenv.errors import Exit
from provenv.hosts.files import left_beside, naming, write_whole
from provenv.hosts.refused import refused

FULL = Path("/dev/full")


def ended_process() -> int:
    """Return the id of a process that is gone."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


@pytest.mark.parametrize(
    ("number", "code", "told"),
    [
        (errno.ENOSPC, Exit.FAILED, "PV460"),
        (errno.EIO, Exit.FAILED, "PV465"),
        (errno.EROFS, Exit.DENIED, "PV461"),
        (errno.EACCES, Exit.DENIED, "PV462"),
    ],
)
def test_what_a_machine_can_refuse_is_a_problem_with_its_path(number, code, told):
    failure = refused(OSError(number, os.strerror(number), "/a/b"))
    assert failure is not None
    (problem,) = failure.problems
    assert (problem.code, problem.what.args["path"], failure.exit_code) == (told, "/a/b", code)
    assert problem.hints


def test_a_rename_is_told_by_where_it_should_have_led():
    failure = refused(OSError(errno.EIO, "x", "/a", None, "/b"))
    assert failure is not None
    assert failure.problems[0].what.args["path"] == "/b"


@pytest.mark.parametrize(("number", "why"), [(errno.EMFILE, "PV463.files"), (errno.ENOMEM, "PV463.memory")])
def test_a_limit_is_told_by_what_it_limits(number, why):
    failure = refused(OSError(number, os.strerror(number)))
    assert failure is not None
    assert failure.problems[0].why is not None
    assert (failure.problems[0].code, failure.problems[0].why.key) == ("PV463", why)


def test_what_nobody_refused_is_a_defect():
    assert refused(FileNotFoundError(errno.ENOENT, "x", "/a")) is None
    assert refused(OSError("without a number")) is None
    assert refused(RuntimeError("of our own")) is None


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full")
def test_a_descriptor_that_fails_gets_its_path():
    with pytest.raises(OSError, match="space") as caught, naming(FULL), FULL.open("wb", buffering=0) as file:
        file.write(b"x")
    assert caught.value.filename == str(FULL)


def test_only_what_processes_left_that_are_gone_is_found_beside(tmp_path: Path):
    gone = ended_process()
    for name in (f".a.json.{gone}-140", f".current.{gone}"):
        (tmp_path / name).write_text("")
    for name in (f".a.json.{os.getppid()}-140", ".gitignore", "a.json", f"a.{gone}"):
        (tmp_path / name).write_text("")
    write_whole(tmp_path / "whole", b"x")
    assert [path.name for path in left_beside(tmp_path)] == [f".a.json.{gone}-140", f".current.{gone}"]
    assert list(left_beside(tmp_path, re.compile("current"))) == [tmp_path / f".current.{gone}"]
    assert list(left_beside(tmp_path / "missing")) == []


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full")
@pytest.mark.parametrize("arguments", [["version"], ["version", "--json"], ["no-such-command"]])
def test_output_that_cannot_be_written_is_a_problem_and_no_traceback(arguments: list[str]):
    with FULL.open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "provenv", *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    if arguments[0] == "version":
        assert done.returncode == Exit.FAILED
    if arguments == ["version"]:
        assert "PV469" in done.stderr
