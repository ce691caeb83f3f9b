"""The bare machine as a fixture: a failure where CI runs as root, a skip with its reason elsewhere."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

Fresh = Callable[..., "subprocess.CompletedProcess[str]"]


def _machine() -> ModuleType:
    specification = importlib.util.spec_from_file_location(
        "fresh_machine", Path(__file__).with_name("machine.py")
    )
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def wheels() -> Path | None:
    """Return a folder of wheels that this machine's pip is configured for, if there is one to hand in."""
    done = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], check=False, capture_output=True, text=True
    )
    links = [
        line.partition("=")[2].strip("'\"") for line in done.stdout.splitlines() if ".find-links=" in line
    ]
    folders = [Path(one) for link in links for one in link.split() if Path(one).is_dir()]
    return folders[0] if folders else None


@pytest.fixture
def fresh(repository: Path, wheels: Path | None) -> Fresh:
    """Return what runs shell commands on a bare machine; see `machine.enter` for its arguments."""
    machine = _machine()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "provenv-tests" / "roots"

    def run(commands: str, **more: object) -> subprocess.CompletedProcess[str]:
        try:
            done: subprocess.CompletedProcess[str] = machine.enter(
                commands, repository=repository, cache=cache, wheels=wheels, **more
            )
        except machine.CannotStart as reason:
            if os.geteuid() == 0:
                pytest.fail(f"no bare machine: {reason}")
            pytest.skip(f"no bare machine here: {reason}")
        return done

    return run
