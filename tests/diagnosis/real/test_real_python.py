"""local-file-shadows-module, venv-broken-interpreter, externally-managed-python, permission-denied-path."""

from __future__ import annotations

import os
import shutil
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
def removed_python(scene) -> Path:
    """A virtual environment whose interpreter was removed, as after an upgrade of the system's Python."""
    base, place = scene.root / "python3.x", scene.root / ".venv"
    base.mkdir()
    (base / "python3").symlink_to(sys.executable)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place)], check=True)
    for name in ("python", "python3", f"python3.{sys.version_info[1]}"):
        link = place / "bin" / name
        link.unlink(missing_ok=True)
        link.symlink_to(base / "python3")
    script = place / "bin" / "tool"
    script.write_text(f"#!{place}/bin/python\nprint('ran')\n")
    script.chmod(0o755)
    shutil.rmtree(base)
    return place


@pytest.mark.parametrize("command", [".venv/bin/python -c 'print(\"ran\")'", ".venv/bin/tool"])
def test_the_interpreter_behind_a_venv_is_gone(scene, removed_python, command):
    answer = scene.failing(command, "venv-broken-interpreter")
    done = scene(f"set -e\n{answer.commands('-m venv')}\n.venv/bin/python -c 'print(\"ran\")'")
    assert (done.code, done.said.splitlines()[-1]) == (0, "ran"), done.said


def test_the_system_owns_its_python(scene):
    python = next((one for one in ("/usr/bin/python3",) if Path(one).exists()), None)
    marked = python and list(Path("/usr/lib").glob("python3*/EXTERNALLY-MANAGED"))
    if not marked or subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False).returncode:
        pytest.skip("this system's Python has no pip or is not managed by its packages")
    user = scene.having(PATH=f"{scene.environment['PATH'].split(os.pathsep)[0]}:/usr/bin:/bin")
    answer = user.failing("python3 -m pip install iniconfig", "externally-managed-python")
    done = user(f"set -e\n{answer.commands('-m venv')}\npython3 -m pip install iniconfig; python3 -c 'import iniconfig'")
    assert done.code == 0, done.said
