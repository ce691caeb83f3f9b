"""`exec` on a cluster: a command in the environment on one of its nodes, as if it ran here."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from ...lazy import load
from ...model.launch import Launch
from ..launch import as_ours, prepared_generation
from ..project import Project


def execute(
    project: Project, argv: Sequence[str], *, announce: Callable[[Launch], None], folder: str | None
) -> tuple[Launch, int]:
    """Run a command on a node that is taken for it; return how it ended, and its code.

    Raises Failure with 125: PV721 without an environment, PV1396 where no node is to be had.
    """
    ready = as_ours(lambda: prepared_generation(project))
    host = as_ours(lambda: load("app.slurm.prover")(project))
    begun = Launch(tuple(argv), ready.generation.number, findings=ready.prepared.findings)
    began = time.monotonic()
    try:
        announce(begun)
        place = os.path.abspath(folder) if folder is not None else str(project.root)
        code = as_ours(lambda: host.attached(argv, environment=ready.prepared.environment, folder=place))
    finally:
        host.close()
        os.close(ready.held)
    return replace(begun, code=code, seconds=time.monotonic() - began), code
