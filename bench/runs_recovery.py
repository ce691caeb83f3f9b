"""From SIGKILL of one process of two to the next optimizer step: `python bench/runs_recovery.py [--quick]`.

provenv and torchrun start the same script again, which goes on from its own checkpoint. Lightning starts
nothing again: its training is ended and started anew at once, as somebody would who looks on all the time.
What does not come back within a limit counts as failed. Needs provenv on PATH, Linux.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from pairs import Measured, Row, row, show
from training_project import Project, training_project

REPETITIONS, LIMIT, PAUSE = 3, 40.0, 0.005
KILLED_AT = 30
PLAIN = """
import os, time
import torch

torch.set_num_threads(1)
torch.manual_seed(0)
rank = os.environ["RANK"]
torch.distributed.init_process_group("gloo")
model = torch.nn.parallel.DistributedDataParallel(torch.nn.Linear(64, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
first = 0
if os.path.exists("kept.pt"):
    kept = torch.load("kept.pt")
    model.load_state_dict(kept["model"])
    first = kept["step"]
for step in range(first + 1, 100_000):
    optimizer.zero_grad()
    model(torch.randn(32, 64)).square().mean().backward()
    optimizer.step()
    with open(f"steps-{rank}", "a") as file:
        file.write(f"{os.getpid()} {step} {time.time()}\\n")
    if step % 10 == 0 and rank == "0":
        torch.save({"model": model.state_dict(), "step": step}, "beside.pt")
        os.rename("beside.pt", "kept.pt")
    time.sleep(0.02)
"""
LIGHTNING = """
import os, time, warnings
import torch, lightning

warnings.simplefilter("ignore")
torch.set_num_threads(1)

class Told(lightning.Callback):
    def on_train_batch_end(self, trainer, *_):
        with open(f"steps-{trainer.global_rank}", "a") as file:
            file.write(f"{os.getpid()} {trainer.global_step} {time.time()}\\n")
        time.sleep(0.02)

class Model(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(64, 1)
    def training_step(self, batch, _):
        return self.layer(batch[0]).square().mean()
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=1e-3)

if __name__ == "__main__":
    data = torch.utils.data.TensorDataset(torch.randn(200_000, 64))
    kept = lightning.pytorch.callbacks.ModelCheckpoint("kept", save_last=True, every_n_train_steps=10)
    trainer = lightning.Trainer(
        accelerator="cpu", devices=2, strategy="ddp", max_steps=100_000, callbacks=[kept, Told()],
        logger=False, enable_progress_bar=False, enable_model_summary=False,
    )
    last = "kept/last.ckpt"
    loader = torch.utils.data.DataLoader(data, batch_size=32)
    trainer.fit(Model(), loader, ckpt_path=last if os.path.exists(last) else None)
"""


class NotBack(Exception):
    """No step was made again within the limit."""


@dataclass
class Way:
    """A command, and how often it did not come back; `by_hand` starts it anew itself."""

    name: str
    argv: Sequence[str]
    by_hand: bool = False
    failed: int = 0
    seconds: list[float] = field(default_factory=list)


def measure(repetitions: int = REPETITIONS, limit: float = LIMIT) -> Measured:
    """Return the rows, and how often each way did not come back."""
    with training_project("torch", "numpy", "lightning") as project:
        plain, lightning = project.script("plain.py", PLAIN), project.script("lit.py", LIGHTNING)
        options = ("--processes", "2", "--retries", "1")
        torchrun = project.torchrun(2, plain, options=("--max-restarts", "1"))
        # each attempt gets a store of its own: what torchrun's users are advised where its restart fails
        own_store = ("env", "TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1", *torchrun)
        pairs = [
            (
                Way("run --processes 2 --retries 1", project.provenv(plain, options=options)),
                Way("torchrun --max-restarts 1", torchrun),
            ),
            (
                Way("run --processes 2 --retries 1", project.provenv(plain, options=options)),
                Way("torchrun --max-restarts 1, TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1", own_store),
            ),
            (
                Way("run --processes 2 --retries 1, Lightning", project.provenv(lightning, options=options)),
                Way("Lightning, started again by hand at once", project.bare(lightning), by_hand=True),
            ),
        ]
        rows = [one for pair in pairs if (one := _by_turns(project, *pair, repetitions, limit)) is not None]
    failed = ", ".join(
        f"`{way.name}` {way.failed}/{repetitions} ({_times(way)})" for pair in pairs for way in pair
    )
    return Measured(rows, {"failed": failed, "limit": f"{limit:.0f}"})


def _times(way: Way) -> str:
    return ", ".join(f"{one:.1f} s" for one in way.seconds) or "–"


def _by_turns(project: Project, ours: Way, theirs: Way, repetitions: int, limit: float) -> Row | None:
    """Return the row of the pairs in which both came back; None where there is none."""
    both = []
    for turn in range(repetitions):
        taken = {}
        for way in (ours, theirs) if turn % 2 else (theirs, ours):
            try:
                taken[way.name] = _recovered(project, way, limit)
                way.seconds.append(taken[way.name])
            except NotBack:
                way.failed += 1
        if len(taken) == 2:
            both.append((taken[ours.name], taken[theirs.name]))
    return row(ours.name, theirs.name, both) if both else None


def _recovered(project: Project, way: Way, limit: float) -> float:
    """Return the seconds from the kill until both ranks have made a step again. Raises NotBack."""
    for old in (*project.folder.glob("steps-*"), *project.folder.glob("**/kept/*.ckpt")):
        old.unlink()
    (project.folder / "kept.pt").unlink(missing_ok=True)
    running = _start(project, way)
    try:
        _until(lambda: min(_last(project.folder, rank)[1] for rank in (0, 1)) >= KILLED_AT, limit)
        before = {_last(project.folder, rank)[0] for rank in (0, 1)}
        began = time.time()
        os.kill(_last(project.folder, 1)[0], signal.SIGKILL)
        if way.by_hand:
            _end(project, running)
            running = _start(project, way)
        _until(lambda: all(_last(project.folder, rank)[0] not in before for rank in (0, 1)), limit)
        return max(_first_of_last(project.folder, rank) for rank in (0, 1)) - began
    finally:
        _end(project, running)


def _start(project: Project, way: Way) -> subprocess.Popen[bytes]:
    own = way.argv[0] not in (project.python, "env")
    environment = project.own_environment if own else project.environment
    return subprocess.Popen(
        way.argv,
        cwd=project.folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _end(project: Project, running: subprocess.Popen[bytes]) -> None:
    """End what was started: its group, then whatever works in the folder, which is ours alone.

    A training may be in a group of its own, or have been started in this moment.
    """
    with suppress(ProcessLookupError):
        os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    while left := _working_in(project.folder):
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(PAUSE)


def _working_in(folder: Path) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                if os.readlink(entry / "cwd") == str(folder):
                    found.append(int(entry.name))
    return found


def _until(so: Callable[[], bool], limit: float) -> None:
    end = time.monotonic() + limit
    while not so():
        if time.monotonic() > end:
            raise NotBack
        time.sleep(PAUSE)


def _told(folder: Path, rank: int) -> list[tuple[int, int, float]]:
    """Return (process, step, time) of each step that a rank has told of in whole lines."""
    path = folder / f"steps-{rank}"
    if not path.exists():
        return []
    whole = path.read_text().rpartition("\n")[0].splitlines()
    return [(int(pid), int(step), float(at)) for pid, step, at in (line.split() for line in whole)]


def _last(folder: Path, rank: int) -> tuple[int, int]:
    found = _told(folder, rank)
    return found[-1][:2] if found else (0, 0)


def _first_of_last(folder: Path, rank: int) -> float:
    """Return when the process that trains now made its first step."""
    found = _told(folder, rank)
    return next(at for pid, _, at in found if pid == found[-1][0])


if __name__ == "__main__":
    show(measure(1) if "--quick" in sys.argv[1:] else measure())
