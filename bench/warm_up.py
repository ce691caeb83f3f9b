"""How long `provenv up` takes with warm caches, verification included and its proof apart.

Beside it: `uv venv` + `uv pip sync` of the same lock + one reading of every installed byte with sha256 in two
processes; and `python -m venv` + `pip install` of the same versions from a folder of wheels.

Run as `python bench/warm_up.py [REPETITIONS]`; it needs uv and provenv on PATH. Packages come from where
pip's configuration says. The project lies in a temporary folder beside uv's cache: files can be linked.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from pairs import HEAD

DECLARED = 'schema = 1\nname = "bench"\naccelerator = "cpu"\nrequirements = ["torch", "numpy", "lightning"]\n'
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


def main() -> None:
    """Print the tables."""
    provenv, uv = shutil.which("provenv"), shutil.which("uv")
    if provenv is None or uv is None:
        sys.exit("bench/warm_up.py: `provenv` and `uv` must be on PATH")
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    cache = subprocess.run([uv, "cache", "dir"], check=True, capture_output=True, text=True).stdout.strip()
    Path(cache).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="provenv-bench-", dir=Path(cache).parent) as name:
        folder = Path(name)
        (folder / "provenv.toml").write_text(DECLARED)
        (folder / "reading.py").write_text(READING)
        python = up(provenv, folder).python
        lean = uv_and_reading(uv, python, folder)
        lean()  # both start warm
        print(HEAD, flush=True)
        ours = ("up, without its proof", lambda: up(provenv, folder).seconds)
        print(pairs(ours, ("uv venv + uv pip sync + sha256 of all", lean), repetitions), flush=True)
        slow = pip_install(python, folder)
        print(pairs(ours, ("python -m venv + pip install", slow), PIP_REPETITIONS))
        print(f"\nmost memory that provenv's own processes held at once: {memory(provenv, folder) >> 20} MiB")


class Built(NamedTuple):
    """What an `up` took without its proof, in seconds, and with which interpreter it was made."""

    seconds: float
    python: str


def up(provenv: str, folder: Path) -> Built:
    """Build a first generation from the lock."""
    for made in (".provenv", ".venv"):
        path = folder / made
        path.unlink() if path.is_symlink() else shutil.rmtree(path, ignore_errors=True)
    began = time.perf_counter()
    done = subprocess.run([provenv, "up", "--json"], cwd=folder, capture_output=True, check=False)
    whole = time.perf_counter() - began
    if done.returncode:
        sys.exit(done.stderr.decode() + done.stdout.decode())
    data = json.loads(done.stdout)["data"]
    return Built(whole - data["evidence"]["seconds"], data["generation"]["python"])


def uv_and_reading(uv: str, python: str, folder: Path) -> Callable[[], float]:
    """Return the lean way: uv alone, and one reading of what it installed."""
    venv = folder / "lean"
    sync = [uv, "pip", "sync", "--quiet", "--no-config", "--preview-features", "pylock"]

    def work() -> float:
        shutil.rmtree(venv, ignore_errors=True)
        began = time.perf_counter()
        subprocess.run([uv, "venv", "--quiet", "--no-config", "--python", python, venv], check=True)
        subprocess.run([*sync, "--python", venv / "bin" / "python", folder / "pylock.toml"], check=True)
        subprocess.run([python, folder / "reading.py", venv], check=True)
        return time.perf_counter() - began

    return work


def pip_install(python: str, folder: Path) -> Callable[[], float]:
    """Return what pip takes for the same versions out of a folder of their wheels."""
    venv, wheels = folder / "slow", folder / "wheels"
    pinned = folder / "pinned.txt"
    freeze = subprocess.run(
        ["uv", "pip", "freeze", "--python", folder / "lean" / "bin" / "python"],
        check=True,
        capture_output=True,
        text=True,
    )
    pinned.write_text(freeze.stdout)
    pip = [python, "-m", "pip"]
    download = [*pip, "download", "--quiet", "--no-deps", "--dest", wheels, "--requirement", pinned]
    subprocess.run(download, check=True)
    install = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--find-links", wheels]

    def work() -> float:
        shutil.rmtree(venv, ignore_errors=True)
        began = time.perf_counter()
        subprocess.run([python, "-m", "venv", venv], check=True)
        subprocess.run([venv / "bin" / "python", *install, "--requirement", pinned], check=True)
        return time.perf_counter() - began

    return work


def pairs(
    ours: tuple[str, Callable[[], float]], theirs: tuple[str, Callable[[], float]], repetitions: int
) -> str:
    """Return one row of the table: medians, and the ratios pair by pair."""
    found = [(ours[1](), theirs[1]()) for _ in range(repetitions)]
    ratios = sorted(mine / other for mine, other in found)
    mine, other = (statistics.median(column) * 1000 for column in zip(*found, strict=True))
    return (
        f"| {ours[0]} | {mine:,.0f} ms | {theirs[0]} | {other:,.0f} ms "
        f"| {statistics.median(ratios):.2f} | {ratios[0]:.2f} to {ratios[-1]:.2f} |"
    )


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
    main()
