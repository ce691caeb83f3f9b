"""How long provenv takes to say that there is nothing to do, beside uv saying the same.

Run as `python bench/startup.py`; it needs uv and provenv on PATH, and makes its
project in a temporary folder. The project has one small package, since neither
tool's no-op depends on how much is installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from pairs import HEAD, Contender, compare

REPETITIONS = 30
PYPROJECT = '[project]\nname = "bench"\nversion = "1"\nrequires-python = ">=3.10"\ndependencies = ["six"]\n'


def main() -> None:
    """Print the table."""
    provenv, uv = shutil.which("provenv"), shutil.which("uv")
    if provenv is None or uv is None:
        sys.exit("bench/startup.py: `provenv` and `uv` must be on PATH")
    with tempfile.TemporaryDirectory(prefix="provenv-bench-") as name:
        ours, theirs = Path(name) / "provenv", Path(name) / "uv"
        for folder in (ours, theirs):
            folder.mkdir()
            (folder / "pyproject.toml").write_text(PYPROJECT)
        environment = dict(os.environ)
        subprocess.run([provenv, "up"], cwd=ours, check=True, capture_output=True)
        subprocess.run([uv, "sync"], cwd=theirs, check=True, capture_output=True)
        print(HEAD)
        rows = [
            ("provenv --help", [provenv, "--help"], "uv --help", [uv, "--help"]),
            ("provenv up, nothing to do", [provenv, "up"], "uv sync, nothing to do", [uv, "sync"]),
            (
                "provenv run -- true",
                [provenv, "run", "--", "true"],
                "uv run --no-sync true",
                [uv, "run", "--no-sync", "true"],
            ),
            ("provenv up, nothing to do", [provenv, "up"], "python -c pass", [sys.executable, "-c", "pass"]),
        ]
        for mine, my_argv, other, other_argv in rows:
            print(
                compare(
                    Contender(mine, my_argv, ours, environment),
                    Contender(other, other_argv, theirs, environment),
                    REPETITIONS,
                )
            )


if __name__ == "__main__":
    main()
