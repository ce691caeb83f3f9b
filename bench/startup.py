"""How long provenv takes to answer where there is next to nothing to do, beside what a user knows.

Run as `python bench/startup.py`; it needs uv and provenv on PATH, and makes its
projects in a temporary folder.
"""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from pairs import Contender, Goal, Measured, compare, show
from programs import program

REPETITIONS = 15
PYPROJECT = '[project]\nname = "bench"\nversion = "1"\nrequires-python = ">=3.10"\ndependencies = ["six"]\n'
INSTALLED = 17_000
BESIDE = 100_000
LAUNCHER = Path(__file__).resolve().parents[1] / "provenv"
COMPLETING = {"_PROVENV_COMPLETE": "bash_complete", "COMP_WORDS": "provenv up --re", "COMP_CWORD": "2"}


def measure() -> Measured:
    """Return the rows: each start beside what a user knows."""
    provenv, uv = program("provenv"), program("uv")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory(prefix="provenv-bench-") as name:
        folder = Path(name)
        ours, theirs = project(folder / "ours"), project(folder / "theirs")
        large = project(folder / "large")
        many = declared(folder / "many", wheel(folder / "wheels", INSTALLED))
        for one in (ours, large, many):
            subprocess.run([provenv, "up"], cwd=one, env=environment, check=True, capture_output=True)
        subprocess.run([uv, "sync"], cwd=theirs, env=environment, check=True, capture_output=True)
        fill(large / "data", BESIDE)
        subprocess.run([LAUNCHER, "version"], cwd=ours, env=environment, check=True, capture_output=True)

        def contender(words: str, at: Path = ours, command: str | Path = provenv) -> Contender:
            shown = f"./provenv {words}" if command == LAUNCHER else words
            return Contender(shown, [str(command), *words.split()], at, environment)

        def uv_(words: str) -> Contender:
            return Contender(f"uv {words}", [uv, *words.split()], theirs, environment)

        bare = Contender("python -c pass", [sys.executable, "-c", "pass"], theirs, environment)
        completing = Contender('completing "up --re"', [provenv], ours, {**environment, **COMPLETING})
        crowded, full = contender("status", many), contender("status", large)
        near, launched, quick = Goal("seconds", 0.060), Goal("seconds", 0.030), Goal("alone", 0.200)
        same = Goal("ratio", 1.1)
        pairs: list[tuple[Contender, Contender, Goal | None]] = [
            (contender("up"), uv_("sync --frozen"), near),
            (contender("--help"), bare, near),
            (contender("lock --help"), bare, near),
            (completing, bare, near),
            (contender("run -- true"), uv_("run --no-sync true"), None),
            (contender("history"), bare, None),
            (contender("version"), bare, None),
            (named(crowded, f"status, {INSTALLED:,} files installed"), bare, quick),
            (
                named(full, f"status, {BESIDE:,} files beside"),
                named(contender("status"), "status, 1 file"),
                same,
            ),
            (
                named(contender("up", large), f"up, {BESIDE:,} files beside"),
                named(contender("up"), "up, 1 file"),
                same,
            ),
            (contender("--help", command=LAUNCHER), contender("--help"), launched),
            (contender("up", command=LAUNCHER), contender("up"), launched),
        ]
        return Measured([compare(mine, other, REPETITIONS, goal) for mine, other, goal in pairs])


def named(one: Contender, name: str) -> Contender:
    """Return the same contender under the name that tells what differs."""
    return Contender(name, one.argv, one.folder, one.environment)


def project(folder: Path) -> Path:
    """Make a project with one small package; neither tool's no-op depends on how much is installed."""
    folder.mkdir()
    (folder / "pyproject.toml").write_text(PYPROJECT)
    return folder


def declared(folder: Path, found: Path) -> Path:
    """Make a project that installs a wheel of our own."""
    folder.mkdir()
    (folder / "requirements.txt").write_text(f"--no-index\n--find-links {found.parent}\nmanyfiles\n")
    return folder


def wheel(folder: Path, count: int) -> Path:
    """Make a wheel of `count` small files (PEP 427) and return it."""
    folder.mkdir()
    info = "manyfiles-1.dist-info"
    files = {f"manyfiles/part{one // 500:03}/file{one:05}.txt": f"{one}\n".encode() for one in range(count)}
    files["manyfiles/__init__.py"] = b""
    files[f"{info}/METADATA"] = b"Metadata-Version: 2.1\nName: manyfiles\nVersion: 1\n"
    files[f"{info}/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: bench\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    rows = [
        f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b'=').decode()},"
        f"{len(content)}\n"
        for path, content in files.items()
    ]
    files[f"{info}/RECORD"] = "".join([*rows, f"{info}/RECORD,,\n"]).encode()
    made = folder / "manyfiles-1-py3-none-any.whl"
    with zipfile.ZipFile(made, "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return made


def fill(folder: Path, count: int) -> None:
    """Make that many empty files, a thousand in a folder."""
    for one in range(count):
        path = folder / f"{one // 1000:03}" / f"{one}.txt"
        if one % 1000 == 0:
            path.parent.mkdir(parents=True)
        path.touch()


if __name__ == "__main__":
    show(measure())
