"""The project's files on real hosts: what is missing travels, what was deleted here goes, secrets stay."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from provenv.app.fleet.hosts import closing, hosts_of
from provenv.app.fleet_up.places import place_of
from provenv.app.on_hosts.code import read_record, send_code
from provenv.app.project import Project, open_project
from provenv.errors import Failure, Problem
from provenv.model.progress import Silent

from .conftest import Fleet


class Warned(Silent):
    """Keeps what is warned of."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def warn(self, problem: Problem) -> None:
        self.found.append(problem)


def sent(fleet: Fleet, *command: str) -> tuple[dict[str, int], list[Problem]]:
    """Send the project's code to both hosts; return what travelled, and the warnings."""
    project: Project = open_project(fleet.project, target="pair", environment=fleet.environment)
    told = Warned()
    with closing(hosts_of(project)) as hosts:
        places = [place_of(name, host, "~/project", "pair") for name, host in hosts]
        found = send_code(project, project.spec(), places, command=command, progress=told)
    return dict(found), told.found


def there(fleet: Fleet, name: str) -> set[str]:
    """Return the files of the project on a host."""
    folder = fleet.home(name) / "project"
    found = {str(one.relative_to(folder)) for one in folder.rglob("*") if not one.is_dir()}
    return {one for one in found if not one.startswith(".provenv/")}


@pytest.mark.root
def test_code_follows(fleet: Fleet) -> None:
    root = fleet.project
    (root / "pkg" / "deep").mkdir(parents=True)
    for name in ("pkg/__init__.py", "pkg/old.py", "pkg/deep/gone.py", "train.py"):
        (root / name).write_text(f"name = {name!r}\n")
    (root / "weights.bin").write_bytes(b"\0" * 100)
    first, _ = sent(fleet)
    assert first["n1"] == first["n2"] > 0
    code = {"pkg/__init__.py", "pkg/old.py", "pkg/deep/gone.py", "train.py"}
    assert there(fleet, "n1") == there(fleet, "n2") == code
    assert sent(fleet)[0] == {"n1": 0, "n2": 0}

    own = fleet.home("n1") / "project" / "pkg" / "result.txt"
    own.write_text("made there")
    cached = fleet.home("n1") / "project" / "pkg" / "deep" / "__pycache__"
    cached.mkdir()
    (cached / "gone.cpython-311.pyc").write_bytes(b"")
    for one in (cached, *cached.iterdir()):
        os.chown(one, *(cached.parent.stat().st_uid, cached.parent.stat().st_gid))
    (fleet.home("n2") / "project" / "pkg" / "old.py").write_text("changed there")
    for name in ("pkg/old.py", "pkg/deep/gone.py"):
        (root / name).unlink()
    (root / "pkg" / "deep").rmdir()
    (root / "train.py").write_text("new")
    again, warned = sent(fleet, "python", "train.py")
    assert again == {"n1": 3, "n2": 3}
    assert there(fleet, "n1") == {"pkg/__init__.py", "pkg/result.txt", "train.py"}
    # an empty folder would still be a package
    assert not (fleet.home("n1") / "project" / "pkg" / "deep").exists()
    assert there(fleet, "n2") == {"pkg/__init__.py", "pkg/old.py", "train.py"}
    assert [(one.code, one.what.args["host"]) for one in warned] == [("PV1372", "n2")]


@pytest.mark.root
def test_secrets_stay(fleet: Fleet) -> None:
    (fleet.project / "train.py").write_text('TOKEN = "ghp_' + "a1B2c3D4e5" * 3 + 'f6G7h8"\n')
    with pytest.raises(Failure) as caught:
        sent(fleet)
    assert [one.what.key for one in caught.value.problems] == ["PV1092.what_hosts"]
    assert there(fleet, "n1") == set()


@pytest.mark.root
def test_a_host_that_takes_nothing_is_named(fleet: Fleet) -> None:
    (fleet.project / "train.py").write_text("")
    folder = fleet.home("n2") / "project"
    folder.rmdir()
    Path(folder).write_text("no folder")
    try:
        with pytest.raises(Failure) as caught:
            sent(fleet)
    finally:
        folder.unlink()
        folder.mkdir()
    assert caught.value.problems[0].code == "PV1370"
    assert caught.value.problems[0].what.args["hosts"] == "n2"
    assert "train.py" in there(fleet, "n1")


def test_records_of_others_never_lead_out() -> None:
    written = b'{"files": {"../x": "1", "/etc/passwd": "1", "a/../../b": "1", "a.py": "2"}}'
    assert read_record(written) == {"a.py": "2"}
    assert read_record(b"torn{") == {}
