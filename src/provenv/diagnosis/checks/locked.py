"""Locked memory for RDMA, and how many files can be watched."""

from __future__ import annotations

from collections.abc import Iterator

from ...errors import text
from ...model.findings import Finding
from ..ground import Ground
from .advising import wanted
from .common import advice, joined

WATCHING = frozenset(("watchdog", "watchfiles", "streamlit", "jupyterlab", "gradio", "tensorboard"))
FEW_WATCHES = 16384


def look(ground: Ground) -> Iterator[Finding]:
    """Yield the limits that are too low for the packages of this project."""
    assert ground.facts is not None
    limits, names, around = ground.facts.limits, wanted(ground), ground.surroundings
    locked = limits.locked_memory
    if (
        around is not None
        and around.rdma
        and locked is not None
        and names & {"torch", "mpi4py", "horovod", "jax"}
    ):
        engine = ground.facts.container.kind
        yield Finding(
            "locked-memory-low",
            "limits",
            "hurts",
            what=text("doctor.kernel.locked", size_bytes=locked),
            why=text("doctor.kernel.locked.why"),
            remedies=(
                advice(text("doctor.kernel.locked.container"), "docker run --ulimit memlock=-1:-1 ...")
                if engine
                else advice(text("doctor.kernel.locked.shell"), "ulimit -l unlimited"),
            ),
            subject="RLIMIT_MEMLOCK",
            cause="collective-timeout",
        )
    watching = sorted(names & WATCHING)
    watches = around.inotify_watches if around else None
    if watching and watches is not None and watches < FEW_WATCHES:
        yield Finding(
            "inotify-low",
            "limits",
            "better",
            what=text("doctor.kernel.watches", n=watches),
            why=text("doctor.kernel.watches.why", names=joined(watching)),
            remedies=(advice(None, "sysctl fs.inotify.max_user_watches=524288", root=True),),
            subject="fs.inotify.max_user_watches",
            cause="ulimit-nofile",
        )
