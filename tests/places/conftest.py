"""One user in strange places: the real program on tiny wheels, started through whatever changes its place.

`proven` gives a project that is up already (a copy of one that was built once), `fresh` one that is not.
No test waits for a time: an `up` is held where it is by a check of its own that reads a fifo.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src"
DECLARED = 'schema = 1\nname = "p"\nrequirements = ["alpha<2"]\n'
LIMIT = 240


@dataclass
class Ended:
    """How a run of the program ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """Return the data of the JSON document on stdout."""
        return json.loads(self.out)["data"]

    @property
    def codes(self) -> list[str]:
        """Return the codes of the JSON document's problems."""
        return [one["code"] for one in json.loads(self.out)["problems"]]


def judged(code: int, out: str, err: str) -> Ended:
    """Return the ending; a traceback or a defect of ours is one nowhere."""
    assert "Traceback" not in err, err
    assert code != 70, err
    return Ended(code, out, err)


@dataclass
class User:
    """A project's folder, a folder of wheels, and the variables of a user who has both.

    `before` is put before the program: what changes the user's clock, rights, network or limits.
    """

    root: Path
    wheels: Path
    environment: dict[str, str] = field(default_factory=dict)
    before: tuple[str, ...] = ()
    python: str = sys.executable

    def __call__(self, *arguments: str, **changes: str) -> Ended:
        """Run `provenv ARGUMENTS` in the project."""
        done = subprocess.run(
            self.argv(*arguments),
            cwd=self.root,
            env={**self.environment, **changes},
            capture_output=True,
            timeout=LIMIT,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        return judged(
            done.returncode, *(one.decode("utf-8", "replace") for one in (done.stdout, done.stderr))
        )

    def argv(self, *arguments: str) -> list[str]:
        """Return the command line of `provenv ARGUMENTS`."""
        return [*self.before, self.python, "-m", "provenv", *arguments]

    def through(self, *before: str) -> User:
        """Return the same user behind a command such as `unshare -rn`."""
        return replace(self, before=(*before, *self.before))

    def at(self, root: Path) -> User:
        """Return the same user in another folder."""
        return replace(self, root=root)

    def having(self, **changes: str) -> User:
        """Return the same user with other variables."""
        return replace(self, environment={**self.environment, **changes})

    def lacking(self, *names: str) -> User:
        """Return the same user without these variables."""
        kept = {name: value for name, value in self.environment.items() if name not in names}
        return replace(self, environment=kept)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start `provenv ARGUMENTS` and return the process."""
        return subprocess.Popen(
            self.argv(*arguments),
            cwd=self.root,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @contextmanager
    def held(self, *arguments: str, declared: str = DECLARED) -> Iterator[subprocess.Popen[str]]:
        """Start a command that proves, and hold it in its proof for the block; then let it go on."""
        fifo, reached = self.root / "fifo", self.root / "proving"
        reached.unlink(missing_ok=True)
        if not fifo.exists():
            os.mkfifo(fifo)
        self.write("provenv.toml", declared + '[prove]\ncommands = { wait = "touch proving; cat fifo" }\n')
        child = self.start(*arguments)
        with fifo.open("w"):  # opens when the proof reads it
            assert reached.exists()
            yield child

    def declare(self, *requirements: str, more: str = "") -> None:
        """Write the declared file."""
        listed = ", ".join(f'"{one}"' for one in requirements)
        self.write("provenv.toml", f'schema = 1\nname = "p"\nrequirements = [{listed}]\n{more}')

    def write(self, name: str, content: str) -> None:
        """Write a file of the project."""
        (self.root / name).write_text(content, encoding="utf-8")

    def wheel(self, name: str, version: str, source: str = "", requires: tuple[str, ...] = ()) -> Path:
        """Put a wheel into the folder that pip's configuration names."""
        return make_wheel(self.wheels, name, version, source, requires)

    @property
    def current(self) -> str:
        """Return what the one switch points to."""
        return os.readlink(self.root / ".provenv" / "here" / "current")

    @property
    def generations(self) -> list[str]:
        """Return what lies in the folder of generations."""
        return sorted(os.listdir(self.root / ".provenv" / "here" / "generations"))

    def imports(self, version: str = "1.0", name: str = "alpha") -> None:
        """Assert that the current generation imports, and which version it is."""
        ran = self("run", "--", "python", "-c", f"import {name}; print({name}.version)")
        assert (ran.code, ran.out) == (0, f"{version}\n"), ran.err


def finished(child: subprocess.Popen[str]) -> Ended:
    """Wait for a process that `start` began."""
    out, err = child.communicate(timeout=LIMIT)
    return judged(child.returncode, out, err)


def make_wheel(
    folder: Path, name: str, version: str, source: str = "", requires: tuple[str, ...] = ()
) -> Path:
    """Write a wheel with one module, its METADATA, a console script and a true RECORD (PEP 427)."""
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += "".join(f"Requires-Dist: {one}\n" for one in requires)
    files = {
        f"{name}.py": f"version = {version!r}\ndef main():\n    print(version)\n{source}",
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[console_scripts]\n{name}-says = {name}:main\n",
    }
    record = ""
    for path, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content.encode()).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={digest},{len(content.encode())}\n"
    goal = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(goal, "w") as archive:
        for path, content in {**files, f"{info}/RECORD": record + f"{info}/RECORD,,\n"}.items():
            archive.writestr(zipfile.ZipInfo(path), content)
    return goal


def _make_user(folder: Path, search_path: str, name: str = "project") -> User:
    """Make a home with a project and wheels in it; packages come from the wheels alone."""
    root, wheels = folder / name, folder / "wheels"
    root.mkdir(parents=True)
    wheels.mkdir(exist_ok=True)
    environment = {
        "PATH": search_path,
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(SOURCE),
        "PYTHONDONTWRITEBYTECODE": "1",
        "UV_CACHE_DIR": str(folder / "uv-cache"),
        "PIP_FIND_LINKS": str(wheels),
        "PIP_NO_INDEX": "1",
        "PIP_CONFIG_FILE": os.devnull,
        "COVERAGE_PROCESS_START": os.environ.get("COVERAGE_PROCESS_START", ""),
    }
    made = User(root, wheels, environment)
    for version in ("1.0", "2.0"):
        made.wheel("alpha", version)
    made.wheel("beta", "1.0", requires=("alpha",))
    made.write("provenv.toml", DECLARED)
    return made


@pytest.fixture
def fresh(tmp_path: Path, search_path: str) -> Callable[..., User]:
    """Return a maker of users whose project was never built."""
    return lambda name="project": _make_user(tmp_path, search_path, name)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, search_path: str) -> User:
    """A user whose project is up; nobody changes it."""
    user = _make_user(tmp_path_factory.mktemp("built"), search_path)
    done = user("up")
    assert done.code == 0, done.err
    return user


@pytest.fixture
def proven(built: User, tmp_path: Path) -> Callable[..., User]:
    """Return a maker of users whose project is up, each in a folder of its own with a cache of its own."""

    def make(name: str = "project", folder: Path = tmp_path) -> User:
        cache, root = folder / "uv-cache", folder / name
        if not cache.exists():
            # the cache and the project's files are the same inodes there, and so they are here
            subprocess.run(["cp", "-a", built.environment["UV_CACHE_DIR"], cache], check=True)
        subprocess.run(["cp", "-a", built.root, root], check=True)
        return built.at(root).having(HOME=str(folder), UV_CACHE_DIR=str(cache))

    return make


@pytest.fixture
def ending() -> Callable[[subprocess.Popen[str]], Ended]:
    """Return what waits for a process and judges how it ended."""
    return finished


def works(argv: Sequence[str]) -> bool:
    """Tell whether this machine can do that."""
    found = shutil.which(argv[0])
    return found is not None and subprocess.run(argv, capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="session")
def namespace() -> tuple[str, ...]:
    """Return the command that gives a user mounts of their own; skip where the machine has none."""
    command = ("unshare", "-rm") if os.geteuid() else ("unshare", "-m")
    if not works([*command, "true"]):
        pytest.skip("no mount namespaces on this machine")
    return command


@pytest.fixture(scope="session")
def offline() -> tuple[str, ...]:
    """Return the command that takes the network away; skip where the machine cannot."""
    command = ("unshare", "-rn") if os.geteuid() else ("unshare", "-n")
    if not works([*command, "true"]):
        pytest.skip("no network namespaces on this machine")
    return command


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user of the machine can reach; pytest's own are for one user alone."""
    folder = Path(tempfile.mkdtemp(prefix="provenv-places-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def nobody() -> Callable[[User], User]:
    """Return what makes a user one without any privilege; skip where this process cannot."""
    if sys.platform == "win32" or os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("becoming another user needs root and setpriv")
    # setpriv keeps root's capabilities until it starts a program: a shell in between has none
    rights = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-c", 'exec "$@"', "sh")
    libraries = sysconfig.get_path("purelib")
    for python in (
        sys.executable,
        shutil.which(f"python3.{sys.version_info[1]}", path="/usr/bin") or "python3",
    ):
        variables = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{SOURCE}:{libraries}"}
        trial = [*rights, python, "-c", "import sys, provenv.cli, click, pydantic, uv; uv.find_uv_bin()"]
        done = subprocess.run(trial, env=variables, cwd="/", capture_output=True, check=False)
        if done.returncode == 0:
            break
    else:
        pytest.skip("no interpreter here that another user can reach")

    def become(user: User) -> User:
        """Return the user without privileges, and with an interpreter that is within reach."""
        return replace(user.through(*rights).having(**variables), python=python)

    return become


@pytest.fixture(scope="session")
def make_user(search_path: str) -> Callable[..., User]:
    """Return the maker of users in a folder of one's choice."""
    return lambda folder, name="project": _make_user(folder, search_path, name)
