"""Projects whose start is looked at, and what a command imports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from loading import load

HERE = Path(__file__).resolve().parent


# the maker of workplaces with tiny wheels
workplace = load("startup_workplaces", HERE.parent / "cli" / "conftest.py").workplace

WATCHED = """
import atexit, json, os, sys
before = set(sys.modules)
def tell():
    with open(os.environ["TOLD"], "w") as file:
        json.dump(sorted(set(sys.modules) - before), file)
atexit.register(tell)
from provenv.cli import main
main(json.loads(os.environ["GIVEN"]))
"""


@pytest.fixture
def imported(tmp_path: Path) -> Callable[..., set[str]]:
    """Return a function that runs a command in a workplace and returns the modules that it imported."""

    def watch(tool, *arguments: str, code: int = 0, **changes: str) -> set[str]:
        told = tmp_path / "imported.json"
        # what measures the tests' coverage imports half of the standard library
        environment = {k: v for k, v in tool.environment.items() if k != "COVERAGE_PROCESS_START"}
        done = subprocess.run(
            [sys.executable, "-c", WATCHED],
            cwd=tool.root,
            env={**environment, "TOLD": str(told), "GIVEN": json.dumps(arguments), **changes},
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == code, done.stderr
        return set(json.loads(told.read_text()))

    return watch


@pytest.fixture
def settled_project(tmp_path: Path) -> Callable[..., Path]:
    """Return a maker of folders whose target looks as after a proven `up`; no package is installed."""

    def make(environment: dict[str, str], **changes: object) -> Path:
        from provenv.app.fingerprint import fingerprint

        root = tmp_path / "settled"
        generation = root / ".provenv" / "here" / "generations" / "0001"
        python = generation / "venv" / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.write_text("")
        os.symlink("generations/0001", root / ".provenv" / "here" / "current")
        (root / "provenv.toml").write_text('schema = 1\nrequirements = { file = "more.txt" }\n')
        (root / "more.txt").write_text("six\n")
        (root / "pylock.toml").write_text("lock-version = '1.0'\n")
        inputs = fingerprint(root, ["more.txt"], "pylock.toml", sys.executable, environment, ["TOKEN"])
        record = {
            "number": 1,
            "path": "0001",
            "python": sys.executable,
            "packages": {"six": "1.17.0"},
            "lock_file": "pylock.toml",
            "inputs": inputs,
            "proof": "passed",
            "schema": 1,
            **changes,
        }
        (generation / "generation.json").write_text(json.dumps(record))
        return root

    return make
