"""`./provenv` in a checkout: which environment it starts, and what it does the first time."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import uv

Checkout = Callable[..., "subprocess.CompletedProcess[str]"]
PACKAGE = {
    "__init__.py": "",
    "__main__.py": "import os, sys\nprint('started', *sys.argv[1:], 'in', os.getcwd(), sys.prefix)\n",
    "cli.py": "",
    "ui/catalogues/en/ui.po": "",
}
COMPILER = """
import pathlib, sys
here = pathlib.Path(__file__).parent
if (here / "broken").exists():
    sys.exit("ui.po:7: not translated")
(here / "compiled").touch()
"""
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
BACKEND = """
import os, zipfile
NAME = "provenv-0.0.1-py3-none-any.whl"
def build_editable(folder, settings=None, metadata=None):
    if os.path.exists("hang"):
        open("hang").read()
    info = "provenv-0.0.1.dist-info/"
    with zipfile.ZipFile(os.path.join(folder, NAME), "w") as wheel:
        wheel.writestr("provenv.pth", os.path.join(os.getcwd(), "src"))
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: provenv\\nVersion: 0.0.1\\n")
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(info + "RECORD", "")
    return NAME
def build_wheel(folder, settings=None, metadata=None):
    raise SystemExit("only editable")
"""
"""The smallest backend there can be (PEP 517, PEP 660), so that nothing but our own steps takes time."""


def babel_wheel(folder: Path) -> None:
    """Write a wheel that stands in for babel: the tests of the catalogues use the real one."""
    with zipfile.ZipFile(folder / "babel-2.99-py3-none-any.whl", "w") as wheel:
        info = "babel-2.99.dist-info"
        wheel.writestr("babel.py", "")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: babel\nVersion: 2.99\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


@pytest.fixture
def checkout(repository: Path, tmp_path: Path) -> Path:
    """Return a checkout of a small package with the real launcher, in a folder with a space and Chinese."""
    place = tmp_path / "my 检出" / "provenv"
    for name, content in PACKAGE.items():
        file = place / "src" / "provenv" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    for name in ("provenv", "bootstrap.py"):
        shutil.copy(repository / name, place / name)
    (place / "pyproject.toml").write_text(PROJECT)
    (place / "backend.py").write_text(BACKEND)
    (place / "hatch_build.py").write_text(COMPILER)
    for name in ("pipconf.py", "pip_sources.py", "errors.py"):
        shutil.copy(repository / "src" / "provenv" / name, place / "src" / "provenv" / name)
    return place


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """Return a folder of wheels, the only place where packages come from here."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    babel_wheel(folder)
    return folder


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """Return a PATH folder with this Python and the few programs of a bare system, but no uv."""
    folder = tmp_path / "bin"
    folder.mkdir()
    base = Path(sys.base_prefix) / "bin" / "python3"
    (folder / "python3").write_text(f'#!/bin/sh\nexec "{base}" "$@"\n')
    (folder / "python3").chmod(0o755)
    for name in ("sh", "readlink", "env"):
        (folder / name).symlink_to(shutil.which(name, path="/usr/bin:/bin") or "")
    return folder


@pytest.fixture
def with_uv(programs: Path) -> None:
    """Put uv on PATH."""
    (programs / "uv").symlink_to(uv.find_uv_bin())


@pytest.fixture
def variables(wheels: Path, programs: Path, tmp_path: Path) -> dict[str, str]:
    """Return a bare environment with an empty home, where packages come from one folder."""
    return {
        "PATH": str(programs),
        "HOME": str(tmp_path / "home"),
        "LANG": "C.UTF-8",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
        "UV_CACHE_DIR": str(tmp_path / "uv"),
    }


@pytest.fixture
def start(checkout: Path, variables: dict[str, str], tmp_path: Path) -> Checkout:
    """Return what starts the launcher in that environment."""

    def run(
        *arguments: str, launcher: Path | str = checkout / "provenv", folder: Path = tmp_path, **more: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(launcher), *arguments],
            check=False,
            env={**variables, **more},
            cwd=folder,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )

    return run


def environments(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "home" / ".cache" / "provenv").rglob("environments/*/bin/python"))


@pytest.mark.slow
def test_first_use_sets_up_and_later_uses_do_not(
    start: Checkout, checkout: Path, programs: Path, tmp_path: Path
) -> None:
    first = start("a b", "", "三")
    assert first.returncode == 0, first.stderr
    (python,) = environments(tmp_path)
    line = f"started a b  三 in {tmp_path} {python.parent.parent}\n"
    assert first.stdout == line
    assert first.stderr.count("\n") == 1
    assert first.stderr.startswith("provenv: setting itself up in ")
    assert (checkout / "compiled").exists()

    (checkout / "compiled").unlink()
    # nothing but the environment's Python is needed any more: no python3, no home beyond its name
    again = start("a b", "", "三", PATH="/nonexistent")
    assert (again.stdout, again.stderr) == (line, "")
    assert not (checkout / "compiled").exists()

    # a link to the launcher, a relative call, and one found on PATH start the same environment
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "first").symlink_to("second")
    (tmp_path / "links" / "second").symlink_to(checkout / "provenv")
    (checkout / "sub").mkdir()
    for how in (
        start(launcher=tmp_path / "links" / "first"),
        start(launcher=tmp_path / "links" / ".." / "links" / "second"),
        start(launcher="./provenv", folder=checkout),
        start(launcher="../provenv", folder=checkout / "sub"),
        start("-c", "provenv", launcher=programs / "sh", PATH=f"{checkout}:{programs}"),
    ):
        assert how.stderr == ""
        assert how.stdout.endswith(f"{python.parent.parent}\n")
    assert environments(tmp_path) == [python]


@pytest.mark.slow
@pytest.mark.usefixtures("with_uv")
def test_what_changed_is_made_again(start: Checkout, checkout: Path, tmp_path: Path) -> None:
    assert start().returncode == 0
    (first,) = environments(tmp_path)

    # a catalogue, a rule: compiled again in the same environment, without a word
    catalogue = checkout / "src/provenv/ui/catalogues/en/ui.po"
    rule = checkout / "src/provenv/diagnosis/rules/disk-full.toml"
    rule.parent.mkdir(parents=True)
    for source in (catalogue, rule):
        (checkout / "compiled").unlink()
        source.touch()
        edited = start()
        assert (edited.returncode, edited.stderr) == (0, ""), source
        assert (checkout / "compiled").exists(), source
        assert environments(tmp_path) == [first]

    # a broken catalogue says so and does not stop the tool
    (checkout / "broken").touch()
    catalogue.touch()
    for broken in (start(), start()):
        assert broken.returncode == 0
        assert "could not be compiled" in broken.stderr
        assert "ui.po:7: not translated" in broken.stderr
    (checkout / "broken").unlink()
    assert start().stderr == ""
    assert environments(tmp_path) == [first]

    # the project file: a new environment beside the old one, which a running provenv may be reading
    (checkout / "pyproject.toml").write_text(PROJECT + "# changed\n")
    renewed = start()
    assert renewed.returncode == 0
    assert "setting itself up" in renewed.stderr
    assert first.exists()
    assert str(first.parent.parent) not in renewed.stdout

    # an environment whose Python is gone (the system's was upgraded) is made again
    current = Path(renewed.stdout.rstrip("\n").partition(f" in {tmp_path} ")[2])
    (current / "bin" / "python").unlink()
    healed = start()
    assert healed.returncode == 0
    assert "setting itself up" in healed.stderr
    assert len(environments(tmp_path)) <= 2


@pytest.mark.slow
@pytest.mark.usefixtures("with_uv")
def test_two_at_once_make_one(start: Checkout, tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        one, two = pool.map(start, ["1", "2"])
    assert (one.returncode, two.returncode) == (0, 0)
    assert len(environments(tmp_path)) == 1
    assert sorted([one.stdout.split()[1], two.stdout.split()[1]]) == ["1", "2"]
    assert (one.stderr + two.stderr).count("setting itself up") == 1


@pytest.mark.slow
@pytest.mark.usefixtures("with_uv")
def test_a_kill_leaves_nothing_that_is_taken_for_whole(
    start: Checkout, checkout: Path, variables: dict[str, str], tmp_path: Path
) -> None:
    os.mkfifo(checkout / "hang")
    killed = subprocess.Popen(
        [str(checkout / "provenv")], env=variables, stderr=subprocess.DEVNULL, start_new_session=True
    )
    with (checkout / "hang").open("w"):  # opens when the backend reads: the setup is in its midst
        os.killpg(killed.pid, signal.SIGKILL)
        killed.wait()
    (checkout / "hang").unlink()
    assert list((tmp_path / "home").rglob("ready")) == []
    done = start()
    assert (done.returncode, done.stdout.startswith("started ")) == (0, True)
    assert "setting itself up" in done.stderr
    assert start().stderr == ""


@pytest.mark.slow
def test_a_failure_shows_pip_s_own_words_and_leaves_nothing_half(
    start: Checkout, wheels: Path, tmp_path: Path
) -> None:
    next(wheels.iterdir()).unlink()
    failed = start()
    assert failed.returncode == 1
    assert "No matching distribution found for babel" in failed.stderr
    assert "pip config list" in failed.stderr
    assert environments(tmp_path) == []
    babel_wheel(wheels)
    assert start().returncode == 0


@pytest.mark.slow
@pytest.mark.usefixtures("with_uv")
def test_a_home_that_cannot_be_written_gets_a_temporary_folder(start: Checkout, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file, so that no folder can be made below it")
    (tmp_path / "tmp").mkdir()
    first = start("x", TMPDIR=str(tmp_path / "tmp"))
    assert first.returncode == 0, first.stderr
    assert "cannot be written" in first.stderr
    assert str(tmp_path / "tmp") in first.stdout
    (own,) = (tmp_path / "tmp").glob("provenv-*")
    assert own.stat().st_mode & 0o777 == 0o700
    again = start("x", TMPDIR=str(tmp_path / "tmp"))
    assert (again.stdout, again.stderr) == (first.stdout, "")

    # a folder of that name that others may write to is not trusted
    own.chmod(0o777)
    distrusting = start("x", TMPDIR=str(tmp_path / "tmp"))
    assert distrusting.returncode == 0
    assert f"{own}/" not in distrusting.stdout


def test_no_python_at_all_is_said_in_both_languages(start: Checkout, programs: Path) -> None:
    (programs / "python3").unlink()
    english, chinese = start(), start(LANG="zh_CN.UTF-8")
    assert (english.returncode, chinese.returncode) == (1, 1)
    assert english.stderr.startswith("provenv: Python 3.10 or newer is needed")
    assert chinese.stderr.startswith("provenv：需要 Python 3.10")


@pytest.mark.slow
@pytest.mark.usefixtures("with_uv")
def test_uv_does_it_where_it_is_and_pip_where_uv_cannot(start: Checkout, tmp_path: Path) -> None:
    assert start().returncode == 0
    (log,) = (tmp_path / "home").rglob("setup.log")
    assert "uv pip install" in log.read_text()
    assert "-m pip" not in log.read_text()
    shutil.rmtree(tmp_path / "home")
    # a setting that uv refuses and pip does not know
    fallen = start(UV_HTTP_TIMEOUT="never")
    assert fallen.returncode == 0, fallen.stderr
    assert "trying venv and pip" in fallen.stderr
    assert "-m pip" in log.read_text()
