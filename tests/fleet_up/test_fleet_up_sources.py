"""Packages that are no wheels, on hosts that have no index: sources, repositories, the project itself."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fleet_up_world import LOCKED, World, failing, locked, make_project, make_wheel, places
from provenv.app.fleet_up.collecting import collect
from provenv.model.facts import Python
from ssh_hosts import SshHosts

BACKEND = """\
import os, zipfile
def build_wheel(folder, config_settings=None, metadata_directory=None, source=None):
    name = "{name}-1.0-{tag}.whl"
    info = "{name}-1.0.dist-info/"
    files = {{
        "{name}.pth" if source else "{name}.py": source or "place = __file__",
        info + "METADATA": "Metadata-Version: 2.1\\nName: {name}\\nVersion: 1.0\\n",
        info + "WHEEL": "Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: {tag}\\n",
    }}
    with zipfile.ZipFile(os.path.join(folder, name), "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content)
        archive.writestr(info + "RECORD", "".join(one + ",,\\n" for one in [*files, info + "RECORD"]))
    return name
def build_editable(folder, config_settings=None, metadata_directory=None):
    return build_wheel(folder, source=os.getcwd())
"""
SYSTEM = '[build-system]\nrequires = [{requires}]\nbuild-backend = "backend"\nbackend-path = ["."]\n'


def source(folder: Path, name: str, *, tag: str = "py3-none-any", requires: str = "") -> Path:
    """Write a package's source, with a build backend of its own that needs nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    head = f'[project]\nname = "{name}"\nversion = "1.0"\n'
    (folder / "pyproject.toml").write_text(head + SYSTEM.format(requires=requires))
    (folder / "backend.py").write_text(BACKEND.format(name=name, tag=tag))
    return folder


def archive(folder: Path, name: str, **more: str) -> None:
    """Write a source distribution into the folder that pip's configuration names."""
    made = source(folder / f"{name}-1.0", name, **more)
    (made / "PKG-INFO").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (folder / "wheels").mkdir(exist_ok=True)
    with tarfile.open(folder / "wheels" / f"{name}-1.0.tar.gz", "w:gz") as file:
        file.add(made, f"{name}-1.0")


@pytest.fixture
def put(loopback: SshHosts, tmp_path: Path, caches: Path) -> Iterator[object]:
    with places(loopback, tmp_path, caches=caches) as found:
        yield lambda declared, **more: World(locked(make_project(tmp_path, declared, **more)), found)


def test_sources_are_built_here_and_the_project_there(put, tmp_path: Path) -> None:
    archive(tmp_path, "packed")
    repository = source(tmp_path / "repository", "cloned")
    git = ["git", "-C", str(repository), "-c", "user.email=a@example.com", "-c", "user.name=a"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "all"]):
        subprocess.run([*git, *words], check=True)
    make_wheel(tmp_path / "wheels", "tool")
    source(tmp_path / "project" / "own", "own", requires='"tool"')
    source(tmp_path / "project" / "copied", "copied")
    asked = ["packed", f"cloned @ git+file://{repository}", "-e ./own", "./copied"]
    world = put(f"requirements = {asked}\n")
    bundle = world.collect().hosts["n1"]
    assert {one.name.partition("-")[0] for one in bundle.wheels} == {"packed", "cloned", "tool"}
    again = world.collect().hosts["n1"]
    assert again.wheels == bundle.wheels
    place = world.places["n1"]
    Path(place.root).mkdir(parents=True)
    for name in ("own", "copied"):
        shutil.copytree(tmp_path / "project" / name, Path(place.root) / name)
    world.install()
    words = "import packed, cloned, copied, sys; print(copied.place, *sys.path, sep='\\n')"
    said = place.host.exec([place.python(1), "-c", words]).out.splitlines()
    assert said[0].startswith(place.venv(1))
    assert f"{place.root}/own" in said


def test_a_host_without_a_python_that_can_be_had_is_named(world: World) -> None:
    old = replace(world.locked.base.facts, pythons=(Python("/usr/bin/python3", "3.6.8"),))
    project = world.locked.project
    # the mirror of builds is a folder with nothing in it
    nowhere = {**project.environment, "UV_PYTHON_INSTALL_MIRROR": project.root.as_uri()}
    asked = replace(project, environment=nowhere)
    failure = failing(
        lambda: collect(asked, world.locked.base, world.locked.lock, {"n1": world.facts, "n2": old})
    )
    assert failure.problems[0].code == "PV1333"
    assert failure.problems[0].what.args == {"host": "n2", "version": LOCKED, "known": "3.6.8"}


def test_what_is_built_here_and_does_not_run_there_is_named(put, tmp_path: Path) -> None:
    archive(tmp_path, "compiled", tag="py3-none-linux_x86_64")
    world = put('requirements = ["compiled"]\n')
    arm = replace(world.locked.base.facts.platform, machine="aarch64")
    elsewhere = replace(
        world.locked, base=replace(world.locked.base, facts=replace(world.locked.base.facts, platform=arm))
    )
    failure = failing(replace(world, locked=elsewhere).collect)
    assert failure.problems[0].code == "PV1321"
    assert failure.problems[0].what.args["host"] == "n1"
    assert failure.problems[0].what.args["names"] == "compiled 1.0"
