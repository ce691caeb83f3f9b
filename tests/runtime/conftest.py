"""What runs scripts in an environment with torch, or with other frameworks, and the library beside them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent.parent / "runtime" / "src"


def environment(**variables: str) -> dict[str, str]:
    """Return the variables of a process that has the library beside it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PROVENV"))}
    return {**kept, "PYTHONPATH": f"{SOURCE}:{HERE}", "OMP_NUM_THREADS": "1", **variables}


@pytest.fixture
def with_torch(torch_python: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return what runs a script of this folder (or `-c` and a source) in the environment with torch."""

    def run(
        *arguments: str, prefix: tuple[str, ...] = (), limit: float = 280, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*prefix, str(torch_python), *arguments],
            cwd=tmp_path,
            env=environment(**variables),
            capture_output=True,
            text=True,
            timeout=limit,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
        return done

    return run


@pytest.fixture
def with_frameworks(
    frameworks_python: Callable[[str], Path], tmp_path: Path
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return what runs a script in the environment of the framework that is named first."""

    def run(
        name: str, *arguments: str, limit: float = 280, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [str(frameworks_python(name)), *arguments],
            cwd=tmp_path,
            env=environment(HF_HUB_OFFLINE="1", **variables),
            capture_output=True,
            text=True,
            timeout=limit,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
        return done

    return run
