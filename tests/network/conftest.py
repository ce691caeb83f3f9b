"""The company's network, and a user in it who runs the program."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import pytest

from loading import load

HERE = Path(__file__).resolve().parent
UV_VERSION = version("uv")


NETWORK = load("company_network", HERE / "company.py")
BROKEN = load("broken_index", HERE / "broken.py")


@pytest.fixture(scope="session")
def network() -> ModuleType:
    """The module of the servers."""
    return NETWORK


@pytest.fixture(scope="session")
def broken() -> ModuleType:
    """The module of the index that breaks as it is told."""
    return BROKEN


@pytest.fixture
def index() -> Iterator[Callable[..., object]]:
    """Return a maker of indexes with `alpha`, `beta` (needs alpha) and uv; with a certificate over TLS."""
    made = []

    def make(certificate: tuple[str, str] | None = None) -> object:
        one = BROKEN.Index()
        for name, number, requires in (
            ("alpha", "1.0", ()),
            ("beta", "1.0", ("alpha",)),
            ("uv", UV_VERSION, ()),
        ):
            filename, content = NETWORK.wheel(name, number, requires)
            one.wheels[filename] = content
        made.append(one)
        return one.start(certificate)

    yield make
    for one in made:
        one.close()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a CA of the company's own, and a certificate of `localhost` that it signed."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("ca")
    NETWORK.authority(folder)
    return folder


@pytest.fixture
def company(certificates: Path) -> Iterator[object]:
    """The network, without servers yet."""
    made = NETWORK.Company(certificates)
    yield made
    made.close()


@dataclass
class User:
    """A user: a home folder, a project, and the variables of the shell."""

    home: Path
    root: Path
    temporary: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __call__(
        self, *arguments: str, before: tuple[str, ...] = (), **changes: str
    ) -> subprocess.CompletedProcess[str]:
        """Run `provenv ARGUMENTS` in the project."""
        return subprocess.run(
            [*before, sys.executable, "-m", "provenv", *arguments],
            cwd=self.root,
            env={**self.environment, **changes},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def write(self, name: str, content: str, mode: int = 0o644) -> Path:
        """Write a file of the project, or one of the home folder where the name begins with `~/`."""
        path = self.home / name[2:] if name.startswith("~/") else self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        path.chmod(mode)
        return path


@pytest.fixture
def user(tmp_path: Path, search_path: str) -> Callable[..., User]:
    """Return a maker of users whose traffic trusts the CA that is given."""

    def make(ca: str | None = None) -> User:
        home, root, temporary = (tmp_path / name for name in ("home", "project", "tmp"))
        for folder in (home, root, temporary):
            folder.mkdir()
        environment = {
            "PATH": search_path,
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "TMPDIR": str(temporary),
            "PYTHONPATH": str(HERE.parents[1] / "src"),
            "UV_CACHE_DIR": str(tmp_path / "cache"),
            "UV_HTTP_RETRIES": "0",
            "UV_PYTHON_DOWNLOADS": "never",
            "COVERAGE_PROCESS_START": os.environ.get("COVERAGE_PROCESS_START", ""),
        }
        if ca is not None:
            environment |= {"SSL_CERT_FILE": ca, "GIT_SSL_CAINFO": ca}
        return User(home, root, temporary, environment)

    return make
