"""The shell script that asks a machine what it has, run for real beside scripted package managers."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from provenv.model.facts import Facts, Platform
from provenv.system import MANAGERS, Asked, answer, question, wanted
from provenv.system.naming import Wanted

DEBIAN = Facts(Platform("linux", "x86_64", distribution="debian", distribution_version="12"))

# what each package manager runs to tell of one package; `there` is installed, all else is not
QUERIES = {
    "apt": ("dpkg-query", 'case "$3" in there) echo installed;; gone) echo config-files;; *) exit 1;; esac'),
    "dnf": ("rpm", '[ "$3" = there ]'),
    "zypper": ("rpm", '[ "$3" = there ]'),
    "pacman": ("pacman", '[ "$2" = there ]'),
    "apk": ("apk", '[ "$3" = there ]'),
    "brew": ("brew", '[ "$3" = there ]'),
}


def ask(things: list[Wanted], manager: str, path: str) -> Asked:
    argv = question(things, MANAGERS.get(manager))
    done = subprocess.run(argv, env={"PATH": path}, capture_output=True, text=True, check=False)
    return answer(done.stdout)


def folder_of(path: Path, *programs: str) -> str:
    path.mkdir(exist_ok=True)
    for name in programs:
        (path / name).symlink_to(str(shutil.which(name)))
    return str(path)


@pytest.mark.parametrize("manager", QUERIES)
def test_installed_packages_by_manager(manager: str, tmp_path: Path):
    path = folder_of(tmp_path / "bin", "sh", "grep")
    name, body = QUERIES[manager]
    script = tmp_path / "bin" / name
    script.write_text(f"#!/bin/sh\n{body}\n")
    script.chmod(0o755)
    things = [Wanted(one, "package", one) for one in ("there", "gone", "no-such")]
    asked = ask(things, manager, path)
    assert [asked.present(one) for one in things] == [True, False, False]


def test_a_program_and_a_library_are_seen_whoever_brought_them(tmp_path: Path):
    path = folder_of(tmp_path / "bin", "sh", "grep")
    (tmp_path / "bin" / "ffmpeg").write_text("#!/bin/sh\n")
    (tmp_path / "bin" / "ffmpeg").chmod(0o755)
    (tmp_path / "bin" / "ldconfig").write_text(
        "#!/bin/sh\nprintf '\\tlibGL.so.1 (libc6,x86-64) => /opt/nvidia/libGL.so.1\\n'\n"
    )
    (tmp_path / "bin" / "ldconfig").chmod(0o755)
    names = ["ffmpeg", "libgl1", "libGL.so.1", "libEGL-of-nobody.so.1", "dot-of-nobody"]
    things = [wanted(name, MANAGERS["apt"], DEBIAN) for name in names]
    asked = ask(things, "apt", path)
    assert [asked.present(one) for one in things] == [True, True, True, False, False]


def test_this_machine_answers(tmp_path: Path):
    things = [
        Wanted("sh", "program", programs=("sh",)),
        Wanted("a b; echo program x", "package", "a b; echo program x"),
    ]
    asked = ask(things, "apt", os.environ["PATH"])
    assert [asked.present(one) for one in things] == [True, False]
    assert ("program", "x") not in asked.there


def test_a_machine_without_a_shell_leaves_it_open():
    asked = answer("'sh' is not recognized as an internal or external command\r\n")
    assert asked.present(Wanted("libgl1", "package", "libgl1")) is None
