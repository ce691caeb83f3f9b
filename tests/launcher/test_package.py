"""provenv as an ordinary package: what the wheel carries, and that it starts where it is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
import uv

NEEDED = (
    "provenv/py.typed",
    "provenv/payload/probe.py",
    "provenv/payload/prove.py",
    "provenv/ui/catalogues/en.mo",
    "provenv/ui/catalogues/zh_CN.mo",
)


def call(*words: str, folder: Path) -> str:
    done = subprocess.run(
        words, check=False, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def wheel(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel as it is built from what a clone would have."""
    place = tmp_path_factory.mktemp("package")
    source = place / "source"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "-co", "--exclude-standard"],
        check=True,
        cwd=repository,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (repository / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(repository / name, source / name)
    call(*build(place), folder=source)
    (built,) = place.glob("provenv-*.whl")
    return built


def build(place: Path) -> list[str]:
    """Return pip's command for a wheel: pip's own configuration finds what the build needs."""
    return ["python", "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(place), "."]


@pytest.mark.slow
def test_the_wheel_carries_all_that_is_read_at_run_time(wheel: Path, repository: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert set(NEEDED) <= names
    # whatever stands beside the modules belongs to them: tables, styles, scripts
    package = repository / "src"
    data = {
        path.relative_to(package).as_posix()
        for path in (package / "provenv").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".mo"
    }
    tracked = subprocess.run(
        ["git", "ls-files", "-z", "-co", "--exclude-standard", "src"],
        check=True,
        cwd=repository,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    assert {name for name in data if f"src/{name}" in tracked} <= names
    examples = repository / "examples"
    for path in examples.rglob("provenv.toml"):
        assert f"provenv/examples/{path.relative_to(examples).as_posix()}" in names
    assert not [name for name in names if "__pycache__" in name or ".venv" in name or ".provenv" in name]


@pytest.mark.slow
@pytest.mark.parametrize("how", ["pip", "uv"])
def test_it_starts_where_it_is_installed(how: str, wheel: Path, tmp_path: Path) -> None:
    venv = tmp_path / "环境 venv"
    if how == "pip":
        call("python", "-m", "venv", str(venv), folder=tmp_path)
        call(str(venv / "bin/python"), "-m", "pip", "install", "--quiet", str(wheel), folder=tmp_path)
    else:
        call(uv.find_uv_bin(), "venv", "--quiet", str(venv), folder=tmp_path)
        call(
            uv.find_uv_bin(), "pip", "install", "--quiet", "--python", str(venv), str(wheel), folder=tmp_path
        )
    program = str(venv / "bin" / "provenv")
    environment = {**os.environ, "PYTHONPATH": ""}
    for words, language, told in (
        (["version"], "en", "provenv"),
        (["--help"], "en", "Usage"),
        (["--help"], "zh", "用法"),
    ):
        done = subprocess.run(
            [program, *words],
            check=False,
            cwd=tmp_path,
            env={**environment, "PROVENV_LANG": language},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert told.lower() in done.stdout.lower()
    typed = call(str(venv / "bin/python"), "-c", "import provenv; print(provenv.__file__)", folder=tmp_path)
    assert str(venv) in typed
