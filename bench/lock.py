"""How much longer `provenv lock` takes than `uv pip compile` for the same 300 packages.

Run as `python bench/lock.py`; it needs uv and provenv on PATH. Both ask the
same loopback index, both with a warm cache of their own kind, and both make
their lock anew each time. provenv also reads the machine, chooses Python and
accelerator, reads uv's answer again, and notes who asks for each package.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from package_index import index, requirements
from pairs import Contender, Goal, Measured, compare, show
from programs import program

REPETITIONS = 15


def measure() -> Measured:
    """Return the row, and how many packages were locked."""
    provenv, uv = program("provenv"), program("uv")
    with tempfile.TemporaryDirectory(prefix="provenv-bench-") as name, index() as address:
        ours, theirs = Path(name) / "provenv", Path(name) / "uv"
        for folder in (ours, theirs):
            folder.mkdir()
            (folder / "requirements.txt").write_text("".join(f"{line}\n" for line in requirements()))
        (ours / "provenv.toml").write_text(
            'schema = 1\nname = "bench"\npython = "3.11"\n'
            f'requirements = {{ file = "requirements.txt" }}\n[mirrors]\npypi = "{address}"\n'
        )
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PIP_", "UV_"))}
        environment = {
            **kept,
            "PIP_CONFIG_FILE": os.devnull,
            "UV_CACHE_DIR": str(Path(name) / "cache"),
            "UV_PYTHON_DOWNLOADS": "never",
        }
        compiling = [uv, "pip", "compile", "requirements.txt", "--no-config", "--quiet"]
        compiling += ["--format", "pylock.toml", "--output-file", "pylock.toml"]
        compiling += ["--python-version", "3.11", "--default-index", address]
        mine = Contender("lock", [provenv, "lock"], ours, environment, _without(ours / "pylock.toml"))
        other = Contender("uv pip compile", compiling, theirs, environment, _without(theirs / "pylock.toml"))
        row = compare(mine, other, REPETITIONS, Goal("seconds", 0.4))
        return Measured([row], {"packages": str(_count(ours))})


def _without(path: Path) -> Callable[[], None]:
    return lambda: path.unlink(missing_ok=True)


def _count(folder: Path) -> int:
    return (folder / "pylock.toml").read_text().count("[[packages]]")


if __name__ == "__main__":
    show(measure())
