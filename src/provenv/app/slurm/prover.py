"""One node of a cluster, taken for the time in which it tells its facts and proves an environment."""

from __future__ import annotations

import os
from dataclasses import dataclass

from ...errors import text
from ...hosts.slurm import SlurmHost
from ...model.slurm import SlurmOptions
from ...slurm.nodes import of_partition
from ...slurm.queue import named
from ...spec.slurm import seconds_of, shown_time
from ..project import Project
from ..runs.batch import waiting
from .target import options_of, possible

WAIT = 600.0
"""Seconds in which a node has to be had."""
LONGEST = 1800
"""The seconds that are asked for, at most: what is left of them is given back."""


def prover(project: Project) -> SlurmHost:
    """Return the node; it is taken when something is asked of it.

    Raises Failure: PV1398 where the target is no cluster; later PV1393 and PV1394 where it has no such nodes.
    """
    asking = _Asking(project, options_of(project, project.spec()))
    return SlurmHost(asking.options, environment=project.environment, wait=WAIT, waits=asking.waits)


@dataclass
class _Asking:
    """What salloc is asked for, and why it has to wait."""

    project: Project
    wanted: SlurmOptions
    said: str = ""

    @property
    def name(self) -> str:
        """Return the job's name: ours among those of one user."""
        return f"provenv-prove-{os.getpid()}"

    def options(self) -> list[str]:
        """Return salloc's options: one node as runs get them."""
        wanted = self.wanted
        found = possible(self.project, wanted)
        self.project.progress.note(text("slurm.prover.asking", target=self.project.target))
        limits = [seconds_of(one.limit) for one in of_partition(wanted, found)]
        seconds = min(filter(None, (LONGEST, seconds_of(wanted.time), *limits)))
        words = ["--nodes=1", f"--job-name={self.name}", f"--time={shown_time(seconds)}"]
        for name, value in (
            ("partition", wanted.partition),
            ("account", wanted.account),
            ("qos", wanted.qos),
            ("constraint", wanted.constraint),
            ("exclude", wanted.exclude),
            ("mem", wanted.memory),
            ("gres", ",".join(wanted.resources)),
            ("cpus-per-task", str(wanted.cpus_per_task or "")),
        ):
            if value:
                words.append(f"--{name}={value}")
        return words

    def waits(self) -> None:
        """Say why there is no node yet, where that is known and was not said."""
        job = named(self.project.host, self.name, self.project.environment)
        found = waiting(job)
        if job is None or found is None or job.reason in ("", self.said):
            return
        self.said = job.reason
        self.project.progress.note(found.what)
        if found.why is not None:
            self.project.progress.note(found.why)
