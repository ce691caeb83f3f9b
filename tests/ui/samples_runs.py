"""Values of recorded runs, made by hand."""

from __future__ import annotations

import math
from dataclasses import replace

from provenv.errors import Hint, Place, problem, text, verbatim
from provenv.model.diagnosis import Candidate, Diagnosis
from provenv.model.launch import Launch
from provenv.model.resume_proof import DECISIVE, EXPLAINING, Compared, Divergence, Gap, Kill, ResumeProof
from provenv.model.run_results import (
    Observed,
    RunExported,
    RunList,
    RunShown,
    RunsRemoved,
    RunStopped,
    Saved,
)
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
)
from provenv.model.slurm import BatchJob

ID = "20260301-100000-03af"
RECORD = RunRecord(
    id=ID,
    argv=("python", "train.py", "--name", "two words", "--data", "data/fashion"),
    folder="/w",
    target="here",
    generation=3,
    began="2026-03-01T10:00:00+00:00",
    name="train",
    processes=2,
    retries=3,
    proof="sha256:" + "ab" * 32,
    lock="sha256:" + "cd" * 32,
    code=CodeState("0123456789abcdef0123456789abcdef01234567", "main", dirty=True, untracked=2),
    data={"data/fashion": "sha256:" + "ef" * 32},
    variables={"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "4"},
    host="box",
)
CAUSE = Diagnosis(
    "host-oom",
    "cause",
    (Candidate("host-oom", 0.9, 5.0, verbatim("the machine ran out of memory"), verbatim("why")),),
)
OWN = Diagnosis("none", "none", place=Place("train.py", 12), exception="ValueError: bad shape")
ATTEMPTS = (
    Attempt(
        1,
        "2026-03-01T10:00:00+00:00",
        47.0,
        137,
        (RankEnd(0, 143, 47.0), RankEnd(1, 137, 46.2, first=True)),
        CAUSE,
        verbatim("a kill may not happen again"),
        restarted=True,
        waited=2.0,
    ),
    Attempt(2, "2026-03-01T10:00:49+00:00", 90.0, 0, (RankEnd(0, 0, 90.0), RankEnd(1, 0, 90.0))),
)
PROGRESS = Progressed(
    "lightning 2.6 + torch 2.13.0",
    900,
    1000,
    3,
    41.2,
    39.8,
    0.12,
    0.31,
    {"loss": 0.0421, "val_acc": 0.8912},
)
LOSS = Curve(
    "loss", tuple(range(0, 900, 10)), tuple(2.31 * math.exp(-step / 200) for step in range(0, 900, 10))
)
PEAKS = Peaks(3 << 30, 3.4, 9 << 30, 0.9, 2_000_000_000, 831_000_000, 12_000, 9_000, 64 << 20)
DONE = Run(
    RECORD, "done", ATTEMPTS, RunEnd("done", 0, "2026-03-01T10:02:19+00:00", 139.0), PROGRESS, PEAKS, 139.0
)
FAILED = replace(
    DONE,
    record=replace(
        RECORD, id="20260301-110000-11b2", name="", processes=1, retries=0, code=CodeState(), proof=""
    ),
    state="failed",
    attempts=(replace(ATTEMPTS[0], code=1, ranks=(RankEnd(0, 1, 3.0),), diagnosis=OWN, restarted=False),),
    end=RunEnd(
        "failed",
        1,
        "2026-03-01T11:00:03+00:00",
        3.0,
        verbatim("a mistake in one's own code is not tried again"),
    ),
    progressed=Progressed(),
    peaks=Peaks(),
    seconds=3.0,
)
BARE = RunRecord("20260302-090000-77aa", ("sh", "-c", "true"), "/w", "here", 3, "2026-03-02T09:00:00+00:00")
RUNNING = Run(
    BARE, "running", begun=1, seconds=3723.0, progressed=Progressed(steps=12_345, last={"loss": math.nan})
)
OTHERS = tuple(
    Run(replace(BARE, id=f"20260303-09000{place}-77aa"), state, seconds=1.0)
    for place, state in enumerate(("stopped", "preempted", "lost"))
)
QUEUED = Run(
    replace(BARE, target="cluster", job="4242"),
    "queued",
    seconds=62.0,
    job=BatchJob("4242", "queued", "PENDING", "Resources", "gpu", starts="2026-03-02T21:00:00"),
)
WAITING = problem(
    "PV1410",
    severity="note",
    reason="Resources",
    job="4242",
    why=text("slurm.waits.resources"),
    hints=(Hint(text("slurm.waits.resources.hint"), "squeue --start --jobs=4242"),),
)
SEEN = Observed(
    PROGRESS,
    (LOSS, Curve("val_acc", (300, 600, 900), (0.7, 0.8, 0.8912))),
    {"torch": "7"},
    9,
    Saved("checkpoints/step-900", 900),
    (Saved("checkpoints/step-40", 40),),
    ("losses of a compiled step could not be seen",),
)

KILLS = (Kill(0, 12, 10), Kill(1, 35, 30))
EQUAL = tuple(Compared(part, 50, 50) for part in (*DECISIVE, *EXPLAINING))
PROVEN = ResumeProof(
    ("python", "train.py"), "exact", 40, 1, (10, 20, 30), KILLS, EQUAL, (), 27.4, ".provenv/resume/x"
)
LACKING = replace(
    PROVEN,
    verdict="differs",
    processes=2,
    kills=(*KILLS, Kill(0, 38, 12, known=False), Kill(0, 39)),
    parts=(
        Compared("indices", 50, 40, Divergence(11, 0, 1, "7 45 37", "79 35 65 24 50 36 76 23+1c9e")),
        Compared("batches", 50, 40, Divergence(11, 0, 1, "9c88626e419e", "c625ff81b221")),
        Compared("losses", 50, 40, Divergence(11, 0, 1, "0x1.8p-1", "0x1.4p-1")),
        Compared("weights", 50, 50),
        Compared("optimizer", 50, 10, Divergence(11, 0, 1, "41035abe", "3c5a286e")),
        Compared("rates", 50, 40, Divergence(11, 0, 1, "0x1.47ae147ae147bp-8", "0x1.47ae147ae147bp-7")),
        Compared("random", 0, 0),
    ),
    gaps=tuple(
        Gap(*one)
        for one in (
            *(("model",), ("optimizer", "empty"), ("optimizer",), ("scheduler", "0.01"), ("order", "anew")),
            *(("order",), ("augmentation",), ("random", "torch, numpy"), ("buffers",), ("other",)),
        )
    ),
)

CASES: dict[str, object] = {
    "resume-exact": PROVEN,
    "resume-differs": LACKING,
    "resume-anew": replace(PROVEN, verdict="anew", gaps=(Gap("all"),)),
    "resume-anew-no-save": replace(PROVEN, verdict="anew", saves=(), gaps=(Gap("all"),)),
    "resume-unrepeatable": replace(
        PROVEN,
        verdict="unrepeatable",
        gaps=tuple(Gap(one) for one in ("model", "order", "augmentation", "random", "other")),
    ),
    "list": RunList((DONE, FAILED, RUNNING, *OTHERS), 7),
    "list-empty": RunList(),
    "show": RunShown(DONE, f"/w/.provenv/runs/{ID}", SEEN, difference=3_200),
    "show-failed": RunShown(FAILED, f"/w/.provenv/runs/{FAILED.record.id}"),
    "show-running": RunShown(RUNNING, "/w/x", stacks=("/w/.provenv/runs/x/1/stacks-0.txt",)),
    "show-queued": RunShown(QUEUED, "/w/x", waiting=WAITING),
    "submitted": Launch(("python", "train.py"), 7, run=ID, job="4242"),
    "submitted-array": Launch(("python", "train.py"), 7, run=ID, job="4242", members=3),
    "show-lost": RunShown(replace(OTHERS[2], begun=1), "/w/x"),
    "stopped": RunStopped(ID, "stopped", seconds=139.0),
    "killed": RunStopped(ID, "lost", killed=True, seconds=139.0),
    "over": RunStopped(ID, "done", over=True, seconds=139.0),
    "removed": RunsRemoved((ID, FAILED.record.id), (RUNNING.record.id,), 831_000),
    "removed-none": RunsRemoved(),
    "exported": RunExported(ID, "tensorboard", f"/w/tb/{ID}", 1234, ("tensorboard --logdir tb",)),
}
