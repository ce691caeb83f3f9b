"""The examples' environments, and copies of the examples in them."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import uv
from packaging.tags import sys_tags
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from provenv import pipconf

CLEAN = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith("PYTHON") and name not in ("DIGITS_MNIST", "OMP_NUM_THREADS", "VIRTUAL_ENV")
}


def torch_wheel() -> Path | None:
    """Return the newest CPU wheel of torch that fits, from the folders that pip's configuration names."""
    fitting = set(sys_tags())
    found = []
    for link in pipconf.read(os.environ).find_links:
        folder = Path(unquote(urlsplit(link).path) if link.startswith("file:") else link)
        for wheel in folder.glob("torch-*.whl") if folder.is_dir() else ():
            try:
                _, version, _, tags = parse_wheel_filename(wheel.name)
            except InvalidWheelFilename:
                continue
            if version.local == "cpu" and tags & fitting:
                found.append((version, wheel))
    return max(found, default=(None, None))[1]


@dataclass(frozen=True)
class Project:
    """A copy of the example and the interpreter that runs it."""

    folder: Path
    python: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    def run(self, module: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run `python -m digits.MODULE` in the folder, with more environment variables."""
        return self._run([str(self.python), "-m", f"digits.{module}", *arguments], variables)

    def script(self, code: str) -> subprocess.CompletedProcess[str]:
        """Run code in the folder that may import the example's modules."""
        path = self.folder / "script.py"
        path.write_text(textwrap.dedent(code), encoding="utf-8")
        return self._run([str(self.python), str(path)], {})

    def start(self, module: str, *arguments: str) -> subprocess.Popen[str]:
        """Start `python -m digits.MODULE` and return at once; its output can be read line by line."""
        return subprocess.Popen(
            [str(self.python), "-m", f"digits.{module}", *arguments],
            cwd=self.folder,
            env={**CLEAN, "OMP_NUM_THREADS": "1", **self.variables},
            stdout=subprocess.PIPE,
            text=True,
        )

    def output(self, name: str) -> Path:
        """Return the path of a file that the example leaves."""
        return self.folder / "outputs" / name

    def _run(self, command: list[str], variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        # one thread: sums in another order would change the last bits
        environment = {**CLEAN, "OMP_NUM_THREADS": "1", **self.variables, **variables}
        return subprocess.run(
            command,
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )


@dataclass(frozen=True)
class Environment:
    """What an example's environment holds; `torch` is a CPU build from a folder of pip's."""

    requirements: tuple[str, ...]
    torch: bool = False


ENVIRONMENTS = {
    "torch": Environment(("numpy", "scikit-learn"), torch=True),
    "lightning": Environment(("numpy", "scikit-learn", "lightning"), torch=True),
    # the build without anything for a GPU, a fifth of the size
    "keras": Environment(("numpy", "scikit-learn", "keras", "tensorflow-cpu")),
}
VARIABLES = {"keras": {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "2"}}


@pytest.fixture(scope="session")
def interpreter(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return what gives the interpreter of an example's environment; all workers share it."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent

    def give(example: str) -> Path:
        wanted = ENVIRONMENTS[example]
        requirements, links = [*wanted.requirements], []
        if wanted.torch:
            wheel = torch_wheel()
            if wheel is None:
                pytest.skip("pip's configuration names no folder with a CPU wheel of torch for this Python")
            _, version, _, _ = parse_wheel_filename(wheel.name)
            requirements.append(f"torch=={version}")
            links = ["--find-links", str(wheel.parent)]
        root, done = shared / f"digits-{example}", shared / f"digits-{example}.done"
        python = root / "bin" / "python"
        with (shared / f"digits-{example}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                uv_binary = uv.find_uv_bin()
                for command in (
                    ["venv", "--quiet", "--clear", "--python", sys.executable, str(root)],
                    ["pip", "install", "--quiet", "--python", str(python), *links, *requirements],
                ):
                    made = subprocess.run([uv_binary, *command], capture_output=True, text=True, check=False)
                    assert made.returncode == 0, made.stderr
                done.touch()
        return python

    return give


@pytest.fixture(scope="module")
def example(request: pytest.FixtureRequest) -> str:
    """Return the example's name; a module that looks at several of them is parametrised over it."""
    return str(getattr(request, "param", "torch"))


@pytest.fixture
def project(repository: Path, example: str, interpreter: Callable[[str], Path], tmp_path: Path) -> Project:
    """Return a fresh copy of the example."""
    return copy(repository, example, interpreter(example), tmp_path)


@pytest.fixture(scope="module")
def trained(
    repository: Path,
    example: str,
    interpreter: Callable[[str], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Project:
    """Return a copy in which the model was trained with the settings that the example comes with."""
    made = copy(repository, example, interpreter(example), tmp_path_factory.mktemp("trained"))
    done = made.run("train")
    assert done.returncode == 0, done.stderr
    return made


def copy(repository: Path, example: str, python: Path, folder: Path) -> Project:
    """Copy the example as git has it: without what running it leaves."""
    goal = folder / f"digits-{example}"
    shutil.copytree(
        repository / "examples" / goal.name,
        goal,
        ignore=shutil.ignore_patterns("outputs", "__pycache__", ".venv", ".provenv", "pylock*.toml"),
    )
    return Project(goal, python, VARIABLES.get(example, {}))
