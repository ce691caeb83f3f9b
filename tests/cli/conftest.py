"""The program as a user runs it, on a project whose packages are tiny wheels in a folder of its own."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest


def make_wheel(
    folder: Path,
    name: str,
    version: str,
    source: str = "",
    requires: tuple[str, ...] = (),
    more: Mapping[str, str] | None = None,
) -> Path:
    """Write a wheel with one module (and `more` files), its METADATA and a true RECORD (PEP 427)."""
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += "".join(f"Requires-Dist: {one}\n" for one in requires)
    files = {
        f"{module}.py": source or f"version = {version!r}\n",
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        **(more or {}),
    }
    rows = []
    for path, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content.encode()).digest()).rstrip(b"=").decode()
        rows.append(f"{path},sha256={digest},{len(content.encode())}\n")
    files[f"{info}/RECORD"] = "".join(rows) + f"{info}/RECORD,,\n"
    goal = folder / f"{module}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(goal, "w") as archive:
        for path, content in files.items():
            archive.writestr(zipfile.ZipInfo(path), content)
    return goal


@dataclass
class Ended:
    """How a run of the program ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """Return the JSON document of stdout."""
        found: dict[str, Any] = json.loads(self.out)
        return found

    @property
    def data(self) -> Any:
        """Return the document's data."""
        return self.document["data"]

    @property
    def codes(self) -> list[str]:
        """Return the codes of the document's problems."""
        return [one["code"] for one in self.document["problems"]]


@dataclass
class Workplace:
    """A project's folder, a folder of wheels, and the variables of a user who has both."""

    root: Path
    wheels: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str, **changes: str) -> Ended:
        """Run `provenv ARGUMENTS` in the project."""
        done = self.run(["-m", "provenv", *arguments], changes)
        return Ended(done.returncode, done.stdout, done.stderr)

    def elsewhere(self, *arguments: str) -> Ended:
        """Run the program on the project from another folder: `python -m` imports from its own."""
        done = self.run(["-m", "provenv", "-C", str(self.root), *arguments], {}, self.wheels)
        return Ended(done.returncode, done.stdout, done.stderr)

    def run(
        self, argv: list[str], changes: Mapping[str, str], folder: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run Python with these arguments."""
        return subprocess.run(
            [sys.executable, *argv],
            cwd=folder or self.root,
            env={**self.environment, **changes},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def write(self, name: str, content: str) -> None:
        """Write a file of the project."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")

    def wheel(
        self,
        name: str,
        version: str,
        source: str = "",
        requires: tuple[str, ...] = (),
        more: Mapping[str, str] | None = None,
    ) -> Path:
        """Put a wheel into the folder that pip's configuration names."""
        return make_wheel(self.wheels, name, version, source, requires, more)

    @property
    def current(self) -> str:
        """Return what the one switch points to."""
        return os.readlink(self.root / ".provenv" / "here" / "current")


def new_workplace(folder: Path, search_path: str, declared: str | None, name: str) -> Workplace:
    """Make a workplace in a folder; packages come from wheels alone, nothing from any network."""
    root, wheels = folder / name, folder / f"{name}-wheels"
    root.mkdir()
    wheels.mkdir()
    environment = {
        "PATH": search_path,
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(Path(__file__).resolve().parents[2] / "src"),
        "UV_CACHE_DIR": str(folder / "uv-cache"),
        "PIP_FIND_LINKS": str(wheels),
        "PIP_NO_INDEX": "1",
        "PIP_CONFIG_FILE": os.devnull,
        "COVERAGE_PROCESS_START": os.environ.get("COVERAGE_PROCESS_START", ""),
    }
    made = Workplace(root, wheels, environment)
    made.wheel("alpha", "1.0")
    made.wheel("alpha", "2.0")
    made.wheel("beta", "1.0", requires=("alpha",))
    if declared is not None:
        made.write("provenv.toml", declared)
    return made


@pytest.fixture
def workplace(tmp_path: Path, search_path: str) -> Callable[..., Workplace]:
    """Return a maker of workplaces."""

    def make(declared: str | None = None, name: str = "project") -> Workplace:
        return new_workplace(tmp_path, search_path, declared, name)

    return make


@pytest.fixture(scope="session")
def prepared(
    tmp_path_factory: pytest.TempPathFactory, search_path: str
) -> Callable[[Callable[[Callable[..., Workplace]], Workplace]], Workplace]:
    """Return what prepares a workplace, once for each way to: nobody changes it."""
    known: dict[Callable[..., Workplace], Workplace] = {}

    def once(prepare: Callable[[Callable[..., Workplace]], Workplace]) -> Workplace:
        if prepare not in known:
            folder = tmp_path_factory.mktemp("prepared")
            known[prepare] = prepare(
                lambda declared=None, name="project": new_workplace(folder, search_path, declared, name)
            )
        return known[prepare]

    return once


def usual(workplace: Callable[..., Workplace]) -> Workplace:
    """Bring up the project that most tests begin with: one package, of which there is a newer one."""
    tool = workplace('schema = 1\nname = "p"\nrequirements = ["alpha<2"]\n')
    done = tool("up")
    assert done.code == 0, done.err
    return tool


@pytest.fixture
def ready(copied: Callable[..., Workplace]) -> Workplace:
    """Return a workplace that is up, with one generation."""
    return copied(usual)


@pytest.fixture
def copied(
    prepared: Callable[..., Workplace], tmp_path: Path
) -> Callable[[Callable[[Callable[..., Workplace]], Workplace]], Workplace]:
    """Return what copies a prepared workplace, as `up` takes seconds. Its wheels stay: a lock names them."""

    def copy(prepare: Callable[[Callable[..., Workplace]], Workplace]) -> Workplace:
        made = prepared(prepare)
        cache = made.environment["UV_CACHE_DIR"]
        # by one command: the cache and the project share their files
        subprocess.run(["cp", "-a", str(made.root), cache, str(tmp_path)], check=True)
        moved = {"HOME": str(tmp_path), "UV_CACHE_DIR": str(tmp_path / Path(cache).name)}
        return Workplace(tmp_path / made.root.name, made.wheels, {**made.environment, **moved})

    return copy
