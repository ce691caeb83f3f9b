"""What a step of a training costs more under `provenv run`: `python bench/runs_overhead.py [--quick]`.

The same script bare and launched by us, by turns; the clock is the script's own, around its loop, after some
steps that do not count. Needs provenv on PATH; torch comes from wherever pip's configuration says.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from pairs import Contender, Goal, Measured, Row, compare, row, show
from training_project import Project, told, training_project

# layers of the network, steps that count
SIZES = {"1 ms": (2, 1000), "10 ms": (22, 150), "50 ms": (105, 40)}
TRAINING = """
import os, sys, time
import torch

torch.set_num_threads(1)
torch.manual_seed(0)
world = int(os.environ.get("WORLD_SIZE", "1"))
if world > 1:
    torch.distributed.init_process_group("gloo")
for size in sys.argv[1:]:
    layers, steps = map(int, size.split("x"))
    before = max(10, steps // 5)
    parts = [torch.nn.Linear(400, 400) for _ in range(layers)]
    model = torch.nn.Sequential(*parts, torch.nn.ReLU(), torch.nn.Linear(400, 1))
    if world > 1:
        model = torch.nn.parallel.DistributedDataParallel(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-4)
    count = 32 * (before + steps)
    data = torch.utils.data.TensorDataset(torch.randn(count, 400), torch.randn(count, 1))
    for step, (given, wanted) in enumerate(torch.utils.data.DataLoader(data, batch_size=32)):
        if step == before:
            began = time.perf_counter()
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(given), wanted)
        loss.backward()
        optimizer.step()
    print(f"of_{layers}={(time.perf_counter() - began) / steps}", flush=True)
"""


@dataclass(frozen=True)
class Times:
    """How many pairs."""

    alone: int = 4
    two: int = 3
    start: int = 7


def measure(times: Times = Times()) -> Measured:
    """Return the rows, and what a step costs more."""
    with training_project("torch", "numpy") as project:
        script = project.script("train.py", TRAINING)
        alone = {name: f"{layers}x{steps}" for name, (layers, steps) in SIZES.items()}
        two = {name: alone[name] for name in ("1 ms", "10 ms")}
        words, both = (script, *alone.values()), (script, *two.values())
        rows = _rows(
            project, times.alone, tuple(alone), "run", "python", project.provenv(*words), project.bare(*words)
        )
        rows += _rows(
            project,
            times.two,
            tuple(two),
            "run --processes 2",
            "torchrun --nproc-per-node 2",
            project.provenv(*both, options=("--processes", "2")),
            project.torchrun(2, *both),
        )
        empty = project.script("empty.py", "")
        rows.append(
            compare(
                Contender(
                    "run -- python empty.py", project.provenv(empty), project.folder, project.own_environment
                ),
                Contender("python empty.py", project.bare(empty), project.folder, project.environment),
                times.start,
            )
        )
        steps = [one for one in rows if "steps of" in one.name]
        more = "; ".join(f"`{one.name}`: {_more(one)}" for one in steps)
        return Measured(rows, {"more": more})


def _rows(
    project: Project,
    repetitions: int,
    sizes: Sequence[str],
    name: str,
    beside: str,
    ours: list[str],
    theirs: list[str],
) -> list[Row]:
    pairs: dict[str, list[tuple[float, float]]] = {size: [] for size in sizes}
    for turn in range(-1, repetitions):  # the first one warms both up
        order = (ours, theirs) if turn % 2 else (theirs, ours)
        printed = {argv is ours: project.printed(argv) for argv in order}
        for size in sizes if turn >= 0 else ():
            layers, steps = SIZES[size]
            pairs[size].append(
                (told(f"of_{layers}", printed[True]) * steps, told(f"of_{layers}", printed[False]) * steps)
            )
    return [
        row(f"{name}: {SIZES[size][1]:,} steps of {size}", beside, pairs[size], Goal("ratio", 1.01))
        for size in sizes
    ]


def _more(one: Row) -> str:
    """Return what a step took more, in microseconds and as a share with its spread."""
    steps = int(one.name.split(": ")[1].split()[0].replace(",", ""))
    shares = [f"{(ratio - 1) * 100:+.2f}%" for ratio in (one.ratio, one.lowest, one.highest)]
    return f"{one.difference / steps * 1e6:+.0f} µs ({shares[0]}; {shares[1]} – {shares[2]})"


if __name__ == "__main__":
    show(measure(Times(1, 1, 1) if "--quick" in sys.argv[1:] else Times()))
