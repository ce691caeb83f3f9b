"""Where the record of a run lies: `.provenv/runs/<id>/`, paths and names only.

run.json            what was launched (model.runs.RunRecord), written first
code.diff           how tracked files differed from the commit, if they did
held                locked by whoever watches the run, as long as it lives
attempts.jsonl      a line for each attempt that ended (model.runs.Attempt)
1/                  the first attempt
  rank-0.log        all that the process printed, as it came
  rank-0.jsonl      what was seen from within (payload/watching): steps, metrics, beats
  resources.jsonl   what was seen from without, once a second: processor, memory, GPU, disk, network
  stacks-0.txt      where its threads stood when it was found to hang, or was asked
  hosts.json        where each rank ran, if on hosts; `host-NAME.log` is what else was said there
stopped             there if its user ended it
job.json            how its batch system saw it last (model.slurm.BatchJob)
told.json           what it said where that system ended it (model.runs.RunEnd)
end.json            the last word (model.runs.RunEnd)
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import quote

from ..targets.names import FOLDER

RUNS = "runs"
ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}")


@dataclass(frozen=True)
class RunFolder:
    """The paths of one run."""

    path: Path

    @property
    def id(self) -> str:
        """Return the run's name: when it began, and four random digits."""
        return self.path.name

    @property
    def record(self) -> Path:
        """Return the file of what was launched."""
        return self.path / "run.json"

    @property
    def diff(self) -> Path:
        """Return the file of the code's difference."""
        return self.path / "code.diff"

    @property
    def held(self) -> Path:
        """Return the file that whoever watches the run holds."""
        return self.path / "held"

    @property
    def attempts(self) -> Path:
        """Return the file of the attempts that ended."""
        return self.path / "attempts.jsonl"

    @property
    def end(self) -> Path:
        """Return the file of the last word."""
        return self.path / "end.json"

    @property
    def job(self) -> Path:
        """Return the file of how its batch system saw it last."""
        return self.path / "job.json"

    @property
    def told(self) -> Path:
        """Return the file of what a run said when its batch system ended it."""
        return self.path / "told.json"

    @property
    def stopped(self) -> Path:
        """Return the note that its user ends the run, no scheduler: it is there before the signal comes."""
        return self.path / "stopped"

    def attempt(self, number: int) -> Path:
        """Return the folder of an attempt."""
        return self.path / str(number)

    def log(self, number: int, rank: int = 0) -> Path:
        """Return the file of what a process printed."""
        return self.attempt(number) / f"rank-{rank}.log"

    def seen(self, number: int, rank: int = 0) -> Path:
        """Return the file of what was seen from within a process."""
        return self.attempt(number) / f"rank-{rank}.jsonl"

    def resources(self, number: int) -> Path:
        """Return the file of what was seen from without."""
        return self.attempt(number) / "resources.jsonl"

    def stacks(self, number: int, rank: int = 0) -> Path:
        """Return the file of where a process's threads stood."""
        return self.attempt(number) / f"stacks-{rank}.txt"

    def hosts(self, number: int) -> Path:
        """Return the file of what each rank is called after its host: `n1`, or `n1:0` of several."""
        return self.attempt(number) / "hosts.json"

    def host_log(self, number: int, host: str) -> Path:
        """Return the file of what was said on a host beside its ranks."""
        return self.attempt(number) / f"host-{quote(host, safe='@%')}.log"


def runs_folder(root: Path) -> Path:
    """Return the folder of all runs of a project."""
    return root / FOLDER / RUNS


def new_id(now: datetime | None = None) -> str:
    """Return a name for a run that begins now (UTC), in the order of time."""
    began = now or datetime.now(timezone.utc)
    return f"{began:%Y%m%d-%H%M%S}-{os.urandom(2).hex()}"


def run_folders(root: Path) -> list[RunFolder]:
    """Return the runs that have a record, oldest first."""
    folder = runs_folder(root)
    if not folder.is_dir():
        return []
    named = sorted(one for one in folder.iterdir() if ID.fullmatch(one.name))
    return [found for one in named if (found := RunFolder(one)).record.is_file()]
