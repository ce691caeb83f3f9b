"""A tiny training with all that makes resuming hard: dropout, augmentation, three random generators, workers.

Each step is written to a file: its number, its items, the bits of its loss. `together` has a function run
in a forked process, so that torch is imported once for many trainings.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from torch import nn
from torch.utils.data import DataLoader, Dataset

import provenv_runtime
from provenv_runtime import Sampler, state

ITEMS, BATCH, TOTAL = 83, 8, 40
LIBRARY = str(Path(provenv_runtime.__file__).parent)


class Data(Dataset):
    """Noise round a line; each item is augmented by its key."""

    def __init__(self) -> None:
        generator = torch.Generator().manual_seed(1)
        self.inputs = torch.randn(ITEMS, 6, generator=generator)

    def __len__(self) -> int:
        return ITEMS

    def __getitem__(self, item):
        generator = torch.Generator().manual_seed(item.key)
        return int(item), self.inputs[item] + 0.1 * torch.randn(6, generator=generator)


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(6, 16)
        self.norm = nn.BatchNorm1d(16)
        self.drop = nn.Dropout(0.3)
        self.last = nn.Linear(16, 1)

    def forward(self, inputs):
        return self.last(self.drop(torch.relu(self.norm(self.first(inputs)))))


def train(
    folder: Path,
    log: Path,
    workers: int = 0,
    *,
    persistent: bool = False,
    by_sampler: bool = False,
    every: int = 5,
    total: int = TOTAL,
    batch: int = BATCH,
    at_step: Callable[[int], None] = lambda step: None,
    wrap: Callable[[nn.Module], nn.Module] = lambda model: model,
    **options,
) -> str:
    """Train to the end, from wherever it stood; return the weights' digest."""
    torch.manual_seed(3)
    np.random.seed(3)
    random.seed(3)
    model = wrap(Net())
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.02, total_steps=TOTAL + 1)
    sampler = Sampler(ITEMS, seed=7, keyed=True, batch_size=batch if by_sampler else None)
    how = {"batch_sampler": sampler} if by_sampler else {"batch_size": batch, "sampler": sampler}
    loader = DataLoader(Data(), num_workers=workers, persistent_workers=persistent and workers > 0, **how)
    kept = state(
        folder, model=model, optimizer=optimizer, scheduler=scheduler,
        loader=sampler if by_sampler else loader, every=every, keep=2, **options,
    )  # fmt: skip
    step = kept.restore()
    rank = os.environ.get("RANK", "0")
    with log.open("a", buffering=1) as file:
        while step < total:
            for items, inputs in loader:
                optimizer.zero_grad()
                noise = random.random() + float(np.random.rand())
                loss = ((model(inputs) - inputs.sum(1, keepdim=True)) ** 2).mean() * (1 + noise)
                loss.backward()
                optimizer.step()
                scheduler.step()
                line = {"n": step + 1, "i": items.tolist(), "l": loss.item().hex(), "r": rank}
                file.write(json.dumps(line) + "\n")
                at_step(step + 1)
                step = kept.stepped()
                if step == total:
                    break
    # the buffers of rank 0 are the model's: DistributedDataParallel hands them out before each forward
    final = model.state_dict() if rank == "0" else dict(model.named_parameters())
    content = b"".join(value.detach().numpy().tobytes() for value in final.values())
    return hashlib.sha256(content).hexdigest()


def warm() -> None:
    """Have torch import what it imports late, so that forked processes need not."""
    torch.set_num_threads(1)
    model = Net()
    optimizer = torch.optim.AdamW(model.parameters())
    for one in model.parameters():
        one.grad = torch.zeros_like(one)
    optimizer.step()
    torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.02, total_steps=2)
    optimizer.state_dict()


def together(*calls: Callable[[], str]) -> tuple[list[int], list[str]]:
    """Run each call in a forked process of its own; return exit codes (negative: a signal) and results."""
    ends = [forked(call) for call in calls]
    done = [finished(*one) for one in ends]
    return [code for code, _ in done], [text for _, text in done]


def forked(call: Callable[[], str]) -> tuple[int, int]:
    """Begin a call in a forked process; return its number and the pipe of its result."""
    read, write = os.pipe()
    child = os.fork()
    if child:
        os.close(write)
        return child, read
    code = 1
    try:
        os.close(read)
        os.setpgid(0, 0)
        torch.set_num_threads(1)
        os.write(write, call().encode())
        code = 0
    except SystemExit as left:
        code = left.code
    except BaseException:  # noqa: BLE001 - a forked process ends here, whatever happened
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def finished(child: int, read: int) -> tuple[int, str]:
    """Wait for a forked call; return its exit code and result."""
    _, status = os.waitpid(child, 0)
    # a loader's worker whose parent is killed before it has looked who that is waits for ever
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)
    with open(read, "rb") as pipe:
        os.set_blocking(read, False)
        text = (pipe.read() or b"").decode()
    return os.waitstatus_to_exitcode(status), text


def as_rank(rank: int, world: int, store: Path, call):
    """Return a call that runs `call` as one rank of a gloo group."""

    def run() -> str:
        os.environ.update(RANK=str(rank), WORLD_SIZE=str(world), MASTER_PORT=store.name)
        dist.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=world)
        try:
            return call()
        finally:
            dist.destroy_process_group()

    return run


def lines(log: Path) -> list[dict]:
    """Return the whole lines of a log; none if there is none yet."""
    if not log.exists():
        return []
    return [json.loads(line) for line in log.read_text().splitlines(keepends=True) if line.endswith("\n")]


class Death:
    """Ends this process with SIGKILL before the n-th line of the library or the training."""

    def __init__(self, line: int) -> None:
        self.left = line
        self.passed = 0

    def __call__(self, frame, event, _):
        name = frame.f_code.co_filename
        if not name.startswith(LIBRARY) and name != __file__:
            return None
        if event == "line":
            self.passed += 1
            self.left -= 1
            if not self.left:
                os.kill(os.getpid(), signal.SIGKILL)
        return self
