"""Two hosts on loopback, and a locked project of tiny wheels that is installed on them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet_up_world import Locked, World, locked, make_project, make_wheel, places
from ssh_hosts import SshHosts, loopback_hosts


@pytest.fixture(scope="session")
def loopback() -> Iterator[SshHosts]:
    with loopback_hosts(2) as found:
        yield found


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Locked:
    """A project of two wheels, one of them with some bytes, and its lock."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "wheels").mkdir()
    make_wheel(folder / "wheels", "alpha", data=os.urandom(100_000))
    make_wheel(folder / "wheels", "beta")
    return locked(make_project(folder, 'requirements = ["alpha", "beta"]\n'))


@pytest.fixture(scope="session")
def caches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the caches of the hosts lie that most tests share: uv travels once."""
    return tmp_path_factory.mktemp("caches")


@pytest.fixture
def world(loopback: SshHosts, tiny: Locked, tmp_path: Path, caches: Path) -> Iterator[World]:
    with places(loopback, tmp_path, caches=caches) as found:
        yield World(tiny, found)


@pytest.fixture
def fresh(loopback: SshHosts, tiny: Locked, tmp_path: Path) -> Iterator[World]:
    """The same with empty caches."""
    with places(loopback, tmp_path) as found:
        yield World(tiny, found)
