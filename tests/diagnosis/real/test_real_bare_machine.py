"""A bare Debian, where the program is asked and obeyed: the real apt, the real opencv-python.

It makes libgl-missing, missing-compiler, missing-python-headers and permission-denied-path, in one entry.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.root, pytest.mark.slow]

PACKAGES = ("ca-certificates", "git", "python3", "python3-venv", "sudo")
PREPARE = """
echo 'dev ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/dev
"""
SOURCE = """
#include <Python.h>
static PyObject *two(PyObject *self, PyObject *none) { return PyLong_FromLong(2); }
static PyMethodDef methods[] = {{"two", two, METH_NOARGS, ""}, {NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "fastsum", NULL, -1, methods};
PyMODINIT_FUNC PyInit_fastsum(void) { return PyModule_Create(&module); }
"""
SETUP = """
from setuptools import Extension, setup
setup(name="fastsum", version="1.0", ext_modules=[Extension("fastsum", ["fastsum.c"])])
"""
# each scene: try, ask, do what the remedy that holds a word says, try again
SCRIPT = """
./provenv version
PATH=$PWD:$PATH
cp -r /run/out/fastsum ~ && cd /run/out
play() {  # NAME WORD COMMAND
    bash -c "$3" > $1.log 2>&1; echo $? > $1.failed
    provenv explain $1.log --here --json > $1.json 2> $1.err
    python3 /run/out/remedy.py $1 "$2" > $1.sh && bash -e $1.sh > $1.repair 2>&1; echo $? > $1.repaired
    bash -c "$3" > $1.again 2>&1; echo $? > $1.worked
}
python3 -m venv ~/env && . ~/env/bin/activate
pip install --quiet opencv-python numpy setuptools wheel && touch installed
play libgl-missing apt-get "python -c 'import cv2; print(cv2.__version__)'"
sudo apt-get update -q > /dev/null; sudo apt-get install -y -q python3-dev > headers.log 2>&1; command -v gcc
export CC=gcc
build="pip install --no-build-isolation ~/fastsum && python -c 'import fastsum'"
play missing-compiler apt-get "$build"
pip uninstall --quiet --yes fastsum
rm -rf ~/fastsum/build ~/fastsum/*.egg-info
# whatever the remedy of before brought
sudo apt-get remove --yes --quiet 'libpython3.*-dev' > /dev/null 2>&1
play missing-python-headers apt-get "$build"
sudo mkdir -p results
play permission-denied-path chown "python3 -c 'open(\\"results/metrics.json\\", \\"w\\")'"
"""
REMEDY = """
import json, sys
answer = json.load(open(f"/run/out/{sys.argv[1]}.json"))["data"]
for remedy in answer["candidates"][0]["remedies"]:
    script = "\\n".join(remedy["commands"])
    if sys.argv[2] in script:
        print(script)
        sys.exit()
sys.exit(1)
"""


@dataclass(frozen=True)
class Played:
    """What one scene left."""

    folder: Path
    name: str

    def __getattr__(self, kind: str) -> str:
        return (self.folder / f"{self.name}.{kind}").read_text()

    @property
    def answer(self) -> Any:
        return json.loads(self.json)["data"]


@pytest.fixture
def machine(bare_machine, tmp_path, repository):
    """The folder that the bare machine left its scenes in."""
    out = tmp_path / "out"
    out.mkdir()
    (out / "fastsum").mkdir()
    (out / "fastsum" / "fastsum.c").write_text(SOURCE)
    (out / "fastsum" / "setup.py").write_text(SETUP)
    (out / "remedy.py").write_text(REMEDY)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "provenv-tests" / "roots"
    try:
        done = bare_machine.enter(
            SCRIPT, repository=repository, cache=cache, out=out, packages=PACKAGES, prepare=PREPARE
        )
    except bare_machine.CannotStart as reason:
        if os.geteuid() == 0:
            pytest.fail(f"no bare machine: {reason}")
        pytest.skip(f"no bare machine here: {reason}")
    assert (out / "installed").exists(), done.stdout
    return out


def test_a_bare_machine_is_completed_by_what_was_printed(machine):
    for cause in ("libgl-missing", "missing-compiler", "missing-python-headers", "permission-denied-path"):
        played = Played(machine, cause)
        assert played.failed.strip() != "0", played.log
        assert played.answer["cause"] == cause, f"{played.log}\n{played.answer['candidates']}"
        assert played.repaired.strip() == "0", f"{played.sh}\n{played.repair}"
        assert played.worked.strip() == "0", f"{played.sh}\n{played.again}"
