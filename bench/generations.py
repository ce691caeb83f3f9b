"""Going back, and looking for drift, in an environment with torch: `python bench/generations.py`.

Needs provenv and uv on PATH; torch comes from wherever the user's pip configuration says.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from pairs import Contender, Goal, Measured, compare, show
from programs import program

REPETITIONS = 5
TORCH = 'schema = 1\nrequirements = ["torch", "numpy", "lightning"{more}]\naccelerator = "cpu"\n'
SMALL = 'schema = 1\nrequirements = ["six"{more}]\n'
# a package that the declared ones do not bring along
MORE = ', "tabulate"'


def measure() -> Measured:
    """Return the rows: rollback on a small and on a large environment, status plain and deep."""
    with tempfile.TemporaryDirectory(prefix="provenv-bench-") as name:
        small, large = Path(name) / "small", Path(name) / "large"
        environment = dict(os.environ)
        for folder, declared in ((small, SMALL), (large, TORCH)):
            _two_generations(folder, declared, environment)
        venv = large / ".provenv" / "here" / "generations" / "0001" / "venv"
        count, size = _weight(venv)
        other = Path(name) / "uv"
        status = Contender(f"status, {count:,} files", [program("provenv"), "status"], large, environment)
        rows = [
            compare(
                _rollback(small, "rollback, one package", environment),
                Contender("python -c pass", [sys.executable, "-c", "pass"], small, environment),
                REPETITIONS,
                Goal("alone", 0.3),
            ),
            compare(
                _rollback(large, f"rollback, {count:,} files looked at", environment),
                _uninstall(other, environment),
                REPETITIONS,
            ),
            compare(
                replace(status, prepare=_rollback(large, "", environment).prepare),
                Contender(
                    "uv pip check",
                    [program("uv"), "pip", "check", "--python", str(venv / "bin" / "python")],
                    large,
                    environment,
                ),
                REPETITIONS,
                Goal("alone", 0.2),
            ),
            compare(
                Contender(
                    f"status --deep, {size / 1e9:.2f} GB",
                    [program("provenv"), "status", "--deep"],
                    large,
                    environment,
                ),
                Contender(
                    "find -type f | xargs sha256sum",
                    ["sh", "-c", f"find '{venv}' -type f -print0 | xargs -0 sha256sum"],
                    large,
                    environment,
                ),
                REPETITIONS,
                Goal("alone", 1.2 * size / 1e9),
            ),
        ]
        return Measured(rows)


def _two_generations(folder: Path, declared: str, environment: Mapping[str, str]) -> None:
    folder.mkdir()
    for more in ("", MORE):
        (folder / "provenv.toml").write_text(declared.format(more=more))
        subprocess.run(
            [program("provenv"), "up"], cwd=folder, env=dict(environment), check=True, capture_output=True
        )


def _rollback(folder: Path, name: str, environment: Mapping[str, str]) -> Contender:
    def forward() -> None:
        argv = [program("provenv"), "rollback", "2", "--json"]
        done = subprocess.run(
            argv, cwd=folder, env=dict(environment), check=True, capture_output=True, text=True
        )
        assert json.loads(done.stdout)["ok"]

    return Contender(name, [program("provenv"), "rollback", "1"], folder, environment, forward)


def _uninstall(venv: Path, environment: Mapping[str, str]) -> Contender:
    """Return how uv goes back where one package was added: it takes that package out again, in place."""
    uv, python = program("uv"), str(venv / "bin" / "python")
    subprocess.run([uv, "venv", "--quiet", str(venv)], check=True, capture_output=True)

    def forward() -> None:
        subprocess.run(
            [uv, "pip", "install", "--quiet", "--python", python, "tabulate"],
            env=dict(environment),
            check=True,
            capture_output=True,
        )

    argv = [uv, "pip", "uninstall", "--quiet", "--python", python, "tabulate"]
    return Contender("uv pip uninstall, in place", argv, venv, environment, forward)


def _weight(venv: Path) -> tuple[int, int]:
    sizes = [
        os.lstat(os.path.join(parent, name)).st_size
        for parent, _, names in os.walk(venv)
        for name in names
        if not parent.endswith("__pycache__")
    ]
    return len(sizes), sum(sizes)


if __name__ == "__main__":
    show(measure())
