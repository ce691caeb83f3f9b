"""One environment on 1, 2, 4 and 8 hosts: `up --on` beside pyinfra that runs uv: `python bench/fleet_up.py`.

The hosts are network namespaces of this machine with a user and a home of their own; they share its
processors and its disk, so that more hosts take longer for either. Nothing is there before, on the hosts or
at home, but provenv's lock and the same pins with their hashes for uv. Needs provenv and uv on PATH, root.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pairs import Goal, Measured, row, show, shown
from programs import program

from fleet_world import World, fleet_world

REPETITIONS = 2
COUNTS = (1, 2, 4, 8)
PACKAGES = ("numpy", "scipy", "scikit-learn", "pandas", "matplotlib")
UP, AGAIN, BY_HAND = "up --on", "up --on again", "pyinfra and uv"
INVENTORY = """\
hosts = [
    (f"10.77.0.{{10 + n}}", {{
        "ssh_user": "trainer", "ssh_key": {key!r}, "ssh_known_hosts_file": {known!r},
        "ssh_strict_host_key_checking": "yes",
    }})
    for n in range(1, {count} + 1)
]
"""
DEPLOY = """\
from pyinfra.operations import files, server

files.put(src={uv!r}, dest="bin/uv", mode="755")
files.put(src={pins!r}, dest="bench/requirements.txt")
server.shell(commands=[
    "cd bench && ~/bin/uv venv --quiet --python 3.11 .venv",
    "cd bench && ~/bin/uv pip install --quiet --python .venv --require-hashes"
    " --default-index {index} -r requirements.txt",
    "cd bench && .venv/bin/python -c 'import sklearn, pandas, matplotlib'",
])
"""


def measure(repetitions: int = REPETITIONS, counts: Sequence[int] = COUNTS) -> Measured:
    """Return the rows of every number of hosts, and what a second `up` takes."""
    with fleet_world(max(counts), counts, PACKAGES) as world:
        ways = _ways(world, counts)
        turns: list[dict[tuple[str, int], float]] = []
        for turn in range(repetitions):
            took: dict[tuple[str, int], float] = {}
            for count in counts:
                order = (UP, BY_HAND)[:: -1 if turn % 2 else 1]
                for name in order:
                    world.forget()
                    took[name, count] = ways[name](count)
                    if name == UP:
                        took[AGAIN, count] = ways[UP](count)
                        took["proof", count] = _proof(world, count)
            turns.append(took)
        version = _version(world)
    rows = [
        row(
            f"{UP} {count} host{'s' * (count > 1)}, proof and all",
            BY_HAND,
            [(turn[UP, count], turn[BY_HAND, count]) for turn in turns],
        )
        for count in counts
    ]
    rows += [
        row(
            f"{UP} {count} host{'s' * (count > 1)}, without its proof",
            BY_HAND,
            [(turn[UP, count] - turn["proof", count], turn[BY_HAND, count]) for turn in turns],
            Goal("ratio", 1.0),
        )
        for count in counts
    ]
    again = ", ".join(
        f"{count}: {shown(sorted(turn[AGAIN, count] for turn in turns)[len(turns) // 2])}" for count in counts
    )
    return Measured(rows, {"again": again, "pyinfra": version})


def _ways(world: World, counts: Sequence[int]) -> Mapping[str, Callable[[int], float]]:
    """Lock for every target and pin the same for uv; return what times each way on so many hosts."""
    for count in counts:
        world.run(world.provenv("lock", "--on", f"of{count}"))
    pins = world.folder / "requirements.txt"
    uv = program("uv")
    asked = world.folder / "asked.txt"
    asked.write_text("\n".join(PACKAGES), encoding="utf-8")
    compiled = [
        uv,
        "pip",
        "compile",
        "--quiet",
        "--no-config",
        "--generate-hashes",
        "--python-version",
        "3.11",
    ]
    world.run(
        world.inside([*compiled, "--default-index", world.index, str(asked), "--output-file", str(pins)])
    )
    pyinfra = _pyinfra(world)
    deploy = world.folder / "deploy.py"
    real = shutil.which("uv", path=str(Path(sys.executable).parent)) or uv
    deploy.write_text(DEPLOY.format(uv=real, pins=str(pins), index=world.index), encoding="utf-8")

    def by_hand(count: int) -> float:
        inventory = world.folder / f"inventory{count}.py"
        told = INVENTORY.format(
            key=str(world.hosts.folder / "user.key"), known=str(world.hosts.known), count=count
        )
        inventory.write_text(told, encoding="utf-8")
        words = [pyinfra, "--yes", "--parallel", "32", str(inventory), str(deploy)]
        return _timed(world, world.inside(words))

    def up(count: int) -> float:
        return _timed(world, world.provenv("up", "--locked", "--on", f"of{count}"))

    return {UP: up, BY_HAND: by_hand}


def _timed(world: World, argv: Sequence[str]) -> float:
    began = time.perf_counter()
    world.run(argv)
    return time.perf_counter() - began


def _proof(world: World, count: int) -> float:
    """Return the seconds that the proof took, as its receipt says."""
    current = world.project / ".provenv" / f"of{count}" / "current" / "proof.json"
    return float(json.loads(current.read_text(encoding="utf-8"))["seconds"])


def _pyinfra(world: World) -> str:
    """Install pyinfra into an environment of its own; return its program."""
    venv = world.folder / "pyinfra"
    uv = program("uv")
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(venv)], check=True)
    words = [uv, "pip", "install", "--quiet", "--python", str(venv), "pyinfra"]
    subprocess.run(words, check=True)
    return str(venv / "bin" / "pyinfra")


def _version(world: World) -> str:
    return world.run([str(world.folder / "pyinfra" / "bin" / "pyinfra"), "--version"]).strip()


if __name__ == "__main__":
    show(measure(1, (1, 2)) if "--quick" in sys.argv[1:] else measure())
