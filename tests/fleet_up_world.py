"""A project of tiny wheels with its lock, and hosts to install it on, each with folders of its own."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from provenv.app.fleet_up.collecting import Collected, collect
from provenv.app.fleet_up.installing import Installed, install
from provenv.app.fleet_up.places import Place
from provenv.app.locking import Ground, ground, lock
from provenv.app.project import Project, open_project
from provenv.errors import Failure
from provenv.hosts.ssh import SshHost
from provenv.model.facts import Facts, Python
from provenv.model.lock import Lock
from ssh_hosts import SshHosts

PYTHON = "/usr/bin/python3"
"""An interpreter that every user of this machine can run, where there is one."""


def _version() -> str:
    words = [
        PYTHON if os.path.exists(PYTHON) else sys.executable,
        "-c",
        "import sys; print(*sys.version_info[:2], sep='.')",
    ]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


LOCKED = _version()
"""Its version, which the projects are locked for."""


@dataclass(frozen=True)
class Locked:
    """A project with what it was locked from, and its lock."""

    project: Project
    base: Ground
    lock: Lock


@dataclass(frozen=True)
class World:
    """A locked project, and its places by the hosts' names."""

    locked: Locked
    places: Mapping[str, Place]
    pythons: tuple[Python, ...] | None = None

    @property
    def facts(self) -> Facts:
        """Return the facts of each host: this machine's, but for the interpreters that it has."""
        facts = self.locked.base.facts
        return facts if self.pythons is None else replace(facts, pythons=self.pythons)

    @property
    def all(self) -> tuple[Place, ...]:
        """Return every place."""
        return tuple(self.places.values())

    def collect(self) -> Collected:
        """Gather what every host needs."""
        facts = dict.fromkeys(self.places, self.facts)
        return collect(self.locked.project, self.locked.base, self.locked.lock, facts)

    def install(
        self,
        name: str = "n1",
        number: int = 1,
        *,
        collected: Collected | None = None,
        facts: Facts | None = None,
        on_bytes: Callable[[int], None] = lambda _: None,
    ) -> Installed:
        """Install the lock on one host."""
        return install(
            self.places[name],
            number,
            spec=self.locked.base.spec,
            lock=self.locked.lock,
            facts=facts or self.facts,
            collected=collected or self.collect(),
            on_bytes=on_bytes,
        )


def make_project(folder: Path, declared: str, **environment: str) -> Project:
    """Write a project whose packages come from the folder `wheels` beside it alone."""
    root = folder / "project"
    root.mkdir(parents=True, exist_ok=True)
    (folder / "wheels").mkdir(exist_ok=True)
    head = f'schema = 1\nname = "p"\npython = "{LOCKED}"\n'
    (root / "provenv.toml").write_text(f"{head}{declared}", encoding="utf-8")
    plain = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "XDG_CACHE_HOME": str(folder / "home-cache"),
        "UV_CACHE_DIR": str(folder / "uv-cache"),
        "PIP_FIND_LINKS": str(folder / "wheels"),
        "PIP_NO_INDEX": "1",
        "PIP_CONFIG_FILE": os.devnull,
    }
    return open_project(root, environment={**plain, **environment})


def locked(project: Project) -> Locked:
    """Return a project with its lock."""
    return Locked(project, ground(project), lock(project).lock)


@contextmanager
def places(
    hosts: SshHosts, folder: Path | None = None, target: str = "pair", *, caches: Path | None = None
) -> Iterator[dict[str, Place]]:
    """Yield a place on each host: below `folder`, or at home of the hosts' own user.

    The caches lie below `caches`, where tests share them, or beside the work.
    """
    with ExitStack() as stack:
        found = {}
        for name in hosts.names:
            host = SshHost(name, environment=hosts.environment)
            stack.callback(host.close)
            own = (folder / name) if folder else hosts.homes[name]
            found[name] = Place(
                name, host, str(own / "work"), target, str((caches / name if caches else own) / "cache")
            )
        yield found


def make_wheel(
    folder: Path, name: str, version: str = "1.0", *, data: bytes = b"", lie: bool = False
) -> Path:
    """Write a wheel with one module and its RECORD, which lies about the module's content if it shall."""
    info = f"{name}-{version}.dist-info"
    tag = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files = {
        f"{name}.py": f"version = {version!r}\n".encode(),
        f"{name}.bin": data,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": tag.encode(),
    }
    record = ""
    for path, content in files.items():
        shown = b"another" if lie and path.endswith(".py") else content
        digest = base64.urlsafe_b64encode(hashlib.sha256(shown).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={digest},{len(content)}\n"
    goal = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(goal, "w") as archive:
        for path, content in {**files, f"{info}/RECORD": f"{record}{info}/RECORD,,\n".encode()}.items():
            archive.writestr(zipfile.ZipInfo(path), content)
    return goal


def failing(act: Callable[[], object]) -> Failure:
    """Return the failure that `act` raises."""
    with pytest.raises(Failure) as caught:
        act()
    return caught.value
