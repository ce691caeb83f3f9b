"""A training over two hosts: `run --on` beside bare torchrun on the same hosts: `python bench/fleet_run.py`.

The hosts are two network namespaces of this machine; both ways use the environment that `up --on` has made.
torchrun is started on each by ssh, as somebody with two terminals would. Needs provenv on PATH, root.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from pairs import Measured, row, show
from training_project import told

from fleet_world import LIMIT, World, fleet_world

REPETITIONS, IMAGES = 3, 4096
PACKAGES = ("torch", "numpy")
PORT = 29400
TRAINING = """
import os, sys, time
import torch
from torch import nn

torch.set_num_threads(1)
torch.manual_seed(0)
torch.distributed.init_process_group("gloo")
images, batch = int(sys.argv[1]), 64
model = nn.Sequential(
    nn.Conv2d(3, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(), nn.Linear(64 * 6 * 6, 10),
)
model = nn.parallel.DistributedDataParallel(model)
optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
given, wanted = torch.randn(batch, 3, 32, 32), torch.randint(10, (batch,))
before = 5
for step in range(before + images // batch // torch.distributed.get_world_size()):
    if step == before:
        began = time.perf_counter()
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(given), wanted).backward()
    optimizer.step()
print(f"seconds={time.perf_counter() - began}", flush=True)
torch.distributed.destroy_process_group()
"""


def measure(repetitions: int = REPETITIONS, images: int = IMAGES) -> Measured:
    """Return the rows: the training by its own clock, and all from the command to its end."""
    with fleet_world(2, (2,), PACKAGES) as world:
        (world.project / "train.py").write_text(TRAINING, encoding="utf-8")
        world.run(world.provenv("up", "--on", "of2"))
        ours = world.provenv("run", "--on", "of2", "--", "python", "train.py", str(images))
        ways = {"run --on": lambda: world.run(ours), "torchrun": lambda: _torchrun(world, images)}
        turns: list[dict[str, tuple[float, float]]] = []
        for turn in range(repetitions + 1):
            taken = {}
            for name in list(ways)[:: -1 if turn % 2 else 1]:
                began = time.perf_counter()
                printed = ways[name]()
                taken[name] = (told("seconds", printed), time.perf_counter() - began)
            turns.append(taken)
        return Measured(
            [
                row(
                    f"run --on 2 hosts: {what}",
                    "torchrun on each by ssh",
                    [_pair(one, part) for one in turns[1:]],
                )
                for part, what in enumerate((f"{images:,} images", "the whole command"))
            ]
        )


def _pair(turn: dict[str, tuple[float, float]], part: int) -> tuple[float, float]:
    return turn["run --on"][part], turn["torchrun"][part]


def _torchrun(world: World, images: int) -> str:
    """Start torchrun on both hosts and return what they printed. Ends the script where one fails."""
    started = [
        subprocess.Popen(
            world.inside(["ssh", f"n{number}", _line(number, images)]),
            env=dict(world.environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in (1, 2)
    ]
    printed = ""
    for one in started:
        out, said = one.communicate(timeout=LIMIT)
        if one.returncode:
            sys.exit(f"torchrun: {one.returncode}\n{said[-4000:]}")
        printed += out
    return printed


def _line(number: int, images: int) -> str:
    venv = Path(".provenv") / "of2" / "current" / "venv"
    words: Sequence[str] = (
        *(str(venv / "bin" / "python"), "-m", "torch.distributed.run"),
        *("--nnodes", "2", "--nproc-per-node", "1", "--rdzv-backend", "c10d", "--rdzv-id", "bench"),
        *("--rdzv-endpoint", f"10.77.0.11:{PORT}", "--rdzv-conf", f"is_host={int(number == 1)}"),
        *("train.py", str(images)),
    )
    return f"cd bench && OMP_NUM_THREADS=1 {shlex.join(words)}"


if __name__ == "__main__":
    show(measure(1, 512) if "--quick" in sys.argv[1:] else measure())
