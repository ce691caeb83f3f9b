"""The pure rooms under a faked Windows and a faked macOS: from a declared file to a plan and its views.

What a real Windows or macOS adds (its own paths, its own processes) was not exercised here.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="fakes the others from Linux")

CASES = {"win32": "windows-laptop", "darwin": "mac-m1"}
# as Notepad writes it: a byte order mark, CRLF
DECLARED = (
    "\ufeffschema = 1\r\n"
    'name = "demo"\r\n'
    'python = "3.11"\r\n'
    'requirements = { file = "requirements.txt" }\r\n'
    'system = ["libgl1"]\r\n'
)
REQUIREMENTS = '# 依赖\r\nsix>=1.16 ; sys_platform == "win32" or python_version > "3"\r\n'


@pytest.fixture(scope="module", params=CASES)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what the child made of it all on the faked platform."""
    here = Path(__file__).resolve()
    folder = tmp_path_factory.mktemp("faked") / "项目 one"
    folder.mkdir()
    (folder / "provenv.toml").write_bytes(DECLARED.encode())
    (folder / "requirements.txt").write_bytes(REQUIREMENTS.encode())
    document = here.parents[1] / "facts" / "cases" / f"{CASES[request.param]}.json"
    variables = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder.parent),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(here.parents[2] / "src"),
        "LOCALAPPDATA": "/users/mei/AppData/Local",
        "TEMP": "/users/mei/AppData/Local/Temp",
        "PIP_CONFIG_FILE": os.devnull,
    }
    done = subprocess.run(
        [sys.executable, str(here.with_name("faked.py")), request.param, str(folder), str(document)],
        env=variables, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return {"platform": request.param, "home": str(folder.parent), **json.loads(done.stdout)}


def test_every_module_can_be_imported(made):
    assert made["modules"] > 200


def test_the_declared_file_becomes_a_plan(made):
    assert made["name"] == "demo"
    assert made["requirements"] == ['six>=1.16 ; sys_platform == "win32" or python_version > "3"']
    assert made["system"] == {"win32": "windows", "darwin": "darwin"}[made["platform"]]
    assert made["accelerator"] == {"win32": "cpu", "darwin": "mps"}[made["platform"]]
    assert made["lock"] == "1.17.0"
    assert made["steps"] == ["create", "install", "prove", "switch"]


def test_the_views_say_everything_in_words(made):
    assert made["lines"] > 100
    assert made["unsaid"] == []


def test_a_signal_of_a_linux_place_is_named_wherever_the_judge_sits(made):
    assert made["died"] == "proof.died.memory"


def test_the_switch_is_a_link_or_a_pointer_file(made):
    assert made["pointed"] == "generations/0001"
    assert (made["is_link"], made["editors"]) == {"win32": (False, False), "darwin": (True, True)}[
        made["platform"]
    ]


def test_folders_and_programs_are_the_platforms_own(made):
    assert made["python"] == {"win32": "Scripts/python.exe", "darwin": "bin/python"}[made["platform"]]
    assert made["scripts"] == {"win32": "Scripts", "darwin": "bin"}[made["platform"]]
    local, home = "/users/mei/AppData/Local", made["home"]
    # uv keeps its cache below ~/.cache on macOS, too
    caches = {"win32": [f"{local}/uv/cache", f"{local}/Temp"], "darwin": [f"{home}/.cache/uv", "/tmp"]}
    assert made["caches"] == caches[made["platform"]]
    assert made["manager"] == {"win32": None, "darwin": "brew"}[made["platform"]]
    assert made["cores"] is True


def test_commands_answer(made):
    assert made["codes"] == {
        "--help": 0,
        "up --help": 0,
        "schema": 0,
        "--lang zh system --help": 0,
        "nonsense": 2,
    }
