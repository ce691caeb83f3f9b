"""How long `provenv facts` takes, and how much it tells, beside `python -m torch.utils.collect_env`.

Run as `python bench/facts.py [PYTHON]`, where PYTHON is an interpreter that has
torch (default: this one); it needs provenv on PATH. A fact is counted where it
says something: a value that is neither empty nor absent.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from pairs import HEAD, Contender, compare

REPETITIONS = 15
NOTHING = re.compile(r"(?i)(n/?a|none|no|could not collect|not available|\[?not found\]?|)\W*")


def main() -> None:
    """Print the table, and how many facts each tells."""
    provenv, python = shutil.which("provenv"), sys.argv[1] if len(sys.argv) > 1 else sys.executable
    if provenv is None:
        sys.exit("bench/facts.py: `provenv` must be on PATH")
    with tempfile.TemporaryDirectory(prefix="provenv-bench-") as name:
        folder, environment = Path(name), dict(os.environ)
        ours = Contender("provenv facts", [provenv, "facts", "--json"], folder, environment)
        theirs = Contender(
            "torch.utils.collect_env", [python, "-m", "torch.utils.collect_env"], folder, environment
        )
        print(HEAD)
        print(compare(ours, theirs, REPETITIONS))
        told = json.loads(_printed(ours))["data"]
        waited = {one["how"]: one["milliseconds"] for one in told.pop("sources")}
        slowest = max(waited, key=lambda how: waited[how])
        print(f"\nprovenv tells {count(told)} facts, collect_env {count_lines(_printed(theirs))};")
        print(f"of what provenv asks, `{slowest}` took longest: {waited[slowest]} ms.")


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
    main()
