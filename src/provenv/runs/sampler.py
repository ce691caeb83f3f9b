"""Samples a group once a second in the background, and writes `resources.jsonl` as long as there is room."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import Hint, Problem, problem, text, verbatim
from ..model.resources import Sample
from ..model.runs import Peaks
from .gpus import Gpus
from .quiet_thread import quiet_thread
from .sample_lines import line_of
from .sampling import Sampling, higher

PATIENCE = 2.0
"""Seconds that a look that stands still in the kernel is waited for in the end."""


class SampleFile:
    """A file that takes whole lines; the first that does not fit is taken back, and is the last."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problem: Problem | None = None
        self._handle: int | None = None
        try:
            self._handle = os.open(
                path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0), 0o644
            )
        except OSError as error:
            self._refuse(error)

    def write(self, line: bytes) -> None:
        """Write a line, or note why no more are written (`problem`, PV1229)."""
        if self._handle is None:
            return
        size = os.fstat(self._handle).st_size
        written = 0
        try:
            while written < len(line):
                written += os.write(self._handle, line[written:])
        except OSError as error:
            with suppress(OSError):
                if written:
                    os.ftruncate(self._handle, size)
            self.close()
            self._refuse(error)

    def close(self) -> None:
        """Close the file; more lines are not taken."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _refuse(self, error: OSError) -> None:
        self.problem = problem(
            "PV1229",
            why=verbatim(error.strerror or str(error)),
            hints=(Hint(text("PV1229.hint"), f"df -h {self.path.parent}"),),
            severity="warning",
            path=str(self.path),
        )


@dataclass
class Sampler:
    """What a watched group used so far: the last sample, the most of each, why nothing more is written."""

    file: SampleFile
    latest: Sample | None = None
    peaks: Peaks = Peaks()
    _stop: threading.Event = field(default_factory=threading.Event)

    @property
    def problem(self) -> Problem | None:
        """Return why samples are not written any more (PV1229); None while they are."""
        return self.file.problem

    def take(self, sample: Sample) -> None:
        """Keep a sample and write it."""
        self.latest = sample
        self.peaks = higher(self.peaks, sample)
        self.file.write(line_of(sample))


@contextmanager
def watch(
    pids: Callable[[], Sequence[int]],
    path: Path,
    *,
    began: float,
    every: float = 1.0,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    tell: Callable[[Sample], None] | None = None,
) -> Iterator[Sampler]:
    """Sample the group that `pids` begins with, every so many seconds until the block is left, and once then.

    `pids` are those of the group's first processes that live; `began` is when they did, in seconds since the
    epoch. Lines are appended to `path`; the disk of `folder` is looked at (that of `path`, if not given).
    `environment` is that of the run: it says which GPUs are seen. `tell` gets every sample, in the background
    thread. Nothing that goes wrong here ends the run: `Sampler.problem` says what is not written.
    """
    gpus = Gpus(os.environ if environment is None else environment)
    sampling = Sampling(folder or path.parent, gpus, began)
    sampler = Sampler(SampleFile(path))

    def look() -> None:
        sample = sampling.sample(pids())
        sampler.take(sample)
        if tell is not None:
            tell(sample)

    def look_on() -> None:
        due = time.monotonic()
        while not sampler._stop.wait(max(0.0, due - time.monotonic())):
            look()
            due = max(due + every, time.monotonic())
        look()

    gpus.start()
    thread = quiet_thread(look_on, "resources")
    try:
        yield sampler
    finally:
        sampler._stop.set()
        gpus.end()
        thread.join(PATIENCE)
        if not thread.is_alive():
            sampler.file.close()
