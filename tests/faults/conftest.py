"""A world of tiny projects for each worker, and the modules beside this file."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from fault_points import new_world  # noqa: E402 - its folder is known from here on
from fault_world import World, scratch  # noqa: E402

from planted import copy_program  # noqa: E402

SEED = "PROVENV_FAULTS_SEED"


def _injects() -> bool:
    """Return whether strace may trace here (a container without ptrace cannot)."""
    strace = shutil.which("strace")
    return strace is not None and os.system(f"{strace} -o {os.devnull} true >{os.devnull} 2>&1") == 0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if not _injects():
        for item in items:
            if HERE in item.path.parents:
                item.add_marker(pytest.mark.skip(reason="no strace that may trace"))


@pytest.fixture(scope="session")
def seed() -> int:
    """Return what the choice of points depends on; the same every time unless the variable says otherwise."""
    return int(os.environ.get(SEED, "2026"))


@pytest.fixture(scope="session")
def scratch_folder() -> Iterator[Path]:
    """Return a folder for this worker."""
    folder = scratch()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def true_program(scratch_folder: Path) -> Path:
    """Return a compiled copy of the program as it is."""
    return copy_program(scratch_folder / "true-program")


@pytest.fixture(scope="session")
def world(scratch_folder: Path, true_program: Path) -> World:
    """Return the world in which points take place."""
    return new_world(scratch_folder / "world", true_program)
