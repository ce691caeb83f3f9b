"""Projects on tiny wheels in known states, copied for each point; the program as a user runs it."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

JUDGE = Path(__file__).resolve().parent / "fault_judge.py"
FIRST = 'schema = 1\nname = "p"\nrequirements = ["alpha<2"]\n'
SECOND = 'schema = 1\nname = "p"\nrequirements = ["alpha>1", "beta"]\n'


@dataclass(frozen=True)
class Operation:
    """One command in one known state.

    `before` and `after` are the generations that are current then, None for none.
    """

    name: str
    template: str
    argv: tuple[str, ...]
    before: int | None
    after: int | None
    intact: bool = True
    """Whether the generation before is as it was proven (a repair starts from one that is not)."""

    anew: int | None = None
    """The generation that is built where the one that would do cannot be read."""

    def version(self, number: int) -> str:
        """Return alpha's version in that generation of this operation's project."""
        return "1.0" if number == 1 or not self.intact else "2.0"

    @property
    def declared(self) -> str:
        """Return alpha's version as the project's file wants it."""
        return "1.0" if self.template in {"fresh", "damaged"} else "2.0"


OPERATIONS = {
    one.name: one
    for one in (
        Operation("build", "fresh", ("up",), None, 1),
        Operation("rebuild", "changed", ("up",), 1, 2),
        Operation("repair", "damaged", ("up", "--repair"), 1, 2, intact=False),
        Operation("twin", "rolled-back", ("up",), 1, 2, anew=3),
        Operation("rollback", "two", ("rollback",), 2, 1),
        Operation("gc", "three", ("gc", "--keep", "1"), 3, 3),
        Operation("down", "two", ("down", "--yes"), 2, None),
        Operation("prove", "two", ("prove",), 2, 2),
        Operation("noop", "two", ("up",), 2, 2),
        Operation("run", "two", ("run", "--", "python", "-c", "import alpha"), 2, 2),
    )
}


@dataclass
class World:
    """A folder with wheels, a uv cache, templates, and one workplace where every point takes place."""

    base: Path
    program: Path
    """The program under test, planted bugs and all."""
    true_program: Path
    """The program as it is: it makes the templates and judges what a point left."""
    python: str = sys.executable
    ready: bool = False
    """Whether the templates are made, after which nothing but points takes place."""
    seen: dict[str, str | None] = field(default_factory=dict)
    """What is known of a state by its signature: what is wrong with it, or None."""

    @property
    def place(self) -> Path:
        """Return the folder that holds the project, its home and its temporary files."""
        return self.base / "place"

    @property
    def root(self) -> Path:
        """Return the project's folder."""
        return self.place / "project"

    @property
    def temporary(self) -> Path:
        """Return the folder for temporary files."""
        return self.place / "tmp"

    def environment(self, program: Path | None = None) -> dict[str, str]:
        """Return the variables of the user; nothing of ours but a cache and wheels is reachable."""
        return {
            "PATH": str(self.base / "bin"),
            "HOME": str(self.place / "home"),
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(program or self.program),
            "PYTHONHASHSEED": "0",
            # a cache of bytecode that nobody else writes to: whether a file has one decides what is opened
            "PYTHONPYCACHEPREFIX": str(self.base / "bytecode"),
            **({"PYTHONDONTWRITEBYTECODE": "1"} if self.ready else {}),
            "UV_CACHE_DIR": str(self.place / "cache"),
            "UV_CONCURRENT_INSTALLS": "1",
            "UV_CONCURRENT_DOWNLOADS": "1",
            "PIP_FIND_LINKS": str(self.base / "wheels"),
            "PIP_NO_INDEX": "1",
            "PIP_CONFIG_FILE": os.devnull,
            "TMPDIR": str(self.temporary),
        }

    def prepare(self) -> World:
        """Make the wheels and the templates."""
        (self.base / "wheels").mkdir(parents=True)
        (self.base / "bin").mkdir()
        # few tools on PATH: a proof's facts are read from each of them
        for name in ("env", "sh"):
            found = shutil.which(name)
            assert found is not None
            (self.base / "bin" / name).symlink_to(found)
        program = "import sys\nfrom provenv.cli import main\nsys.exit(main())\n"
        (self.base / "bin" / "provenv").write_text(program)
        make_wheel(self.base / "wheels", "alpha", "1.0")
        make_wheel(self.base / "wheels", "alpha", "2.0")
        make_wheel(self.base / "wheels", "beta", "1.0", requires="alpha")
        self.place.mkdir()
        for name in ("project", "home", "cache", "tmp"):
            (self.place / name).mkdir()
        declared = self.root / "provenv.toml"
        declared.write_text(FIRST)
        self._must("lock")  # uv's cache has what it builds of each wheel only after an installation
        (self.root / "pylock.toml").unlink()
        self._keep("fresh")
        self._must("up")
        self._keep("one")
        declared.write_text(SECOND)
        self._keep("changed")
        self._must("up")
        self._keep("two")
        self._must("rollback")
        self._keep("rolled-back")
        self.take("two")
        self._must("up", "--repair")
        self._keep("three")
        # every template is used with the cache that every package is in
        cache = self.base / "cache"
        shutil.copytree(self.place / "cache", cache, symlinks=True)
        self.take("one")
        installed = next(self.root.glob(".provenv/here/generations/0001/venv/lib/*/site-packages/alpha.py"))
        installed.write_text(installed.read_text() + "damaged = True\n")
        self._keep("damaged")
        for kept in (self.base / "templates").iterdir():
            shutil.rmtree(kept / "cache")
            shutil.copytree(cache, kept / "cache", symlinks=True)
        for program in {self.program, self.true_program}:
            compiling = [self.python, "-m", "compileall", "-q", str(program)]
            subprocess.run(compiling, env=self.environment(), check=True)
        self.ready = True
        return self

    def take(self, template: str) -> None:
        """Put a fresh copy of a template into the workplace."""
        shutil.rmtree(self.place, ignore_errors=True)
        shutil.copytree(self.base / "templates" / template, self.place, symlinks=True)

    def argv(self, *arguments: str) -> list[str]:
        """Return the command line that runs the program."""
        # as an installed entry point: the folder of the script, not the project's, is where imports begin
        return [self.python, str(self.base / "bin" / "provenv"), *arguments]

    def judge(self, commands: Sequence[Sequence[str]], program: Path | None = None) -> list[dict[str, Any]]:
        """Run several commands of the program, each in a fork of one process; return code, out and err."""
        done = subprocess.run(
            [self.python, str(JUDGE)],
            cwd=self.root,
            env=self.environment(program),
            input=json.dumps([list(command) for command in commands]),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found: list[dict[str, Any]] = json.loads(done.stdout)
        return found

    def _must(self, *arguments: str) -> None:
        done = subprocess.run(
            self.argv(*arguments),
            cwd=self.root,
            env=self.environment(self.true_program),
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr + done.stdout

    def _keep(self, name: str) -> None:
        shutil.copytree(self.place, self.base / "templates" / name, symlinks=True)


def scratch() -> Path:
    """Return a new folder: in memory where that is to be had, since a disk's time is not what is tested."""
    memory = Path("/dev/shm")
    usable = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 1 << 28
    return Path(tempfile.mkdtemp(prefix="provenv-faults-", dir=memory if usable else None))


def make_wheel(folder: Path, name: str, version: str, requires: str = "") -> None:
    """Write a wheel with one module, its METADATA and a true RECORD (PEP 427)."""
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    files = {
        f"{name}.py": f"version = {version!r}\n",
        f"{info}/METADATA": metadata + (f"Requires-Dist: {requires}\n" if requires else ""),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for path, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content.encode()).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={digest},{len(content.encode())}\n"
    files[f"{info}/RECORD"] = record + f"{info}/RECORD,,\n"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        for path, content in files.items():
            archive.writestr(zipfile.ZipInfo(path), content)
