"""provenv-runtime in a lock: only ever the wheel that comes with provenv, whatever an index has."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from provenv.errors import Failure
from provenv.lock import find_own_wheel, for_build, own_wheel, read, requirements, write
from provenv.model.spec import Mirrors
from provenv.pipconf import PipConfiguration

NAME = "provenv-runtime"


@pytest.fixture(autouse=True)
def shipped(wheel, tmp_path, monkeypatch):
    """A wheel as this installation of provenv brings it."""
    folder = tmp_path / "installation" / "wheels"
    folder.mkdir(parents=True)
    made = wheel("provenv-runtime", "0.3.0")
    path = folder / made.filename
    path.write_bytes(made.bytes)
    monkeypatch.setattr("provenv.lock.own_wheel.SHIPPED", folder)
    return path


@pytest.fixture
def confused(loopback, wheel, tmp_path):
    """An index and a folder that both have a higher version under that name, and what asks for it."""
    higher = wheel(NAME, "99", content="raise SystemExit('not ours')")
    asking = wheel("trainer", "1.0", ("provenv-runtime>=0.2",))
    loopback.folders["simple"] = [higher, asking, wheel("six", "1.17.0")]
    loopback.folders["more"] = [higher]
    folder = tmp_path / "folder"
    folder.mkdir()
    for one in (higher, asking):
        (folder / one.filename).write_bytes(one.bytes)
    return loopback


@pytest.mark.parametrize(
    "line", ["provenv-runtime", "Provenv_Runtime>=0.2,<1", "provenv_runtime==0.3.*", "trainer"]
)
@pytest.mark.parametrize("place", ["mirror", "index of pip", "two indexes", "folder too", "folder alone"])
def test_it_is_ours_whatever_an_index_has(
    line, place, confused, shipped, declared, machine, make_lock, tmp_path
):
    simple, folder = confused.url("simple"), str(tmp_path / "folder")
    pip = {
        "mirror": PipConfiguration(),
        "index of pip": PipConfiguration(index_url=simple),
        "two indexes": PipConfiguration(index_url=simple, extra_index_urls=(confused.url("more"),)),
        "folder too": PipConfiguration(index_url=simple, find_links=(folder,)),
        "folder alone": PipConfiguration(no_index=True, find_links=(folder,)),
    }[place]
    spec = declared(line, mirrors=Mirrors(pypi=simple) if place == "mirror" else Mirrors())
    made = make_lock(spec, machine(), pip=pip)
    package = made.package(NAME)
    (only,) = package.artifacts
    assert package.version == "0.3.0"
    assert only.hashes == {"sha256": hashlib.sha256(shipped.read_bytes()).hexdigest()}
    assert (package.location, only.size) == (f".provenv/wheels/{shipped.name}", shipped.stat().st_size)
    assert package.required_by == (("trainer",) if line == "trainer" else ("requirements.txt:1",))
    assert not [path for path in confused.log if "runtime" in path]
    assert read(write(made), "pylock.toml").package(NAME) == package


def test_nothing_changes_for_who_does_not_ask_for_it(confused, declared, machine, make_lock):
    made = make_lock(declared("six", mirrors=Mirrors(pypi=confused.url("simple"))), machine())
    assert [one.name for one in made.packages] == ["six"]


def test_the_lock_is_the_same_wherever_provenv_is_installed(
    confused, shipped, declared, machine, make_lock, tmp_path, monkeypatch
):
    spec = declared("trainer", mirrors=Mirrors(pypi=confused.url("simple")))
    here = make_lock(spec, machine())
    other = tmp_path / "another place" / "wheels"
    other.mkdir(parents=True)
    shutil.copy(shipped, other)
    monkeypatch.setattr("provenv.lock.own_wheel.SHIPPED", other)
    there = make_lock(spec, machine())
    assert write(there) == write(here)
    assert str(tmp_path) not in write(here).replace(str(tmp_path / "project"), "")
    # one more, with the pins of the first kept
    assert write(make_lock(spec, machine(), previous=here)) == write(here)


def test_a_newer_provenv_brings_a_newer_one(confused, shipped, wheel, declared, machine, make_lock):
    spec = declared("trainer", mirrors=Mirrors(pypi=confused.url("simple")))
    old = make_lock(spec, machine())
    newer = wheel(NAME, "0.4.0")
    shipped.unlink()
    (shipped.parent / newer.filename).write_bytes(newer.bytes)
    made = make_lock(spec, machine(), previous=old)
    assert made.package(NAME).version == "0.4.0"
    assert made.identity != old.identity


def test_another_version_is_refused_at_the_users_line(confused, declared, machine, make_lock):
    spec = declared("six", "provenv_runtime==99", mirrors=Mirrors(pypi=confused.url("simple")))
    with pytest.raises(Failure) as failed:
        make_lock(spec, machine())
    (told,) = failed.value.problems
    assert (told.code, told.what.args["version"], told.where.line) == ("PV1251", "0.3.0", 2)
    assert told.hints[0].command == "provenv add provenv-runtime"


def test_another_version_that_a_package_wants_is_refused_too(confused, wheel, declared, machine, make_lock):
    confused.folders["simple"].append(wheel("picky", "1.0", ("provenv-runtime>=9",)))
    spec = declared("picky", mirrors=Mirrors(pypi=confused.url("simple")))
    with pytest.raises(Failure) as failed:
        make_lock(spec, machine())
    (told,) = failed.value.problems
    assert told.code == "PV1251"
    assert "picky" in told.why.args["text"]
    assert told.hints[0].command is None
    assert not [path for path in confused.log if "runtime" in path]


@pytest.mark.parametrize("line", ["provenv-runtime", "trainer"])
def test_an_installation_without_it_takes_nobody_elses(line, confused, shipped, declared, machine, make_lock):
    shipped.unlink()
    spec = declared(line, mirrors=Mirrors(pypi=confused.url("simple")))
    with pytest.raises(Failure) as failed:
        make_lock(spec, machine())
    assert [one.code for one in failed.value.problems] == ["PV1252"]


def test_a_file_that_the_user_names_is_the_users(wheel, declared, machine, make_lock, tmp_path):
    mine = wheel(NAME, "0.5.0")
    (tmp_path / mine.filename).write_bytes(mine.bytes)
    made = make_lock(declared(f"provenv-runtime @ {(tmp_path / mine.filename).as_uri()}"), machine())
    assert made.package(NAME).version == "0.5.0"
    assert made.package(NAME).location == str(tmp_path / mine.filename)
    assert find_own_wheel(made, declared(NAME), pip=PipConfiguration(), environment={}) is None


def test_a_folder_that_the_user_names_is_the_users(repository, declared, machine, make_lock, tmp_path):
    spec = declared(str(repository / "runtime"), root=str(tmp_path))
    assert own_wheel.constraints(spec) == ()
    # a folder of another name, and one that is none, are no reason to give way
    (tmp_path / "pyproject.toml").write_text('project = "provenv-runtime"\n')
    assert own_wheel.constraints(declared("-e .", "./nowhere", root=str(tmp_path)))


@pytest.fixture
def locked(confused, declared, machine, make_lock, tmp_path):
    """A lock that names it, its declared file, and the function that looks for the wheel."""
    spec = declared(NAME, root=str(tmp_path / "project"))
    made = make_lock(spec, machine())

    def find(lock=made, **pip):
        return find_own_wheel(lock, spec, pip=PipConfiguration(**pip), environment={})

    return made, spec, find


def test_the_wheel_is_found_by_its_digest(locked, shipped, wheel, tmp_path):
    made, spec, find = locked
    goal = Path(spec.root) / ".provenv/wheels" / shipped.name
    assert (find().source, find().goal) == (shipped, goal)
    goal.parent.mkdir(parents=True)
    goal.write_bytes(b"torn")
    assert find().source == shipped
    shutil.copy(shipped, goal)
    shipped.write_bytes(wheel(NAME, "0.3.0", content="another = 1").bytes)
    assert find().source == goal
    carried = tmp_path / "carried"
    carried.mkdir()
    goal.rename(carried / goal.name)
    assert find(no_index=True, find_links=(str(carried),)).source == carried / goal.name
    with pytest.raises(Failure) as failed:
        find()
    (told,) = failed.value.problems
    assert told.code == "PV1250"
    assert told.why.args["wanted"] == made.package(NAME).artifacts[0].hashes["sha256"]
    assert told.hints[0].command == "provenv lock"
    with pytest.raises(Failure) as failed:
        find(replace(made, target="box"))
    assert failed.value.problems[0].hints[0].command == "provenv lock --on box"


def test_a_lock_that_takes_it_from_an_index_is_refused(locked, wheel):
    made, _, find = locked
    package = replace(made.package(NAME), origin="index", location=None)
    with pytest.raises(Failure) as failed:
        find(replace(made, packages=(package,)))
    assert [one.code for one in failed.value.problems] == ["PV1253"]


@pytest.mark.parametrize(
    "place", [".provenv/wheels/../../x.whl", "/x.whl", "x.whl", ".provenv/wheels/a/x.whl"]
)
def test_a_lock_that_names_another_place_makes_nobody_write_there(place, locked):
    made, _, find = locked
    package = replace(made.package(NAME), location=place)
    assert find(replace(made, packages=(package,))) is None


def test_a_build_of_an_image_gets_the_wheel(locked, shipped):
    made, spec, _ = locked
    assert for_build(made, spec, pip=PipConfiguration(), environment={}).wheels == (str(shipped),)
    shipped.write_bytes(b"another")
    with pytest.raises(Failure) as failed:
        for_build(made, spec, pip=PipConfiguration(), environment={})
    assert [one.code for one in failed.value.problems] == ["PV1250"]


def test_it_is_installed_from_the_project_by_its_hash(locked, shipped):
    made, spec, _ = locked
    place = (Path(spec.root) / ".provenv/wheels" / shipped.name).as_uri()
    digest = hashlib.sha256(shipped.read_bytes()).hexdigest()
    assert requirements(made, spec.root) == f"{NAME} @ {place} --hash=sha256:{digest}\n"
