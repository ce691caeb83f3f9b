"""A project on a disk that can lose its power: mounted, worked in by the real program, recorded."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import pickle
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from power_disk import Operation, Tree

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
PROJECT = "project"
READY = 60.0
BEGIN, END, SETTING = "begin ", "end ", "setting "
# a module whose bytecode is longer than some blocks, so that it can be torn
LONG = "".join(f"def function_{number}(value):\n    return value + {number}\n" for number in range(200))


def why_not() -> str | None:
    """Return why no such disk can be mounted here, or None."""
    if not sys.platform.startswith("linux") or not os.access("/dev/fuse", os.R_OK | os.W_OK):
        return "no /dev/fuse to mount a disk with"
    if shutil.which("fusermount3") is None:
        return "no fusermount3 (Debian: fuse3)"
    return None


def make_wheel(folder: Path, name: str, version: str, requires: tuple[str, ...] = ()) -> None:
    """Write a wheel with one module, a data file, its METADATA and a true RECORD (PEP 427)."""
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += "".join(f"Requires-Dist: {one}\n" for one in requires)
    files = {
        f"{name}/__init__.py": f"version = {version!r}\nfrom . import long\n",
        f"{name}/long.py": LONG,
        f"{name}/data/table.txt": "".join(f"{number}\n" for number in range(900)),
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = []
    for path, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content.encode()).digest()).rstrip(b"=").decode()
        rows.append(f"{path},sha256={digest},{len(content.encode())}\n")
    files[f"{info}/RECORD"] = "".join(rows) + f"{info}/RECORD,,\n"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        for path, content in files.items():
            archive.writestr(zipfile.ZipInfo(path), content)


@dataclass(frozen=True)
class Setting:
    """Where the disk is mounted, where the program's source lies, and the user's variables."""

    disk: str
    environment: dict[str, str]

    @property
    def root(self) -> Path:
        """Return the project's folder."""
        return Path(self.disk) / PROJECT

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `provenv ARGUMENTS` in the project."""
        return subprocess.run(
            [sys.executable, "-m", "provenv", *arguments],
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def document(self, *arguments: str) -> tuple[int, dict[str, Any], str]:
        """Run it with --json; return its code, its document, and what it said besides."""
        done = self.run(*arguments, "--json")
        return done.returncode, json.loads(done.stdout or "{}"), done.stdout + done.stderr


def setting(
    base: Path, search_path: str, *, source: Path = REPOSITORY / "src", cache_on_disk: bool = False
) -> Setting:
    """Lay out wheels, a home and a mount point below `base`; uv's cache lies there, or on the disk itself."""
    wheels, home, disk = base / "wheels", base / "home", base / "disk"
    for folder in (wheels, home, disk):
        folder.mkdir(parents=True)
    for name, version in (("alpha", "1.0"), ("alpha", "2.0")):
        make_wheel(wheels, name, version)
    make_wheel(wheels, "beta", "1.0", requires=("alpha",))
    environment = {
        "PATH": search_path,
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(source),
        "UV_CACHE_DIR": str((disk if cache_on_disk else base) / "uv-cache"),
        "PIP_FIND_LINKS": str(wheels),
        "PIP_NO_INDEX": "1",
        "PIP_CONFIG_FILE": os.devnull,
        "TMPDIR": str(home),
        "COVERAGE_PROCESS_START": os.environ.get("COVERAGE_PROCESS_START", ""),
    }
    return Setting(str(disk), environment)


class Recording:
    """A mounted disk, while the user works on it."""

    def __init__(self, place: Setting) -> None:
        self.place = place

    def mark(self, words: str) -> None:
        """Put a mark into the journal."""
        os.setxattr(self.place.disk, "user.mark", words.encode())

    def write(self, name: str, content: str) -> None:
        """Write a file of the project, as an editor does."""
        (self.place.root / name).write_text(content, encoding="utf-8")

    def step(self, name: str, *arguments: str, code: int = 0) -> None:
        """Run a command as a step of its own; all that was done before it has long reached the disk."""
        self.mark(BEGIN + name)
        done = self.place.run(*arguments)
        self.mark(END + name)
        assert done.returncode == code, f"{name}: {done.returncode}\n{done.stdout}\n{done.stderr}"


@contextmanager
def recording(place: Setting, journal: Path) -> Iterator[Recording]:
    """Mount the disk for the block; afterwards its journal lies in `journal`."""
    # the child ends by itself when the disk is unmounted
    with (
        journal.with_suffix(".log").open("wb") as log,
        subprocess.Popen(
            [sys.executable, str(HERE / "power_mount.py"), place.disk, str(journal)],
            stdout=subprocess.PIPE,
            stderr=log,
        ) as server,
    ):
        assert server.stdout is not None
        assert server.stdout.readline() == b"mounted\n", journal.with_suffix(".log").read_text()
        try:
            place.root.mkdir()
            made = Recording(place)
            made.mark(SETTING + json.dumps({"disk": place.disk, "environment": place.environment}))
            yield made
        finally:
            subprocess.run(["fusermount3", "-u", "-z", place.disk], check=True)
            server.wait(READY)


def read_journal(path: Path) -> list[Operation]:
    """Return what was recorded; writes that follow each other in one file are one."""
    operations: list[Operation] = []
    for one in pickle.loads(path.read_bytes()):
        last = operations[-1] if operations else ("",)
        if one[0] == last[0] == "write" and one[1] == last[1] and one[2] == last[2] + len(last[3]):
            operations[-1] = ("write", last[1], last[2], last[3] + one[3], one[4])
        else:
            operations.append(one)
    return operations


def read_setting(operations: list[Operation]) -> Setting:
    """Return the setting that a journal was recorded in."""
    words = next(one[1] for one in operations if one[0] == "mark" and one[1].startswith(SETTING))
    return Setting(**json.loads(words.removeprefix(SETTING)))


def lay_down(tree: Tree, folder: Path) -> None:
    """Make `folder` hold exactly what is left after a cut."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    for name, entry in sorted(tree.items()):
        path = folder / name
        if entry.kind == "folder":
            path.mkdir()
        elif entry.kind == "link":
            path.symlink_to(os.fsdecode(entry.content))
        else:
            path.write_bytes(entry.content)
        if entry.kind != "link":
            path.chmod(entry.mode)
        if entry.kind != "folder":
            os.utime(path, ns=(entry.modified, entry.modified), follow_symlinks=False)


def planted(goal: Path, edits: list[tuple[str, str, str]]) -> Path:
    """Copy the program's source to `goal` with a bug: (file, old, new), each of which must fit once."""
    shutil.copytree(REPOSITORY / "src", goal, ignore=shutil.ignore_patterns("__pycache__"))
    for name, old, new in edits:
        path = goal / "provenv" / name
        words = path.read_text(encoding="utf-8")
        assert words.count(old) == 1, f"{name} has changed: plant the bug elsewhere\n{old}"
        path.write_text(words.replace(old, new), encoding="utf-8")
    return goal
