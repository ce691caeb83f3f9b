"""Everything that looks at a run while it goes on: what it uses, how far it is, what will hurt."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from queue import Empty, SimpleQueue

from ...errors import Problem, Text
from ...model.live_run import RunStatus, RunView
from ...model.resources import Alarm, Sample
from ...model.runs import Attempt, RunState
from ...runs.alarm_feed import AlarmFeed
from ...runs.alarms import Alarms
from ...runs.folder import RunFolder
from ...runs.job import Callbacks, Job
from ...runs.sampler import watch
from ...runs.shown import Shown
from ...runs.status import StatusFollower

EVERY = 1.0
"""Seconds between two looks."""


class Watcher:
    """Looks at one run. `callbacks` are for whoever supervises it, and work in that one thread.

    Samples are taken, and alarms found, in the background (see runs.sampler); they wait for the next look.
    Without a `folder` none are: the processes are elsewhere. `labels` are the names of ranks, where they have
    some.
    """

    def __init__(
        self,
        paths: RunFolder,
        view: RunView,
        job: Job,
        *,
        cores: float,
        folder: Path | None,
        labels: Mapping[int, str] | None = None,
    ) -> None:
        self.findings: list[Problem] = []
        self._paths, self._view, self._job, self._folder = paths, view, job, folder
        self._follower = StatusFollower(paths, attempts=job.retries + 1, processes=job.world)
        self._feed = AlarmFeed(Alarms(cores), self._files)
        self._alarms: SimpleQueue[Alarm] = SimpleQueue()
        self._sampling = ExitStack()
        self._number = 1
        self._shown = Shown(job.world, view.write, labels)

    def callbacks(self) -> Callbacks:
        """Return what a supervisor calls."""
        return Callbacks(
            said=self._shown,
            began=self._began,
            told=self._told,
            ended=self._ended,
            ticked=self._look,
            rows=lambda: self._view.rows,
            every=EVERY,
        )

    def close(self, state: RunState) -> None:
        """Take the last look, and leave the terminal as it was."""
        self._sampling.close()
        self.findings.extend(self._raised())
        self._shown.end()
        self._view.close(self._follower.now(time.time(), attempt=self._number, state=state))

    def _began(self, number: int, pids: tuple[int, ...]) -> None:
        self._number = number
        if self._folder is None:
            return
        sampler = self._sampling.enter_context(
            watch(
                lambda: pids,
                self._paths.resources(number),
                began=time.time(),
                folder=self._folder,
                environment=self._job.environment,
                tell=self._sampled,
            )
        )
        self._sampling.callback(lambda: self._find(sampler.problem))

    def _told(self, words: Text) -> None:
        self._view.note(words)

    def _ended(self, _attempt: Attempt) -> None:
        self._sampling.close()
        self._sampling = ExitStack()

    def _files(self) -> dict[int, Path]:
        return {rank: self._paths.seen(self._number, rank) for rank in range(self._job.world)}

    def _sampled(self, sample: Sample) -> None:
        """Take a sample, in the background."""
        for alarm in self._feed(sample):
            self._alarms.put(alarm)

    def _look(self) -> None:
        for problem in self._raised():
            self._view.note(problem.what)
            self.findings.append(problem)
        self._view.update(self._follower.now(time.time(), attempt=self._number))

    def _raised(self) -> Iterator[Problem]:
        while True:
            try:
                yield self._alarms.get_nowait().problem
            except Empty:
                return

    def _find(self, found: Problem | None) -> None:
        if found is not None:
            self.findings.append(found)


class Raw:
    """A view for callers that show nothing but what the processes print."""

    rows: int | None = None

    def write(self, stream: int, data: bytes) -> None:
        """Hand it on."""
        while data:
            data = data[os.write(stream, data) :]

    def note(self, words: Text) -> None:
        """Say nothing."""

    def update(self, status: RunStatus) -> None:
        """Show nothing."""

    def resized(self) -> None:
        """Nothing depends on it."""

    def close(self, status: RunStatus | None = None) -> None:
        """There is nothing to leave."""
