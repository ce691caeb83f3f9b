"""Looks side by side: one that hangs or fails costs its own time and its own fields, and so does a check."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from provenv.app import doctor
from provenv.app.looking import looked
from provenv.app.looks import environments
from provenv.app.looks.look import Look
from provenv.app.looks.table import TABLE as LOOKS
from provenv.app.project import Project
from provenv.diagnosis.checks import ids
from provenv.diagnosis.checks.check import Check
from provenv.diagnosis.checks.table import TABLE as CHECKS
from provenv.diagnosis.ground import Ground
from provenv.errors import Failure, problem
from provenv.model.facts import Facts, Platform
from provenv.model.findings import AREAS, Finding


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path, tmp_path, environment=dict(os.environ))


def brings(value: Ground):
    return lambda project: value


def test_what_looks_bring_is_joined(project):
    here = Facts(Platform("linux", "x86_64"))
    looks = [
        Look("machine", ("facts",), brings(Ground(facts=here, variables={"not": "taken"}))),
        Look("files", ("search",), brings(Ground(search=()))),
    ]
    ground, told = looked(project, looks, Ground(variables={"A": "1"}))
    assert (ground.facts, ground.search, ground.variables) == (here, (), {"A": "1"})
    assert [one.state for one in told] == ["done", "done"]


@pytest.mark.parametrize(
    "error", [OSError(5, "Input/output error", "/dev/x"), KeyError("x"), ValueError("x"), RecursionError()]
)
def test_a_look_that_fails_leaves_its_own_field_empty(project, error):
    def fails(project: Project) -> Ground:
        raise error

    looks = [Look("room", ("rooms",), fails), Look("loader", ("search",), brings(Ground(search=())))]
    ground, told = looked(project, looks, Ground())
    assert (ground.rooms, ground.search) == (None, ())
    assert [one.state for one in told] == ["failed", "done"]
    assert told[0].detail is not None


def test_a_look_that_hangs_costs_its_own_time(project):
    """It ends when the test lets it go; the other's answer is there without it."""
    release = threading.Event()

    def hangs(project: Project) -> Ground:
        release.wait()
        return Ground(rooms=())

    looks = [
        Look("room", ("rooms",), hangs, limit=0.2),
        Look("loader", ("search",), brings(Ground(search=())), limit=60),
    ]
    ground, told = looked(project, looks, Ground())
    release.set()
    assert (ground.rooms, ground.search) == (None, ())
    assert [one.state for one in told] == ["timeout", "done"]


@pytest.mark.skipif(sys.platform == "win32", reason="pipes as files")
def test_metadata_that_nobody_writes_to_hangs_nothing_else(project, tmp_path):
    info = tmp_path / ".venv" / "lib" / "python3.11" / "site-packages" / "delta-1.0.dist-info"
    info.mkdir(parents=True)
    (tmp_path / ".venv" / "pyvenv.cfg").write_text("home = /usr/bin\n")
    os.mkfifo(info / "METADATA")
    look = Look("environments", ("environments",), environments.look, limit=0.3)
    ground, told = looked(project, [look], Ground())
    # who waits to read it is let go
    os.close(os.open(info / "METADATA", os.O_WRONLY))
    assert (ground.environments, told[0].state) == (None, "timeout")


@pytest.mark.parametrize("error", [TypeError("x"), Failure(problem("PV403", path="/x")), IndexError("x")])
def test_a_check_that_fails_on_odd_input_finds_nothing_and_is_named(error):
    def look(ground: Ground) -> Iterator[Finding]:
        yield from ()
        raise error

    found, told = doctor.judged(Check("room", "storage", look), Ground())
    assert (found, told.state) == ([], "failed")
    assert told.detail is not None


def test_an_interrupt_is_no_odd_input():
    def look(ground: Ground) -> Iterator[Finding]:
        raise KeyboardInterrupt
        yield

    with pytest.raises(KeyboardInterrupt):
        doctor.judged(Check("room", "storage", look), Ground())


def test_a_check_without_what_it_needs_is_not_asked():
    def look(ground: Ground) -> Iterator[Finding]:
        raise AssertionError("it was asked")
        yield

    _, told = doctor.judged(Check("room", "storage", look, needs=("facts",)), Ground())
    assert told.state == "unasked"


def test_an_area_needs_no_more_looks_than_its_checks_name(project):
    checkup = doctor.doctor(project, areas=("project",))
    assert {one.area for one in checkup.checks} == {"project"}
    assert "loader" not in {one.name for one in checkup.looks}


def test_the_tables_name_what_is_there():
    brought = {name for look in LOOKS for name in look.brings} | {"variables"}
    fields = set(Ground.__dataclass_fields__)
    assert brought <= fields
    for check in CHECKS:
        assert set(check.needs) | set(check.uses) <= brought, check.name
        assert check.area in AREAS
    assert len({check.name for check in CHECKS}) == len(CHECKS)
    assert len({look.name for look in LOOKS}) == len(LOOKS)
    assert len(ids.ids()) == len(set(ids.ids()))
