"""The machine is asked in the background: once, to the end or not at all."""

from __future__ import annotations

import os
import select
import sys
from pathlib import Path

import pytest

from provenv.app.locking import ground
from provenv.app.machine import asking, machine
from provenv.app.project import Project
from provenv.errors import Failure

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the fake tools are scripts of sh")


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a folder on PATH for a fake nvidia-smi, with a pipe beside it."""
    tools = tmp_path / "tools"
    tools.mkdir()
    os.mkfifo(tools / "pipe")
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    return tools / "nvidia-smi"


def write(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def project(tmp_path: Path, declared: str = 'schema = 1\nname = "p"\n') -> Project:
    root = tmp_path / "project"
    root.mkdir()
    (root / "provenv.toml").write_text(declared)
    return Project(root, root)


def test_what_was_begun_is_what_is_waited_for(tmp_path: Path, driver: Path) -> None:
    write(driver, f"echo asked >> {tmp_path}/asked")
    here = project(tmp_path)
    with asking(here) as told:
        found = told()
    once = (tmp_path / "asked").read_text()
    again = machine(here)
    assert (tmp_path / "asked").read_text() == once * 2
    assert found.platform == again.platform
    assert [one.how for one in found.sources] == [one.how for one in again.sources]


def test_who_leaves_without_having_waited_ends_what_was_begun(tmp_path: Path, driver: Path) -> None:
    """The tool says who it is before it hangs; when the declared file is refused, it is gone."""
    write(driver, f"echo $$ > {driver.parent}/pipe; exec sleep 1000")
    with asking(project(tmp_path)):
        pid = int((driver.parent / "pipe").read_text().split()[0])  # it is asked more than once
        descriptor = os.pidfd_open(pid)
    ended, _, _ = select.select([descriptor], [], [], 60)
    os.close(descriptor)
    assert ended


def test_a_refused_declaration_is_told_whatever_the_machine_does(tmp_path: Path, driver: Path) -> None:
    write(driver, "exec sleep 1000")
    with pytest.raises(Failure) as caught:
        ground(project(tmp_path, "schema = 1\nname = 7\n"))
    assert caught.value.problems[0].code.startswith("PV1")


def test_an_interpreter_that_does_not_run_is_no_failure_before_it_is_waited_for(tmp_path: Path) -> None:
    here = project(tmp_path)
    with asking(Project(here.root, here.folder, python=str(tmp_path / "no-python"))) as told:
        # the probe for machines without Python answers instead
        assert told().platform.system == sys.platform
