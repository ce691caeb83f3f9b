"""Keeps the exact account of each update: `runs verify-resume` holds two trainings against one another by it.

Begins only where PROVENV_RUN_EXACT names a folder; nothing of it is cheap. FOLDER/ATTEMPT-RANK.jsonl holds:

    start   n, known, parameters, optimizer: what this process begins with, after update `n`; not `known`: its
            parameters are of no moment of the straight training, and `n` is what its framework says
    update  n, batches, indices, losses, parameters, weights (with buffers), optimizer, rates, random: as they
            are after update `n`
    save    n: a checkpoint was written after update `n`

Losses and rates are words in hexadecimal, all else digests: equal words are equal bits.
"""

import json
import os
import threading
import time

from .lines import line
from .process import THIS
from .progress import STEPS

FOLDER = "PROVENV_RUN_EXACT"
UNTIL = "PROVENV_RUN_EXACT_UNTIL"
"""The update after which the process ends, as if the training were over."""
DEATHS = "PROVENV_RUN_EXACT_DEATHS"
"""`UPDATE:RANK:SHARE` of each attempt that is to die: by SIGKILL, so much of an update's time after it."""
STRAIGHT = "PROVENV_RUN_EXACT_STRAIGHT"
"""The folder of the straight training, in which a resumed one finds out where it stands."""


class Account:
    """What this process did since its last update, and how many updates the training has behind it."""

    def __init__(self):
        self.n = 0
        self.begun = False
        self.batches = []
        self.indices = []
        self.losses = []
        self.last = 0.0
        self.until = int(os.environ.get(UNTIL) or 0)
        self.dies = _death()
        self.dying = False
        self.file = os.path.join(os.environ.get(FOLDER, ""), f"{_attempt()}-{_rank()}.jsonl")

    def start(self, parameters, optimizer):
        """Note what the first update of this process begins with, and which one it is.

        Without buffers: a first pass forward has changed those already.
        """
        if self.begun:
            return
        self.begun = True
        stands = _stands(parameters, optimizer)
        self.n = STEPS.n if stands < 0 else stands
        has = {"parameters": parameters, "optimizer": optimizer}
        self._append(line("start", n=self.n, known=stands >= 0, **has))

    def update(self, **has):
        """Note an update that was made, and what there is after it; end this process if it is time."""
        self.n += 1
        did = {"batches": self.batches, "indices": self.indices, "losses": self.losses}
        self._append(line("update", n=self.n, **did, **has))
        self.batches, self.indices, self.losses = [], [], []
        now = time.perf_counter()
        took, self.last = now - (self.last or now), now
        if self.dying:
            return
        if self.dies is not None and self.n >= self.dies[0]:
            self.dying = True
            _die_after(self.dies[1] * took)
        elif self.until and self.n >= self.until:
            os._exit(0)

    def saved(self):
        """Note that a checkpoint was written."""
        if self.begun:
            self._append(line("save", n=self.n))

    def _append(self, row):
        opened = os.open(self.file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(opened, row.encode("ascii"))
        finally:
            os.close(opened)


def _attempt():
    return os.environ.get("PROVENV_RUN_ATTEMPT") or "1"


def _rank():
    return os.environ.get("RANK") or "0"


def _death():
    """Return after which update this process dies, and how late; None where it does not."""
    deaths = (os.environ.get(DEATHS) or "").split()
    number = int(_attempt())
    if number > len(deaths):
        return None
    update, rank, share = deaths[number - 1].split(":")
    return (int(update), float(share)) if rank == _rank() else None


def _die_after(seconds):
    """Have this process killed, in the midst of whatever it does by then."""

    def kill():
        time.sleep(seconds)
        os.kill(os.getpid(), 9)

    threading.Thread(target=kill, daemon=True).start() if seconds > 0 else kill()


def _stands(parameters, optimizer):
    """Return after which update of the straight training its parameters were these, -1 after none of them.

    Of several with the same ones (a rate of zero), the one at which the optimizer was the same too.
    """
    folder = os.environ.get(STRAIGHT)
    if not folder:
        return 0
    found, whole = -1, -1
    with open(os.path.join(folder, f"1-{_rank()}.jsonl"), encoding="ascii") as rows:
        for row in rows:
            told = json.loads(row)
            if told["k"] != "save" and told["parameters"] == parameters:
                found = told["n"]
                whole = found if told["optimizer"] == optimizer else whole
    return found if whole < 0 else whole


def forget():
    """Begin anew in a forked child: what the parent did is not the child's."""
    ACCOUNT.__init__()


ACCOUNT = Account()
THIS.on_fork.append(forget)
