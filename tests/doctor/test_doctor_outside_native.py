"""Native files built here that lack a library, or meet one that is too old, without importing anything."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from provenv.app.looks import native as look
from provenv.app.looks import surroundings
from provenv.app.project import Project
from provenv.diagnosis.checks import native as check
from provenv.diagnosis.checks import system
from provenv.diagnosis.ground import Ground
from provenv.lock import find_uv
from provenv.model.facts import Facts, Platform, Tool
from provenv.model.findings import Finding

pytestmark = pytest.mark.skipif(
    shutil.which("gcc") is None or sys.platform != "linux", reason="builds small libraries with gcc"
)
DEBIAN = Facts(Platform("linux", "x86_64", distribution="debian", distribution_version="12"))
DEBIAN = replace(DEBIAN, tools=(Tool("apt-get", "/usr/bin/apt-get", ""),))
PACKAGES = {"libOSMesa.so.8": "libosmesa6", "libGLU.so.1": "libglu1-mesa", "libsndio.so.7": "libsndio7.0"}
MINE = "int mine(void) { return 1; }\n"
ASKING = "int mine(void); int asking(void) { return mine(); }\n"


def built(folder: Path, name: str, source: str, *options: str) -> Path:
    code, path = folder / f"{name}.c", folder / name
    code.write_text(source)
    command = ["gcc", "-shared", "-fPIC", f"-Wl,-soname,{name}", str(code), "-o", str(path), *options]
    subprocess.run(command, check=True, capture_output=True)
    return path


@pytest.fixture
def place(tmp_path: Path) -> Callable[..., Project]:
    """Return a maker of projects with a `.venv` that holds one package with these native files."""

    def make(*files: Path, **variables: str) -> Project:
        root = tmp_path / "project"
        root.mkdir(exist_ok=True)
        venv = root / ".venv"
        if not venv.exists():
            uv = find_uv(os.environ)
            command = [uv, "venv", "--no-config", "--quiet", "--python", sys.executable, str(venv)]
            subprocess.run(command, check=True)
        (site,) = venv.glob("lib/*/site-packages")
        package, info = site / "thing", site / "thing-1.0.dist-info"
        for folder in (package, info):
            folder.mkdir(exist_ok=True)
        for file in files:
            shutil.copy(file, package / file.name)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: thing\nVersion: 1.0\n")
        (info / "RECORD").write_text("".join(f"thing/{file.name},,\n" for file in files))
        return Project(
            root, root, environment={"HOME": str(tmp_path), "PATH": os.environ["PATH"], **variables}
        )

    return make


def found(project: Project) -> list[Finding]:
    ground = look.look(project)
    return list(check.look(replace(ground, facts=DEBIAN))) if ground.native else []


def test_a_library_that_an_extension_needs_and_nobody_has(place, tmp_path):
    known = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True).stdout
    name = next((one for one in PACKAGES if one not in known), "")
    if not name:
        pytest.skip("this machine has all of them")
    lacking = built(tmp_path, name, MINE)
    asking = built(tmp_path, "core.abi3.so", ASKING, str(lacking))
    assert found(place()) == []
    (one,) = found(place(asking))
    assert (one.id, one.gravity) == ("system-library-missing", "hurts")
    assert one.evidence[0].args == {"name": name, "owner": "thing", "file": "thing/core.abi3.so"}
    install = "sudo apt-get install --yes --no-install-recommends"
    assert one.remedies[0].commands == ("sudo apt-get update", f"{install} {PACKAGES[name]}")
    assert found(place(asking, lacking)) == []


def test_what_only_a_plug_in_needs_is_nothing_to_tell(place, tmp_path):
    lacking = built(tmp_path, "libavutil.so.56", MINE)
    assert found(place(built(tmp_path, "plugin.so", ASKING, str(lacking)))) == []


def test_an_old_library_in_the_way_is_found_through_the_variable_that_leads_there(place, tmp_path):
    script = tmp_path / "versions"
    script.write_text("OLD_1 { global: mine; };\nNEW_2 { global: more; } OLD_1;\n")
    for name in ("new", "old"):
        (tmp_path / name).mkdir()
    versioned = f"-Wl,--version-script={script}"
    new = built(tmp_path / "new", "libstdc++.so.6", MINE + "int more(void) { return 2; }\n", versioned)
    script.write_text("OLD_1 { global: mine; };\n")
    built(tmp_path / "old", "libstdc++.so.6", MINE, versioned)
    wanting = "int more(void); int asking(void) { return more(); }\n"
    asking = built(tmp_path, "core.abi3.so", wanting, str(new), "-Wl,--enable-new-dtags,-rpath,$ORIGIN")
    beside = place(asking, new)
    assert found(beside) == []
    (one,) = found(place(asking, LD_LIBRARY_PATH=str(tmp_path / "old")))
    assert (one.id, one.gravity, one.cause) == ("system-library-old", "hurts", "libstdcxx-too-old")
    assert one.what.args["version"] == "NEW_2"
    assert one.remedies[0].commands == ("unset LD_LIBRARY_PATH",)
    assert found(place(asking, LD_LIBRARY_PATH=str(tmp_path / "new"))) == []


def test_the_headers_of_the_environments_own_interpreter_are_looked_for(place, tmp_path):
    project = place()
    around = surroundings.look(project).surroundings
    assert around is not None
    assert around.python == f"{sys.version_info.major}.{sys.version_info.minor}"
    home = tmp_path / "python" / "bin"
    (tmp_path / "python" / "include" / f"python{around.python}").mkdir(parents=True)
    home.mkdir()
    (project.root / ".venv" / "pyvenv.cfg").write_text(f"home = {home}\nversion_info = {around.python}.1\n")
    bare = surroundings.look(project).surroundings
    assert bare is not None
    assert bare.headers is False
    ground = Ground(DEBIAN, surroundings=replace(bare, compiled=("flash-attn",), compilers=("gcc",)))
    (one,) = system.compiling(ground)
    assert (one.id, one.cause) == ("headers-missing", "missing-python-headers")
    (tmp_path / "python" / "include" / f"python{around.python}" / "Python.h").touch()
    whole = surroundings.look(project).surroundings
    assert whole is not None
    assert whole.headers is True


def test_a_file_from_the_future_is_seen(place):
    project = place()
    late = project.root / "train.py"
    late.touch()
    os.utime(late, (late.stat().st_mtime + 7200, late.stat().st_mtime + 7200))
    around = surroundings.look(project).surroundings
    assert around is not None
    assert [name for name, ahead in around.future if ahead > 7000] == ["train.py"]
