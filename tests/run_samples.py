"""Runs as they are read back, for pages, views and comparisons: one that was killed once, and three seeds."""

from __future__ import annotations

import math
import random
from dataclasses import replace

from provenv.errors import Text
from provenv.model.comparison import Compared
from provenv.model.diagnosis import Advice, Candidate, Diagnosis, Quote
from provenv.model.lock import Lock, Package
from provenv.model.run_report import RunReport
from provenv.model.run_results import Observed, Saved
from provenv.model.runs import (
    Attempt,
    CodeState,
    Curve,
    Peaks,
    Progressed,
    RankEnd,
    Run,
    RunEnd,
    RunRecord,
    RunState,
)

REVISION = "3f9c2ab84e1d7706b5a2c90e8d1f4463a7b2c5d8"
GIB = 1024**3


def curve(name: str, values: list[float], every: int = 10, pace: float = 40.0) -> Curve:
    """Return a curve of a value each `every` steps at `pace` steps a second."""
    steps = tuple(range(every, every * (len(values) + 1), every))
    return Curve(name, steps, tuple(values), tuple(step / pace for step in steps))


def curves(seed: int = 1, slope: float = 700.0) -> tuple[Curve, ...]:
    """Return losses and accuracies as a small training has them."""
    chance = random.Random(seed)
    loss = [2.3 * math.exp(-step / slope) + 0.06 + chance.random() * 0.05 for step in range(0, 5000, 10)]
    held_out = [2.3 * math.exp(-step / slope) + 0.13 + chance.random() * 0.01 for step in range(0, 5000, 250)]
    right = [0.97 - 0.85 * math.exp(-step / slope) + chance.random() * 0.005 for step in range(0, 5000, 250)]
    rate = [0.001 * (1 + math.cos(math.pi * step / 5000)) / 2 for step in range(0, 5000, 50)]
    return (
        curve("loss", loss),
        curve("val_loss", held_out, 250),
        curve("val_accuracy", right, 250),
        curve("lr", rate, 50),
    )


def record(number: int = 1, **more: object) -> RunRecord:
    """Return what was launched."""
    told = RunRecord(
        id=f"20261122-1834{number:02d}-ab{number:02x}",
        name="train",
        argv=("python", "train.py", "--lr", "0.1", "--seed", str(number)),
        folder="/home/lin/digits",
        target="here",
        generation=7,
        began=f"2026-11-22T18:34:{number:02d}+00:00",
        processes=2,
        retries=3,
        proof="sha256:" + "5be1b2c8a7a1e9d0" * 4,
        lock="sha256:" + "0f9c1d7be22a4b3f" * 4,
        facts="sha256:" + "a3d1f0c4b5e69788" * 4,
        code=CodeState(REVISION, "main", dirty=True, untracked=2),
        data={"data/train": "sha256:" + "77aa" * 16},
        variables={"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "4"},
        host="bench-07",
        provenv="0.9.0",
        pid=4711,
    )
    return replace(told, **more)  # type: ignore[arg-type]  # fields by their names


def run(number: int = 1, state: RunState = "done", **more: object) -> Run:
    """Return a run that ended."""
    seen = curves(number)
    return Run(
        record(number, **more),
        state,
        (Attempt(1, f"2026-11-22T18:34:{number:02d}+00:00", 125.0 + number, 0, (RankEnd(0, 0, 125.0),)),),
        RunEnd(state, 0, "2026-11-22T18:36:20+00:00", 125.0 + number),
        Progressed(
            "lightning 2.6.0 + torch 2.13.0",
            5000,
            5000,
            9,
            41.0 + number,
            40.0 + number,
            0.031,
            0.213,
            {one.name: one.values[-1] for one in seen},
        ),
        Peaks(round(1.4 * GIB) + number * 10**7, 3.9, 11 * GIB, 0.92, 10**9, 2 * 10**8, 10**6, 10**6, 2**28),
        125.0 + number,
    )


def diagnosis() -> Diagnosis:
    """Return what is said of a worker that was killed for its memory."""
    return Diagnosis(
        "memory.killed",
        "cause",
        (
            Candidate(
                "memory.killed",
                0.87,
                12.0,
                said("the kernel killed a process for its memory"),
                said("the group of processes had reached the limit of `16 GiB`"),
                (Quote(812, "Killed process 4711 (python) total-vm:18874368kB", 9.0),),
                remedies=(Advice(said("use fewer workers"), ("provenv run train -- --workers 2",)),),
            ),
        ),
    )


def said(words: str) -> Text:
    """Return words that stand as they are in every language."""
    return Text("verbatim", {"text": words})


def usage() -> tuple[Curve, ...]:
    """Return what two attempts used."""
    seconds = tuple(float(second) for second in range(150))
    steps = tuple(range(150))

    def one(name: str, value: object) -> Curve:
        return Curve(name, steps, tuple(value(at) for at in seconds), seconds)  # type: ignore[operator]

    return (
        one("cpu", lambda at: 3.5 + 0.4 * math.sin(at / 7)),
        one("memory", lambda at: GIB * (0.5 + min(at % 64, 30) / 30)),
        one("shm", lambda at: GIB * 0.25),
        one("gpu", lambda at: 0.85 + 0.1 * math.sin(at / 5)),
        one("gpu_memory", lambda at: 11 * GIB * min(at / 10, 1)),
        one("read", lambda at: 4e7 if at % 10 < 2 else 1e5),
        one("written", lambda at: 2e8 if at % 30 < 1 else 0.0),
    )


def report() -> RunReport:
    """Return a run whose first attempt was killed, with all that was recorded of it."""
    done = run(1)
    attempts = (
        Attempt(
            1,
            done.record.began,
            62.0,
            137,
            (RankEnd(0, 143, 62.0), RankEnd(1, 137, 61.2, first=True)),
            diagnosis(),
            said("what killed it may not come again: it was started anew from step 2,400"),
            restarted=True,
            waited=2.0,
        ),
        Attempt(2, "2026-11-22T18:35:05+00:00", 63.0, 0, (RankEnd(0, 0, 63.0), RankEnd(1, 0, 63.0))),
    )
    loss, *others = curves(1)
    broken = list(loss.values)
    broken[120:126] = [math.nan] * 6
    return RunReport(
        replace(done, attempts=attempts),
        Observed(
            done.progressed,
            (replace(loss, values=tuple(broken)), *others),
            {"torch": "1", "numpy": "1"},
            12,
            Saved("checkpoints/step-4800", 4800, 0.0, 0.2),
            (Saved("checkpoints/step-2400", 2400),),
            ("the gradient's norm is not logged by the script",),
        ),
        usage(),
        (0.0, 64.0),
        "3.11.7",
        42,
        "diff --git a/train.py b/train.py\n@@ -1,3 +1,3 @@\n import torch\n-lr = 0.01\n+lr = 0.1 # <b>\n",
        "epoch 9: loss 0.061\nsaved to https://lin:secret@example.org/x\ndone",
    )


def lock(**versions: str) -> Lock:
    """Return a lock of a few packages."""
    packages = {"torch": "2.13.0+cpu", "numpy": "2.4.6", **versions}
    identity = "sha256:" + (REVISION + "0" * 24)[: 64 - len(versions)] + "f" * len(versions)
    return Lock(
        "here", "3.11.7", "linux-x86_64", tuple(Package(*one) for one in packages.items()), (), identity
    )


def compared() -> list[Compared]:
    """Return three repetitions and a run that differs in its rate of learning and a package."""
    three = [Compared(run(number), curves(number), lock(), "d" * 64) for number in (1, 2, 3)]
    argv = ("python", "train.py", "--lr", "0.3", "--seed", "1")
    other = run(4, argv=argv, lock="sha256:" + "9" * 64, processes=1)
    slower = Compared(other, curves(4, 1500.0), lock(numpy="2.3.0", scipy="1.17.1"), "e" * 64)
    return [*three, slower]
