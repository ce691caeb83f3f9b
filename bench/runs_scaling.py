"""A small convolutional network on one process and on two: `python bench/runs_scaling.py [--quick]`.

The same number of images in all, one thread to a process, DistributedDataParallel over gloo; the clock is the
script's own. Needs provenv on PATH; torch comes from wherever pip's configuration says.
"""

from __future__ import annotations

import sys

from pairs import Measured, row, show
from training_project import told, training_project

REPETITIONS, IMAGES = 5, 4096
TRAINING = """
import os, sys, time
import torch
from torch import nn

torch.set_num_threads(1)
torch.manual_seed(0)
world, images, batch = int(os.environ.get("WORLD_SIZE", "1")), int(sys.argv[1]), 64
if world > 1:
    torch.distributed.init_process_group("gloo")
model = nn.Sequential(
    nn.Conv2d(3, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(), nn.Linear(64 * 6 * 6, 10),
)
if world > 1:
    model = nn.parallel.DistributedDataParallel(model)
optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
given, wanted = torch.randn(batch, 3, 32, 32), torch.randint(10, (batch,))
before = 5
for step in range(before + images // batch // world):
    if step == before:
        began = time.perf_counter()
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(given), wanted).backward()
    optimizer.step()
print(f"seconds={time.perf_counter() - began}", flush=True)
"""


def measure(repetitions: int = REPETITIONS, images: int = IMAGES) -> Measured:
    """Return the rows, and how many images a second each way had."""
    with training_project("torch", "numpy") as project:
        words = (project.script("train.py", TRAINING), str(images))
        one, two = "run", "run --processes 2"
        bare, torchrun = "python", "torchrun --nproc-per-node 2"
        ways = {
            one: project.provenv(*words),
            bare: project.bare(*words),
            two: project.provenv(*words, options=("--processes", "2")),
            torchrun: project.torchrun(2, *words),
        }
        turns: list[dict[str, float]] = []
        for turn in range(repetitions):
            order = list(ways)[:: -1 if turn % 2 else 1]
            turns.append({name: told("seconds", project.printed(ways[name])) for name in order})
        rows = [
            row(f"{ours}: {images:,} images", theirs, [(turn[ours], turn[theirs]) for turn in turns])
            for ours, theirs in ((one, bare), (two, torchrun), (two, one), (torchrun, bare))
        ]
        rates = {name: images / sorted(turn[name] for turn in turns)[len(turns) // 2] for name in ways}
        return Measured(rows, {"rates": ", ".join(f"`{name}` {rate:,.0f}" for name, rate in rates.items())})


if __name__ == "__main__":
    show(measure(1, 512) if "--quick" in sys.argv[1:] else measure())
