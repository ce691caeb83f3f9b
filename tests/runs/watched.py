"""Runs a script that knows nothing of it under payload/watching, and reads what was written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent.parent
WATCHING = REPOSITORY / "src" / "provenv" / "payload" / "watching"
SCRIPTS = Path(__file__).parent / "scripts"
LEFT_OUT = ("PYTHON", "PROVENV_RUN", "RANK", "WORLD_SIZE", "LOCAL_RANK")


@dataclass(frozen=True)
class Seen:
    """What a process left: its code, its words, and the lines about it."""

    code: int
    out: str
    error: str
    lines: tuple[dict[str, Any], ...]

    def of(self, kind: str, **like: Any) -> list[dict[str, Any]]:
        """Return the lines of a kind that have these values."""
        return [
            one for one in self.lines if one["k"] == kind and all(one.get(k) == v for k, v in like.items())
        ]

    def values(self, name: str) -> list[float]:
        """Return the values of a metric."""
        return [one["value"] for one in self.of("metric", name=name)]


def environment(seen: Path | None, **more: str) -> dict[str, str]:
    """Return a launched run's variables; without a file it is not watched."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(LEFT_OUT)}
    path = [str(WATCHING), *filter(None, [more.pop("PYTHONPATH", "")])]
    told = {} if seen is None else {"PROVENV_RUN_SEEN": str(seen)}
    # bytecode is written, as by a user's Python: without it each process compiles its framework anew
    return {**kept, "PYTHONPATH": os.pathsep.join(path), **told, **more}


def read(path: Path) -> tuple[dict[str, Any], ...]:
    """Return the lines of a file, each of which must be whole."""
    if not path.exists():
        return ()
    words = path.read_text()
    assert words.endswith("\n")
    return tuple(json.loads(line) for line in words.splitlines())


def watch(
    folder: Path,
    *argv: str,
    python: str = sys.executable,
    variables: Mapping[str, str] | None = None,
    watched: bool = True,
) -> Seen:
    """Run Python with these arguments in a folder."""
    seen = folder / "rank-0.jsonl"
    seen.unlink(missing_ok=True)
    done = subprocess.run(
        [python, *argv],
        env=environment(seen if watched else None, **(variables or {})),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    return Seen(done.returncode, done.stdout, done.stderr, read(seen))
