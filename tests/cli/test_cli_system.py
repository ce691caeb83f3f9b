"""`provenv system`, and what `up`, `plan` and `status` say of declared packages; apt-get is a script."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="system packages are a matter of POSIX systems"
)

DECLARED = """
schema = 1
name = "project"
requirements = ["alpha==1.0"]
system = ["libprovenv-test1", "cowsay-of-nobody"]
"""
APT = """#!/bin/sh
echo "$@" >> {log}
case "$1" in install) ;; *) exit 0;; esac
for package; do touch {installed}/"$package"; done
"""
DPKG = """#!/bin/sh
for package; do :; done
[ -e {installed}/"$package" ] && echo installed
"""
SUDO = '#!/bin/sh\nshift\nexec "$@"\n'


@pytest.fixture
def machine(workplace: Callable, tmp_path: Path):
    """Return a workplace whose PATH has a scripted apt-get, dpkg-query and sudo, and little else."""
    place = workplace(DECLARED)
    programs, installed = tmp_path / "programs", tmp_path / "installed"
    programs.mkdir()
    installed.mkdir()
    values = {"log": tmp_path / "apt.log", "installed": installed}
    scripts = {"apt-get": APT.format(**values), "dpkg-query": DPKG.format(**values), "sudo": SUDO}
    for name, body in scripts.items():
        (programs / name).write_text(body)
        (programs / name).chmod(0o755)
    for name in ("sh", "grep", "env", "id", "touch", "uname"):
        (programs / name).symlink_to(str(shutil.which(name)))
    place.environment["PATH"] = str(programs)
    return place


def log(tmp_path: Path) -> str:
    path = tmp_path / "apt.log"
    return path.read_text() if path.exists() else ""


def test_up_names_what_is_missing_and_installs_nothing(machine, tmp_path):
    done = machine("up", "--json")
    assert done.code == 0, done.err
    (warning,) = [one for one in done.document["problems"] if one["code"] == "PV420"]
    assert "libprovenv-test1, cowsay-of-nobody" in warning["what"]["text"]
    commands = [hint["command"] for hint in warning["hints"]]
    assert commands[0] == "provenv system --install"
    assert commands[1].endswith(
        "apt-get install --yes --no-install-recommends libprovenv-test1 cowsay-of-nobody"
    )
    assert log(tmp_path) == ""
    for command in ("plan", "status"):
        assert "PV420" in machine(command, "--json").codes


def test_consent_is_needed_and_enough(machine, tmp_path):
    refused = machine("system", "--install", "--json")
    assert (refused.code, refused.codes[0]) == (2, "PV424")
    assert log(tmp_path) == ""
    agreed = machine("system", "--install", "--yes", "--json")
    assert agreed.code == 0, agreed.out
    assert agreed.data["installed"] == ["libprovenv-test1", "cowsay-of-nobody"]
    assert [need["present"] for need in agreed.data["needs"]] == [True, True]
    assert log(tmp_path).count("install") == 2  # the word, and `--no-install-recommends`
    again = machine("system", "--install", "--json")
    assert (again.code, again.data["command"]) == (0, [])


def test_up_with_yes_installs_before_it_builds(machine, tmp_path):
    done = machine("up", "--yes")
    assert done.code == 0, done.err
    assert "libprovenv-test1 cowsay-of-nobody" in log(tmp_path)
    assert "PV420" not in done.err
    assert "PV420" not in machine("status", "--json").codes


def test_a_target_may_name_its_own(machine):
    machine.write("provenv.toml", DECLARED + '[target.here]\nkind = "venv"\nsystem = ["sh"]\n')
    shown = machine("system", "--json")
    assert [(need["name"], need["present"]) for need in shown.data["needs"]] == [("sh", True)]


def test_a_package_manager_that_lies_is_found_out(machine, tmp_path):
    (tmp_path / "programs" / "apt-get").write_text("#!/bin/sh\nexit 0\n")
    done = machine("system", "--install", "--yes", "--json")
    assert (done.code, done.codes[0]) == (1, "PV425")


def test_chinese_has_every_word(machine):
    shown = machine("system", "--lang", "zh")
    assert "已声明" in shown.out
    assert "本机缺少" in shown.err


def test_a_no_op_asks_nobody(machine, tmp_path):
    machine("up", "--yes")
    os.unlink(tmp_path / "programs" / "sh")
    assert machine("up").code == 0
