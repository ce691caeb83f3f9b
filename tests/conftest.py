"""What every room's tests share: where the repository is, and the recorded cases beside it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from loading import load

pytest_plugins = ["framework_pythons", "search_path", "ssh_hosts", "slurm_cluster"]
REPOSITORY = Path(__file__).resolve().parent.parent


def pytest_configure() -> None:
    """Take back what `nohup` or a shell's `&` have ignored: tests that send signals would wait forever."""
    for name, usual in (("SIGHUP", signal.SIG_DFL), ("SIGINT", signal.default_int_handler)):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, usual)


def pytest_xdist_auto_num_workers() -> int:
    """Return one worker more than processors: what a test of processes does most is wait for them."""
    return available() + 1


def available() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@pytest.fixture(scope="session")
def repository() -> Path:
    """Return the root of the checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_cases() -> Path:
    """Return the folder of recorded machines and tool outputs; skip where a checkout has none beside it."""
    folder = REPOSITORY.parent / "shared" / "cases"
    if not folder.is_dir():
        pytest.skip("no recorded cases beside this checkout (../shared/cases)")
    return folder


@pytest.fixture(scope="session")
def compiled(repository: Path) -> Path:
    """Compile catalogues and rules of this checkout, as every install does."""
    module = load("hatch_build_of_rules", repository / "hatch_build.py")
    module.compile_catalogues()
    found: Path = module.compile_rules()
    return found
