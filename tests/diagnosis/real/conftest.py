"""Failures that are made, not recorded: a scene breaks a thing, asks the program and does what it printed.

Everything stays in the test's own folder, in namespaces, control groups and ports of its own.
"""

from __future__ import annotations

import fcntl
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import uv
from packaging.tags import sys_tags
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from loading import load
from provenv import pipconf

TESTS = Path(__file__).resolve().parents[2]
LIMIT = 240
# what a shell of this machine's user has, less what would lead Python or uv elsewhere
OURS = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("PYTHON", "UV_", "PROVENV_", "COVERAGE_", "PYTEST_"))
    and name not in ("VIRTUAL_ENV", "OMP_NUM_THREADS", "COLUMNS")
}


@dataclass(frozen=True)
class Ran:
    """How a command ended, and all that it printed, as it stood on the terminal."""

    code: int
    said: str


@dataclass(frozen=True)
class Answer:
    """What `provenv explain --json` answered."""

    document: dict[str, Any]

    @property
    def cause(self) -> str | None:
        """Return the first cause."""
        found: str | None = self.document["data"]["cause"]
        return found

    @property
    def told(self) -> str:
        """Return the causes with their scores and remedies, for the words of a failed test."""
        return json.dumps(
            [
                {
                    "cause": one["cause"],
                    "score": one["score"],
                    "remedies": [r["commands"] for r in one["remedies"]],
                }
                for one in self.document["data"]["candidates"]
            ],
            indent=1,
        )

    def commands(self, holding: str = "") -> str:
        """Return the commands of the first remedy that has some, or of the first that holds a word."""
        for one in self.document["data"]["candidates"][0]["remedies"]:
            script = "\n".join(one["commands"])
            if script and holding in script:
                return script
        raise AssertionError(f"no remedy holds {holding!r}: {self.told}")

    @property
    def confirms(self) -> list[str]:
        """Return the commands that show whether it helped."""
        steps = self.document["data"]["candidates"][0]["confirm"]
        return [command for step in steps for command in step["commands"]]


@dataclass
class Scene:
    """A folder, the variables of who works in it, and what each command is started through."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)
    before: tuple[str, ...] = ()

    def __call__(self, command: str, **changes: str) -> Ran:
        """Run a line of shell in the folder."""
        done = subprocess.run(
            [*self.before, "bash", "-c", command],
            cwd=self.root,
            env={**self.environment, **changes},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=LIMIT,
            check=False,
        )
        return Ran(done.returncode, done.stdout.decode("utf-8", "replace"))

    def explain(self, said: str, *options: str) -> Answer:
        """Hand to the program what was printed."""
        done = subprocess.run(
            [
                *self.before,
                "bash",
                "-c",
                shlex.join(["provenv", "explain", "-", "--here", "--json", *options]),
            ],
            cwd=self.root,
            env=self.environment,
            input=said.encode(),
            capture_output=True,
            timeout=LIMIT,
            check=False,
        )
        assert done.returncode in (0, 1), done.stderr.decode()
        answer = Answer(json.loads(done.stdout))
        assert answer.document["data"] is not None, done.stdout.decode()
        return answer

    def failing(self, command: str, cause: str) -> Answer:
        """Run what must fail, and return the answer to what it printed; its first cause is that one."""
        failed = self(command)
        assert failed.code != 0, failed.said
        answer = self.explain(failed.said)
        assert answer.cause == cause, f"{failed.said}\n{answer.told}"
        return answer

    def repaired(self, command: str, cause: str, *, holding: str = "", prints: str = "") -> Answer:
        """Make a command fail, ask, do what the remedy says, and see that the command works then.

        Remedy and command run in one shell, as they are typed one after the other.
        """
        answer = self.failing(command, cause)
        script = answer.commands(holding)
        done = self(f"{script}\n{command}")
        assert done.code == 0, f"$ {script}\n$ {command}\n{done.said}"
        assert prints in done.said, done.said
        return answer

    def write(self, name: str, content: str) -> Path:
        """Write a file of the folder."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        return path

    def having(self, **changes: str) -> Scene:
        """Return the same scene with other variables."""
        return replace(self, environment={**self.environment, **changes})

    def through(self, *before: str) -> Scene:
        """Return the same scene behind a command such as `unshare -m`."""
        return replace(self, before=(*before, *self.before))

    def at(self, venv: Path) -> Scene:
        """Return the same scene with a virtual environment activated."""
        return self.having(
            PATH=f"{venv / 'bin'}{os.pathsep}{self.environment['PATH']}", VIRTUAL_ENV=str(venv)
        )

    def venv(self, *requirements: str, python: str = sys.executable, name: str = "env") -> Scene:
        """Return the same scene with a new environment of these packages, and pip, activated."""
        make_venv(self.root / name, python, requirements)
        return self.at(self.root / name)


def make_venv(place: Path, python: str, requirements: Sequence[str], links: Sequence[str] = ()) -> None:
    """Make an environment from this machine's own indexes; skip where there is no network and no cache."""
    found = uv.find_uv_bin()
    subprocess.run(
        [found, "venv", "--quiet", "--seed", "--python", python, str(place)], check=True, timeout=LIMIT
    )
    if not requirements:
        return
    told = pipconf.read(os.environ)
    options = [word for link in (*told.find_links, *links) for word in ("--find-links", link)]
    install = [found, "pip", "install", "--quiet", "--python", str(place / "bin" / "python"), *options]
    done = subprocess.run(
        [*install, *requirements], capture_output=True, text=True, timeout=LIMIT, check=False
    )
    if done.returncode != 0:
        pytest.skip(f"{', '.join(requirements)} can't be installed here: {done.stderr.strip()[-300:]}")


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """A folder with a home of its own, and `provenv` on PATH."""
    programs, home, root = (tmp_path / name for name in ("bin", "home", "work"))
    for folder in (programs, home, root):
        folder.mkdir()
    program = programs / "provenv"
    source = str(TESTS.parent / "src")
    # as the installed program: the folder that one stands in is not on its path
    program.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path[0] = {source!r}\n"
        "from provenv.cli import main\nsys.exit(main())\n"
    )
    program.chmod(0o755)
    environment = {
        **OURS,
        "PATH": f"{programs}{os.pathsep}{OURS['PATH']}",
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PROVENV_LANG": "en",
    }
    return Scene(root, environment)


@pytest.fixture
def alone(scene: Scene) -> Scene:
    """The scene of a user who has no package index but those that a test names."""
    kept = {
        name: value
        for name, value in scene.environment.items()
        if not name.startswith("PIP_")
        and not any(part in name.upper() for part in ("_PROXY", "CERT", "CA_BUNDLE", "CAINFO"))
    }
    return replace(
        scene,
        environment={
            **kept,
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_RETRIES": "1",  # it says why only when it tries again
            "UV_HTTP_RETRIES": "0",
            "UV_CACHE_DIR": str(scene.root.parent / "uv-cache"),
            "UV_PYTHON_DOWNLOADS": "never",
        },
    )


def torch_wheel() -> Path | None:
    """Return the newest CPU wheel of torch that fits, from the folders that pip's configuration names."""
    fitting, found = set(sys_tags()), []
    for link in pipconf.read(os.environ).find_links:
        folder = Path(unquote(urlsplit(link).path) if link.startswith("file:") else link)
        for wheel in folder.glob("torch-*.whl") if folder.is_dir() else ():
            try:
                _, number, _, tags = parse_wheel_filename(wheel.name)
            except InvalidWheelFilename:
                continue
            if number.local == "cpu" and tags & fitting:
                found.append((number, wheel))
    return max(found, default=(None, None))[1]


@pytest.fixture(scope="session")
def torch_build() -> tuple[str, Path]:
    """The version of torch's CPU build, and the folder that its wheel lies in."""
    wheel = torch_wheel()
    if wheel is None:
        pytest.skip("pip's configuration names no folder with a CPU wheel of torch for this Python")
    return str(parse_wheel_filename(wheel.name)[1]), wheel.parent


@pytest.fixture(scope="session")
def torch_venv(tmp_path_factory: pytest.TempPathFactory, torch_build: tuple[str, Path]) -> Path:
    """An environment with torch, numpy and safetensors, shared by all workers and changed by none."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    place, done = shared / "real-torch", shared / "real-torch.done"
    with (shared / "real-torch.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(place, ignore_errors=True)
            make_venv(place, sys.executable, [f"torch=={torch_build[0]}", "numpy", "safetensors"])
            done.touch()
    return place


@pytest.fixture
def torch(scene: Scene, torch_venv: Path) -> Scene:
    """The scene with torch at hand."""
    return scene.at(torch_venv)


@pytest.fixture(scope="session")
def company() -> ModuleType:
    """The module of the network on the loopback: wheels, certificates, web servers."""
    return load("real_company", TESTS / "network" / "company.py")


@pytest.fixture(scope="session")
def broken() -> ModuleType:
    """The module of the index that breaks as it is told."""
    return load("real_broken", TESTS / "network" / "broken.py")


@pytest.fixture
def index(broken: ModuleType, company: ModuleType) -> Iterator[Callable[..., Any]]:
    """Return a maker of indexes with `alpha` and `beta`; with a certificate over TLS."""
    made = []

    def make(certificate: tuple[str, str] | None = None) -> Any:
        one = broken.Index()
        for name, number in (("alpha", "1.0"), ("beta", "1.0"), ("uv", version("uv"))):
            filename, content = company.wheel(name, number)
            one.wheels[filename] = content
        made.append(one)
        return one.start(certificate)

    yield make
    for one in made:
        one.close()


@pytest.fixture(scope="session")
def mounts() -> tuple[str, ...]:
    """Return the command that gives mounts of one's own; skip where the machine has none."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("mounts of one's own need root and unshare")
    command = ("unshare", "--mount")
    if subprocess.run([*command, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("no mount namespaces on this machine")
    return command


# a root whose only difference is that nothing says that it is a container's
PLAIN = """
mount -t tmpfs provenv-test "$0" && mkdir "$0/upper" "$0/work" "$0/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$0/upper,workdir=$0/work" "$0/root"
rm -f "$0/root/.dockerenv" "$0/root/run/.containerenv"
for folder in proc sys dev tmp; do mount --rbind "/$folder" "$0/root/$folder"; done
mount -t tmpfs -o "size=$1" provenv-test "$0/root/dev/shm"
shift
exec chroot "$0/root" sh -c 'cd "$0" && exec "$@"' "$PWD" "$@"
"""


@pytest.fixture
def small_memory(mounts: tuple[str, ...], tmp_path: Path) -> tuple[str, ...]:
    """Return the command that gives an ordinary machine with 16 MiB of shared memory."""
    stage = tmp_path / "stage"
    stage.mkdir()
    command = (*mounts, "sh", "-c", PLAIN, str(stage), "16m")
    done = subprocess.run([*command, "true"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"no overlay of the root file system here: {done.stderr.strip()[-200:]}")
    return command


@pytest.fixture(scope="session")
def compiler() -> str:
    """Return the C compiler; skip where there is none."""
    found = shutil.which("gcc") or shutil.which("cc")
    if found is None:
        pytest.skip("no C compiler on this machine")
    return found


@contextmanager
def small_disk(place: Path, size: str) -> Iterator[Path]:
    """Mount a small file system there for the block."""
    place.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "provenv-test", str(place)], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.fixture(scope="session")
def disk() -> Callable[[Path, str], Any]:
    """Return what mounts a small file system for a block; skip where this user may not."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("a small file system needs root")
    return small_disk


@pytest.fixture(scope="session")
def bare_machine() -> ModuleType:
    """The module that makes and enters a bare Debian."""
    return load("real_machine", TESTS / "fresh" / "machine.py")
