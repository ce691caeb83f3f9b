"""A scratch environment with torch, numpy and scikit-learn, and ways to break a copy of it."""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import sys
import textwrap
import zipfile
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import uv

from provenv import pipconf, proof
from provenv.errors import Place
from provenv.hosts.local import LocalHost
from provenv.model.evidence import Outcome
from provenv.model.facts import Facts
from provenv.model.progress import Silent
from provenv.model.spec import Requirement, Spec

UV = uv.find_uv_bin()
PLACE = Place("requirements.txt", 1)
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}

# put into a broken environment's folder of packages: patches a module right after its import
HOOK = """
import importlib.abc, importlib.machinery, sys
PATCHES = {patches!r}

class Loader(importlib.abc.Loader):
    def __init__(self, inner):
        self.inner = inner
    def __getattr__(self, name):
        return getattr(self.inner, name)
    def create_module(self, spec):
        return self.inner.create_module(spec)
    def exec_module(self, module):
        self.inner.exec_module(module)
        exec(PATCHES[module.__name__], module.__dict__)

class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name not in PATCHES:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None:
            spec.loader = Loader(spec.loader)
        return spec

sys.meta_path.insert(0, Finder())
"""


@dataclass(frozen=True)
class Environment:
    """An environment under test: its root, and what is installed in it."""

    root: Path
    packages: Mapping[str, str]

    @property
    def python(self) -> str:
        return str(self.root / "bin" / "python")

    @property
    def site(self) -> Path:
        return next((self.root / "lib").glob("python3*")) / "site-packages"


@dataclass
class Prover:
    """Proves an environment through the real runner and this machine."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    def __call__(
        self,
        environment: Environment,
        *only: str,
        declared: Sequence[str] = (),
        commands: Mapping[str, str] | None = None,
        facts: Facts | None = None,
        accelerator: Any = "auto",
        packages: Mapping[str, str] | None = None,
    ) -> dict[str, Outcome]:
        spec = make_spec(declared, commands, accelerator)
        checks = proof.applicable(environment.packages if packages is None else packages, spec, facts)
        checks = tuple(check for check in checks if not only or check.name in only)
        assert not set(only) - {check.name for check in checks}
        outcomes = proof.run(
            LocalHost(),
            environment.python,
            checks,
            environment={**ENVIRONMENT, **self.variables},
            folder=str(self.folder),
            progress=Silent(),
        )
        assert [outcome.name for outcome in outcomes] == [check.name for check in checks]
        assert [path.name for path in self.folder.iterdir() if path.name.startswith(".prove-")] == []
        return {outcome.name: outcome for outcome in outcomes}


def make_spec(
    declared: Sequence[str] = (), commands: Mapping[str, str] | None = None, accelerator: Any = "auto"
) -> Spec:
    requirements = tuple(Requirement(line, re.split(r"[^\w-]", line)[0].lower(), PLACE) for line in declared)
    return Spec(
        "scratch",
        ".",
        "requirements.txt",
        ("requirements.txt",),
        "0" * 64,
        requirements=requirements,
        prove=commands or {},
        accelerator=accelerator,
    )


def run_uv(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([UV, *arguments], capture_output=True, text=True, check=False)


def installed(python: str) -> dict[str, str]:
    done = run_uv("pip", "freeze", "--python", python)
    assert done.returncode == 0, done.stderr
    pairs = (
        line.replace(" @ ", "==").split("==")
        for line in done.stdout.splitlines()
        if "==" in line or " @ " in line
    )
    return {name.lower(): version for name, version in pairs}


def torch_wheel() -> Path | None:
    """Return the newest CPU wheel of torch in the folders that pip's configuration names."""
    folders = [Path(link.removeprefix("file://")) for link in pipconf.read(os.environ).find_links]
    found = [wheel for folder in folders if folder.is_dir() for wheel in folder.glob("torch-*+cpu-cp3*.whl")]
    return max(found, default=None)


# a frameworks' environment: what is installed; `torch` is the CPU wheel that pip's configuration leads to
ENVIRONMENTS = {
    "base": ("torch", "numpy", "scikit-learn"),
    "torch": (
        "torch", "scikit-learn", "lightning", "transformers", "accelerate", "peft", "keras", "onnxruntime",
        "xgboost-cpu", "lightgbm", "faiss-cpu", "numba", "opencv-python-headless", "pillow",
    ),
    "tensorflow": ("tensorflow-cpu", "scikit-learn"),
    "jax": ("jax", "keras", "scikit-learn"),
}  # fmt: skip
# these name as their requirement another variant of what is there already
WITHOUT_REQUIREMENTS = {"tensorflow": ("tf-keras",)}


@pytest.fixture(scope="session")
def environment_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Environment]:
    """Return a maker of a framework's environment; it is made once, and all workers share it."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent

    def make(name: str) -> Environment:
        root, done = shared / f"proof-{name}", shared / f"proof-{name}.done"
        with open(shared / f"proof-{name}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                fill(root, ENVIRONMENTS[name], WITHOUT_REQUIREMENTS.get(name, ()))
                done.touch()
        return Environment(root, installed(str(root / "bin/python")))

    return make


def fill(root: Path, packages: Sequence[str], without: Sequence[str]) -> None:
    """Make an environment with the packages, and with those that come without their requirements."""
    python = "3.11" if not (3, 11) <= sys.version_info[:2] <= (3, 13) else sys.executable
    options = []
    if "torch" in packages:
        wheel = torch_wheel()
        if wheel is None:
            pytest.skip("pip's configuration names no folder with a CPU wheel of torch")
        _, version, tag = wheel.name.split("-")[:3]
        python = f"{tag[2]}.{tag[3:]}"
        options = ["--find-links", str(wheel.parent)]
        packages = [f"torch=={version}", *(one for one in packages if one != "torch")]
    install = ("pip", "install", "--quiet", "--python", str(root / "bin/python"))
    steps = [
        ("venv", "--quiet", "--clear", "--python", python, str(root)),
        (*install, *options, *packages),
        *([(*install, "--no-deps", *without)] if without else []),
    ]
    for step in steps:
        done = run_uv(*step)
        assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def base(environment_of: Callable[[str], Environment]) -> Environment:
    """Return an environment with torch, numpy and scikit-learn."""
    return environment_of("base")


@pytest.fixture
def patch_at_start() -> Callable[[Environment, str], None]:
    """Return what has an environment's Python run some source when it starts.

    By a `.pth` file: a `sitecustomize` of the system's own (Debian has one) would come before ours.
    """

    def patch(environment: Environment, source: str) -> None:
        (environment.site / "patched_at_start.py").write_text(source)
        (environment.site / "patched.pth").write_text("import patched_at_start\n")

    return patch


@pytest.fixture
def broken_from(
    tmp_path: Path, patch_at_start: Callable[[Environment, str], None]
) -> Callable[[Environment, Mapping[str, str]], Environment]:
    """Return a maker of environments that have all of another, with modules patched after their import."""

    def make(sound: Environment, patches: Mapping[str, str]) -> Environment:
        root = tmp_path / "broken"
        made = run_uv("venv", "--quiet", "--python", sound.python, str(root))
        assert made.returncode == 0, made.stderr
        environment = Environment(root, sound.packages)
        (environment.site / "base.pth").write_text(str(sound.site) + "\n")
        source = HOOK.format(patches={name: textwrap.dedent(code) for name, code in patches.items()})
        patch_at_start(environment, source)
        return environment

    return make


@pytest.fixture
def broken(
    base: Environment, broken_from: Callable[[Environment, Mapping[str, str]], Environment]
) -> Callable[[Mapping[str, str]], Environment]:
    """Return the same for the environment with torch."""
    return lambda patches: broken_from(base, patches)


@pytest.fixture
def add() -> Callable[..., None]:
    """Return what installs packages into an environment, without what they require."""

    def install(environment: Environment, *packages: str) -> None:
        done = run_uv("pip", "install", "--quiet", "--python", environment.python, "--no-deps", *packages)
        assert done.returncode == 0, done.stderr

    return install


@pytest.fixture
def prover(tmp_path: Path) -> Prover:
    """Return a Prover for a project's folder of its own."""
    folder = tmp_path / "project"
    folder.mkdir()
    return Prover(folder)


def make_wheel(
    folder: Path, name: str, files: Mapping[str, str], version: str = "1.0", requires: Sequence[str] = ()
) -> str:
    """Write a wheel with the given files and requirements and return its path."""
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    contents = {
        **files,
        f"{info}/METADATA": metadata + "".join(f"Requires-Dist: {line}\n" for line in requires),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for path, words in contents.items():
        digest = urlsafe_b64encode(sha256(words.encode()).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={digest},{len(words.encode())}\n"
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, words in contents.items():
            archive.writestr(path, words)
        archive.writestr(f"{info}/RECORD", record + f"{info}/RECORD,,\n")
    return str(wheel)


@pytest.fixture
def small(tmp_path: Path) -> Callable[..., Environment]:
    """Return a maker of environments that hold nothing but the wheels they are given."""

    def make(*wheels: str) -> Environment:
        root = tmp_path / "small"
        made = run_uv("venv", "--quiet", "--python", sys.executable, str(root))
        assert made.returncode == 0, made.stderr
        if wheels:
            # copies, so that a test may edit a file without touching uv's cache
            filled = run_uv(
                "pip", "install", "--quiet", "--python", str(root / "bin/python"),
                "--no-index", "--no-deps", "--link-mode", "copy", *wheels,
            )  # fmt: skip
            assert filled.returncode == 0, filled.stderr
        return Environment(root, installed(str(root / "bin/python")))

    return make


@pytest.fixture
def wheels(tmp_path: Path) -> Callable[..., str]:
    """Return a writer of wheels."""
    folder = tmp_path / "wheels"
    folder.mkdir()

    def write(name: str, files: Mapping[str, str], **more: Any) -> str:
        return make_wheel(folder, name, files, **more)

    return write
