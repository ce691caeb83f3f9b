"""A checkpoint of about 100 MB, written and read: `python bench/runs_checkpoints.py [--quick]`.

A model and Adam's moments. Ours brings it to the disk, gives each tensor its digest and reads all of it back;
torch.save beside it does as much as a careful script would, or nothing more. All in one process, by turns.
Needs provenv on PATH; torch and safetensors come from wherever pip's configuration says.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence

from pairs import Measured, row, show
from training_project import SOURCE, training_project

REPETITIONS = 9
LAYERS = 8
WAYS = ("save", "torch.save, fsync, rename", "torch.save", "safetensors.save_file", "restore", "torch.load")
PAIRS = (("save", WAYS[1]), ("save", WAYS[2]), ("save", WAYS[3]), ("restore", WAYS[5]))
SAVING = """
import json, os, sys, time
import torch
from safetensors.torch import save_file
sys.path.insert(0, sys.argv[3])
from provenv_runtime import state

torch.set_num_threads(1)
layers, repetitions = int(sys.argv[1]), int(sys.argv[2])
model = torch.nn.Sequential(*(torch.nn.Linear(1024, 1024) for _ in range(layers)))
optimizer = torch.optim.Adam(model.parameters())
model(torch.randn(4, 1024)).sum().backward()
optimizer.step()
kept = state("checkpoints", model=model, optimizer=optimizer, keep=1)
kept.restore()

def both():
    return {"model": model.state_dict(), "optimizer": optimizer.state_dict()}

def save():
    kept.step += 1
    assert kept.save() is not None

def carefully():
    with open("beside.pt", "wb") as file:
        torch.save(both(), file)
        file.flush()
        os.fsync(file.fileno())
    os.rename("beside.pt", "careful.pt")

def flat():
    tensors = dict(model.state_dict())
    for number, moments in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{number}.{name}": value for name, value in moments.items()}
    save_file(tensors, "all.safetensors")

def load():
    found = torch.load("careful.pt")
    model.load_state_dict(found["model"])
    optimizer.load_state_dict(found["optimizer"])

acts = dict(zip(WAYS, (save, carefully, lambda: torch.save(both(), "bare.pt"), flat, kept.restore, load)))
turns = []
for turn in range(-1, repetitions):
    taken = {}
    for name in list(acts)[:: -1 if turn > 0 and turn % 2 else 1]:
        os.sync()
        began = time.perf_counter()
        acts[name]()
        taken[name] = time.perf_counter() - began
    if turn >= 0:
        turns.append(taken)
size = sum(one.numel() * one.element_size() for one in model.state_dict().values()) * 3
print(json.dumps({"turns": turns, "size": size}))
"""


def measure(repetitions: int = REPETITIONS) -> Measured:
    """Return the rows, and how many bytes a second each way had."""
    with training_project("torch", "numpy", "safetensors") as project:
        script = project.script("saving.py", f"WAYS = {WAYS!r}\n{SAVING}")
        runtime = str(SOURCE / "runtime" / "src")
        done = subprocess.run(
            project.bare(script, str(LAYERS), str(repetitions), runtime),
            cwd=project.folder,
            env=dict(project.environment),
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
    found = json.loads(done.stdout.splitlines()[-1])
    turns: Sequence[dict[str, float]] = found["turns"]
    megabytes = found["size"] / 1e6
    rows = [
        row(f"{ours}, {megabytes:.0f} MB", theirs, [(turn[ours], turn[theirs]) for turn in turns])
        for ours, theirs in PAIRS
    ]
    rates = {name: megabytes / sorted(turn[name] for turn in turns)[len(turns) // 2] for name in WAYS}
    return Measured(rows, {"rates": ", ".join(f"`{name}` {rate:,.0f}" for name, rate in rates.items())})


if __name__ == "__main__":
    show(measure(2 if "--quick" in sys.argv[1:] else REPETITIONS))
