#!/usr/bin/env python3
"""Run commands on a bare Debian machine, by hand: tests/fresh/enter.py [--wheels DIR] COMMAND...

The commands are one shell line, run by an ordinary user in a clone of this working
tree; with none, it is that user's shell. Everything there is thrown away at the end, but
what is written to /run/out, which is --out here.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from machine import PACKAGES, CannotStart, enter


def main() -> int:
    """Enter, and return the commands' exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wheels", type=Path, help="a folder of wheels that /etc/pip.conf names there")
    parser.add_argument("--out", type=Path, help="a folder here that is /run/out there")
    parser.add_argument("--package", action="append", default=[], help="a further Debian package")
    parser.add_argument("--lang", default="C.UTF-8", help="LANG there (default: C.UTF-8)")
    parser.add_argument("commands", nargs=argparse.REMAINDER, metavar="COMMAND")
    chosen = parser.parse_args()
    if chosen.out is not None:
        chosen.out.mkdir(parents=True, exist_ok=True)
    try:
        return enter(
            " ".join(chosen.commands) or "exec bash -i",
            repository=Path(__file__).resolve().parent.parent.parent,
            cache=Path(os.path.expanduser("~/.cache/provenv-tests/roots")),
            wheels=chosen.wheels.resolve() if chosen.wheels else None,
            out=chosen.out.resolve() if chosen.out else None,
            exports={"LANG": chosen.lang},
            packages=[*PACKAGES, *chosen.package],
            capture=False,
        ).returncode
    except CannotStart as reason:
        print(f"no bare machine here: {reason}", file=sys.stderr)
        return 75


if __name__ == "__main__":
    sys.exit(main())
