"""Measure the examples: `python docs/measure_examples.py [NAME]... [--folder DIR]`.

Takes each of them (all, without a name) the whole way with `provenv demo NAME` in a scratch folder, and
writes what it reached and took into examples_measured.json: the headline metric with its interval, the
training's seconds, the most memory that its run had (from the run's record), on what machine, when. The
figures of examples that are not named stay. Write the pages anew then: `python docs/make_examples.py`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from provenv.app import examples

MEASURED = Path(__file__).resolve().parent / "examples_measured.json"


def main() -> int:
    """Measure what is named; return 1 where one failed, after all others."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--folder", type=Path, help="where the copies go, and stay; else a temporary folder")
    options = parser.parse_args()
    names = [name for one in options.names for name in examples.meant(one)] or list(examples.names())
    failed = []
    with tempfile.TemporaryDirectory(prefix="provenv-examples-") as scratch:
        folder = (options.folder or Path(scratch)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            found = measured(name, folder / name)
            if found is None:
                failed.append(name)
            else:
                keep(name, found)
                print(f"{name}: {found}", flush=True)
    for name in failed:
        print(f"{name}: failed, its figures stay as they were", file=sys.stderr)
    return 1 if failed else 0


def measured(name: str, folder: Path) -> dict[str, Any] | None:
    """Return what one example reached and took; None where it did not get to its end."""
    told = _asked("demo", name, "--folder", str(folder))
    if told is None:
        return None
    (done,) = told["demos"]
    if not done["reached"] or done["failed"]:
        print(f"{name}: {done['value']} with a floor of {done['floor']}; {done['failed']}", file=sys.stderr)
        return None
    return {
        "value": done["value"],
        "low": done["low"],
        "high": done["high"],
        "seconds": done["seconds"],
        "peak_memory": done["memory"],
        "device": device(),
        "date": f"{datetime.now(timezone.utc):%Y-%m-%d}",
    }


def device() -> str:
    """Return the machine in words: its GPUs, or its processor and the cores that are granted."""
    facts = _asked("facts") or {}
    gpus = [one["name"] for one in (facts.get("nvidia") or {}).get("gpus") or ()]
    if gpus:
        return f"{len(gpus)} x {gpus[0]}"
    cpu = facts.get("cpu") or {}
    model = cpu.get("model") or (facts.get("platform") or {}).get("machine", "?")
    return f"{model}, {cpu.get('granted', 0):g} cores"


def keep(name: str, found: dict[str, Any]) -> None:
    """Write one example's figures among the others."""
    known = json.loads(MEASURED.read_text(encoding="utf-8")) if MEASURED.is_file() else {}
    known[name] = found
    MEASURED.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _asked(*words: str) -> dict[str, Any] | None:
    """Return the data of a command's document; None where the command failed, which it has told then."""
    done = subprocess.run(
        [sys.executable, "-m", "provenv", *words, "--json"], stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode != 0:
        print(done.stdout, file=sys.stderr)
        return None
    data: dict[str, Any] = json.loads(done.stdout)["data"]
    return data


if __name__ == "__main__":
    sys.exit(main())
