"""How long `provenv facts` takes, and how much it tells, beside `python -m torch.utils.collect_env`.

Run as `python bench/facts.py`; it needs provenv on PATH, and torch from wherever the user's pip
configuration says. A fact is counted where it says something: a value that is neither empty nor absent.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from pairs import Contender, Goal, Measured, compare, show
from programs import program

REPETITIONS = 15
DECLARED = 'schema = 1\naccelerator = "cpu"\nrequirements = ["torch", "numpy"]\n'
NOTHING = re.compile(r"(?i)(n/?a|none|no|could not collect|not available|\[?not found\]?|)\W*")


def measure() -> Measured:
    """Return the row, and how many facts each tells."""
    provenv = program("provenv")
    with tempfile.TemporaryDirectory(prefix="provenv-bench-") as name:
        folder, environment = Path(name), dict(os.environ)
        (folder / "provenv.toml").write_text(DECLARED)
        subprocess.run([provenv, "up"], cwd=folder, check=True, capture_output=True)
        python = str(folder / ".venv" / "bin" / "python")
        ours = Contender("facts --json", [provenv, "facts", "--json"], folder, environment)
        theirs = Contender(
            "python -m torch.utils.collect_env",
            [python, "-m", "torch.utils.collect_env"],
            folder,
            environment,
        )
        row = compare(ours, theirs, REPETITIONS, Goal("alone", 0.5))
        told = json.loads(_printed(ours))["data"]
        waited = {one["how"]: one["milliseconds"] for one in told.pop("sources")}
        slowest = max(waited, key=lambda how: waited[how])
        figures = {
            "ours": str(count(told)),
            "theirs": str(count_lines(_printed(theirs))),
            "slowest": slowest,
            "slowest_milliseconds": str(waited[slowest]),
        }
        return Measured([row], figures)


def count(value: Any) -> int:
    """Return how many facts a JSON value holds: its leaves that say something."""
    if isinstance(value, dict):
        return sum(map(count, value.values()))
    if isinstance(value, list):
        # the flags of a processor are one fact, as they are one line elsewhere
        return int(bool(value)) if all(isinstance(one, str) for one in value) else sum(map(count, value))
    return int(value not in (None, "", 0, False))


def count_lines(printed: str) -> int:
    """Return how many lines of `name: value` say something; a list of packages counts line by line."""
    found = 0
    for line in printed.splitlines():
        name, colon, value = line.partition(":")
        package = re.match(r"\[\w+\] \S+==\S+", line)
        found += bool(package) or bool(colon and name.strip() and not NOTHING.fullmatch(value.strip()))
    return found


def _printed(contender: Contender) -> str:
    done = subprocess.run(
        contender.argv,
        cwd=contender.folder,
        env=dict(contender.environment),
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


if __name__ == "__main__":
    show(measure())
