"""local-file-shadows-module, venv-broken-interpreter, externally-managed-python, permission-denied-path."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TRAIN = """
import tempfile
with tempfile.TemporaryDirectory() as folder:
    print("trained")
"""


def test_a_file_of_the_project_hides_a_module(scene):
    user = scene.venv()
    user.write("random.py", "def shuffled(rows):\n    return rows[::-1]\n")
    user.write("train.py", TRAIN)
    user.repaired("python train.py", "local-file-shadows-module", prints="trained")
    # what the user wrote is still there, under another name
    assert [path for path in user.root.glob("*.py") if "shuffled" in path.read_text()]


def test_a_file_named_like_the_library_itself(scene):
    user = scene.venv()
    user.write("packaging.py", "import packaging.version\nprint(packaging.version.Version('1.0'))\n")
    user.write("check.py", "from packaging.version import Version\nprint('parsed', Version('1.0'))\n")
    installed = user("pip install --quiet packaging")
    assert installed.code == 0, installed.said
    user.repaired("python check.py", "local-file-shadows-module", prints="parsed")


@pytest.fixture
def project(alone, company):
    """A user with `requirements.txt`, and the wheel that it names in a folder."""
    folder = alone.root / "wheels"
    folder.mkdir()
    name, content = company.wheel("alpha", "1.0")
    (folder / name).write_bytes(content)
    alone.write("requirements.txt", "alpha==1.0\n")
    return alone.having(PIP_NO_INDEX="1", PIP_FIND_LINKS=str(folder))


USE = ".venv/bin/python -c 'import alpha; print(alpha.version)'"


@pytest.mark.parametrize("command", [USE, ".venv/bin/pip list"])
def test_the_interpreter_behind_a_venv_is_gone(project, command):
    """As after an upgrade of the system's Python."""
    base, place = project.root / "python3.x", project.root / ".venv"
    base.mkdir()
    (base / "python3").symlink_to(sys.executable)
    made = project(f"{sys.executable} -m venv .venv && .venv/bin/pip install --quiet -r requirements.txt")
    assert made.code == 0, made.said
    for name in ("python", "python3", f"python3.{sys.version_info[1]}"):
        (place / "bin" / name).unlink(missing_ok=True)
        (place / "bin" / name).symlink_to(base / "python3")
    (base / "python3").unlink()
    project.repaired(command, "venv-broken-interpreter", holding="-m venv")
    assert project(USE).said == "1.0\n"


def test_the_interpreter_behind_a_proven_environment_is_gone(project):
    base = project.root / "python3.x"
    made = subprocess.run([sys.executable, "-m", "venv", "--copies", str(base)], check=False)
    assert made.returncode == 0
    project.write("provenv.toml", 'schema = 1\nname = "p"\nrequirements = ["alpha"]\n')
    up = project.having(PATH=f"{base / 'bin'}{os.pathsep}{project.environment['PATH']}")("provenv up --quiet")
    assert up.code == 0, up.said
    for path in project.root.glob(".provenv/here/generations/*/venv/bin/python*"):
        if path.is_symlink():
            path.unlink()
            path.symlink_to("/usr/local/removed/bin/python3")
    project.repaired(USE, "venv-broken-interpreter", holding="provenv up", prints="1.0\n")


def test_the_system_owns_its_python(project):
    if (
        not list(Path("/usr/lib").glob("python3*/EXTERNALLY-MANAGED"))
        or project("/usr/bin/python3 -m pip --version && /usr/bin/python3 -c 'import ensurepip'").code
    ):
        pytest.skip("this system's Python has no pip or no venv, or is not managed by its packages")
    user = project.having(PATH=f"{project.environment['PATH'].split(os.pathsep)[0]}:/usr/bin:/bin")
    command = "python3 -m pip install -r requirements.txt"
    answer = user.failing(command, "externally-managed-python")
    done = user(f"{answer.commands('-m venv')}\n{USE}")
    assert (done.code, done.said.splitlines()[-1]) == (0, "1.0"), done.said
