"""Limits of processes and of the kernel that what is installed will meet."""

from __future__ import annotations

from collections.abc import Iterator

from ...errors import text
from ...model.diagnosis import Advice
from ...model.findings import Finding
from ..ground import Ground
from .common import advice, joined, used

# what opens a file or socket for each worker, actor or request
MANY = frozenset(
    ("ray", "vllm", "sglang", "horovod", "dask", "distributed", "chromadb", "pymilvus", "mpi4py")
)
FRAMEWORKS = frozenset(("torch", "tensorflow", "datasets", "jax"))
WATCHING = frozenset(("watchdog", "watchfiles", "streamlit", "jupyterlab", "gradio", "tensorboard"))
FEW = 1024
WANTED = 65535
FEW_WATCHES = 16384


def look(ground: Ground) -> Iterator[Finding]:
    """Yield the limits that are too low for the packages of this project."""
    assert ground.facts is not None
    limits, names, around = ground.facts.limits, used(ground), ground.surroundings
    many, plain = sorted(names & MANY), sorted(names & FRAMEWORKS)
    files = limits.open_files
    if files is not None and ((many and files <= FEW) or (plain and files < FEW)):
        hard = around.hard_open_files if around else None
        yield Finding(
            "open-files-low",
            "limits",
            "hurts",
            what=text("doctor.limits.files", n=files),
            why=text("doctor.limits.files.why", names=joined(many or plain)),
            evidence=(text("doctor.limits.hard", hard=hard),) if hard is not None else (),
            remedies=tuple(_raised(ground, hard)),
            subject="RLIMIT_NOFILE",
            cause="ulimit-nofile",
        )
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
            what=text("doctor.limits.locked", size_bytes=locked),
            why=text("doctor.limits.locked.why"),
            remedies=(
                advice(text("doctor.limits.locked.container"), "docker run --ulimit memlock=-1:-1 ...")
                if engine
                else advice(text("doctor.limits.locked.shell"), "ulimit -l unlimited"),
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
            what=text("doctor.limits.watches", n=watches),
            why=text("doctor.limits.watches.why", names=joined(watching)),
            remedies=(advice(None, "sysctl fs.inotify.max_user_watches=524288", root=True),),
            subject="fs.inotify.max_user_watches",
            cause="ulimit-nofile",
        )


def _raised(ground: Ground, hard: int | None) -> Iterator[Advice]:
    assert ground.facts is not None
    reachable = WANTED if hard is None else min(WANTED, hard)
    if hard is None or hard > (ground.facts.limits.open_files or 0):
        yield advice(text("doctor.limits.files.shell"), f"ulimit -n {reachable}")
    if hard is not None and hard < WANTED:
        if ground.facts.container.kind:
            yield advice(
                text("doctor.limits.files.container"), f"docker run --ulimit nofile={WANTED}:{WANTED} ..."
            )
        elif ground.facts.platform.system == "linux":
            line = f"* - nofile {WANTED}"
            yield advice(
                text("doctor.limits.files.for_good"),
                f"sh -c 'echo \"{line}\" >> /etc/security/limits.conf'",
                root=True,
            )
