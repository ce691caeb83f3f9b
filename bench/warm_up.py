"""How long `provenv up` takes with warm caches, verification included and its proof apart.

Beside it: `uv venv` + `uv pip sync` of the same lock + one reading of every installed byte with sha256 in two
processes; and `python -m venv` + `pip install` of the same versions from a folder of wheels.

Run as `python bench/warm_up.py`; it needs uv and provenv on PATH. Packages come from where
pip's configuration says. The project lies in a temporary folder beside uv's cache: files can be linked.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from pairs import Contender, Goal, Measured, compare, show
from programs import program

DECLARED = 'schema = 1\nname = "bench"\naccelerator = "cpu"\nrequirements = ["torch", "numpy", "lightning"]\n'
REPETITIONS = 5
PIP_REPETITIONS = 2
SAMPLE = 0.02
# the reading that the lean way would do to know what it has installed: each file once, big ones first
READING = """
import hashlib, os, sys
from multiprocessing import Pool

def read(paths):
    for path in paths:
        digest = hashlib.sha256()
        with open(path, "rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)

if __name__ == "__main__":
    found = []
    for parent, _, names in os.walk(sys.argv[1]):
        paths = [os.path.join(parent, name) for name in names]
        found += [(os.path.getsize(path), path) for path in paths if not os.path.islink(path)]
    found.sort(reverse=True)
    shares = [[path for _, path in found[start::2]] for start in range(2)]
    with Pool(2) as pool:
        pool.map(read, shares)
"""


def measure() -> Measured:
    """Return the rows, and the most memory that provenv's own processes held at once."""
    provenv, uv = program("provenv"), program("uv")
    cache = subprocess.run([uv, "cache", "dir"], check=True, capture_output=True, text=True).stdout.strip()
    Path(cache).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="provenv-bench-", dir=Path(cache).parent) as name:
        folder = Path(name)
        (folder / "provenv.toml").write_text(DECLARED)
        (folder / "reading.py").write_text(READING)
        environment = dict(os.environ)
        subprocess.run([provenv, "up"], cwd=folder, check=True, capture_output=True)
        python = _interpreter(folder)
        ours = Contender(
            "up, without its proof",
            [provenv, "up", "--json"],
            folder,
            environment,
            lambda: _forget(folder),
            _without_proof,
        )
        lean = folder / "lean"
        sync = f"'{uv}' pip sync -q --no-config --preview-features pylock --python '{lean}/bin/python'"
        theirs = Contender(
            "uv venv, uv pip sync, sha256 of every file",
            _shell(
                f"'{uv}' venv -q --no-config --python '{python}' '{lean}'",
                f"{sync} '{folder}/pylock.toml'",
                f"'{python}' '{folder}/reading.py' '{lean}'",
            ),
            folder,
            environment,
            lambda: shutil.rmtree(lean, ignore_errors=True),
        )
        rows = [compare(ours, theirs, REPETITIONS, Goal("ratio", 1.15))]
        slow = folder / "slow"
        pinned = _wheels(uv, python, lean, folder)
        install = f"-m pip install -q --no-deps --no-index --find-links '{folder}/wheels' -r '{pinned}'"
        pip = Contender(
            "python -m venv, pip install",
            _shell(f"'{python}' -m venv '{slow}'", f"'{slow}/bin/python' {install}"),
            folder,
            environment,
            lambda: shutil.rmtree(slow, ignore_errors=True),
        )
        rows.append(compare(ours, pip, PIP_REPETITIONS, Goal("ratio", 0.1)))
        return Measured(rows, {"memory": f"{memory(provenv, folder) >> 20} MiB"})


def _shell(*commands: str) -> list[str]:
    return ["sh", "-c", " && ".join(commands)]


def _forget(folder: Path) -> None:
    (folder / ".venv").unlink(missing_ok=True)
    shutil.rmtree(folder / ".provenv", ignore_errors=True)


def _without_proof(printed: str, whole: float) -> float:
    return whole - float(json.loads(printed)["data"]["evidence"]["seconds"])


def _interpreter(folder: Path) -> str:
    record = folder / ".provenv" / "here" / "current" / "generation.json"
    return str(json.loads(record.read_text())["python"])


def _wheels(uv: str, python: str, lean: Path, folder: Path) -> Path:
    """Download the wheels of what is installed in `lean`, and return the list of them for pip."""
    pinned, wheels = folder / "pinned.txt", folder / "wheels"
    freeze = [uv, "pip", "freeze", "--python", str(lean / "bin" / "python")]
    pinned.write_text(subprocess.run(freeze, check=True, capture_output=True, text=True).stdout)
    download = [python, "-m", "pip", "download", "-q", "--no-deps", "--dest", str(wheels), "-r", str(pinned)]
    subprocess.run(download, check=True, capture_output=True)
    return pinned


def memory(provenv: str, folder: Path) -> int:
    """Return the bytes that provenv's processes held at most together, what they share counted once.

    uv and the checks are not its own.
    """
    shutil.rmtree(folder / ".provenv")
    child = subprocess.Popen(
        [provenv, "up"], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    most = 0
    while child.poll() is None:
        most = max(most, sum(_held(number) for number in _own(child.pid)))
        time.sleep(SAMPLE)
    return most


def _own(parent: int) -> list[int]:
    found = [parent]
    for number in found:
        try:
            children = Path(f"/proc/{number}/task/{number}/children").read_text().split()
            # threads start processes too
            for task in os.listdir(f"/proc/{number}/task"):
                children += Path(f"/proc/{number}/task/{task}/children").read_text().split()
        except OSError:
            continue
        for one in map(int, dict.fromkeys(children)):
            command = _command(one)
            if one not in found and command[1:4] == [b"-I", b"-S", b"-"]:
                found.append(one)
    return found


def _command(number: int) -> list[bytes]:
    try:
        return Path(f"/proc/{number}/cmdline").read_bytes().split(b"\0")[:-1]
    except OSError:
        return []


def _held(number: int) -> int:
    try:
        lines = Path(f"/proc/{number}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:"))


if __name__ == "__main__":
    show(measure())
