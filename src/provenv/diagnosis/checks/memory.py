"""Memory that is too small for what is installed: shared memory, and the machine's own."""

from __future__ import annotations

from collections.abc import Iterator

from ...errors import text
from ...model.diagnosis import Advice
from ...model.findings import Finding
from ..ground import Ground
from .common import advice, joined, used

MIB, GIB = 1 << 20, 1 << 30
# what hands tensors from process to process through /dev/shm
SHARING = frozenset(
    ("torch", "paddlepaddle", "paddlepaddle-gpu", "mxnet", "ray", "vllm", "sglang", "deepspeed", "jax")
)
HEAVY = SHARING | {"tensorflow", "tensorflow-cpu", "transformers", "diffusers"}
SMALL_SHM = 512 * MIB
TIGHT = 2 * GIB


def look(ground: Ground) -> Iterator[Finding]:
    """Yield what is too small; nothing where nothing of the project needs it."""
    assert ground.facts is not None
    memory, names = ground.facts.memory, used(ground)
    sharing = sorted(names & SHARING)
    if sharing and memory.shm_total is not None and memory.shm_total < SMALL_SHM:
        yield Finding(
            "shm-small",
            "memory",
            "hurts",
            what=text("doctor.memory.shm", size_bytes=memory.shm_total),
            why=text("doctor.memory.shm.why", names=joined(sharing)),
            remedies=tuple(_shared(ground)),
            subject="/dev/shm",  # noqa: S108 - its name
            cause="shm-too-small",
        )
    elif (
        sharing
        and memory.shm_total
        and memory.shm_free is not None
        and memory.shm_free < memory.shm_total // 20
    ):
        yield Finding(
            "shm-full",
            "memory",
            "hurts",
            what=text("doctor.memory.shm_full", free_bytes=memory.shm_free, size_bytes=memory.shm_total),
            why=text("doctor.memory.shm_full.why"),
            remedies=(advice(text("doctor.memory.shm_list"), "ls -l -S /dev/shm"),),
            subject="/dev/shm",  # noqa: S108 - its name
            cause="shm-too-small",
        )
    heavy = sorted(names & HEAVY)
    room = memory.available + (memory.swap if memory.swap else 0)
    if heavy and memory.total and room < TIGHT:
        limited = memory.granted < memory.total
        yield Finding(
            "memory-tight",
            "memory",
            "hurts",
            what=text(
                "doctor.memory.tight",
                free_bytes=memory.available,
                granted_bytes=memory.granted or memory.total,
            ),
            why=text("doctor.memory.tight.why", names=joined(heavy)),
            evidence=(text("doctor.memory.swap", size_bytes=memory.swap),)
            + ((text("doctor.memory.limited", total_bytes=memory.total),) if limited else ()),
            remedies=tuple(_more(ground, limited=limited)),
            cause="host-oom-killed",
        )


def _shared(ground: Ground) -> Iterator[Advice]:
    assert ground.facts is not None
    kind = ground.facts.container.kind
    if kind == "kubernetes":
        yield advice(text("doctor.memory.shm_pod"))
    elif kind:
        engine = "podman" if kind == "podman" else "docker"
        yield advice(text("doctor.memory.shm_container"), f"{engine} run --shm-size=8g ...")
    else:
        yield advice(text("doctor.memory.shm_mount"), "mount -o remount,size=8G /dev/shm", root=True)
    yield advice(text("doctor.memory.workers"))


def _more(ground: Ground, *, limited: bool) -> Iterator[Advice]:
    assert ground.facts is not None
    container = ground.facts.container
    yield advice(text("doctor.memory.who"), "ps aux --sort=-rss | head")
    if limited and container.kind:
        yield advice(text("doctor.memory.raise_limit"))
    elif container.wsl:
        yield advice(text("doctor.memory.wsl"), "wsl.exe --shutdown")
    elif not ground.facts.memory.swap and not container.kind and ground.facts.platform.system == "linux":
        yield advice(
            text("doctor.memory.add_swap"),
            "fallocate -l 8G /swapfile",
            "chmod 600 /swapfile",
            "mkswap /swapfile",
            "swapon /swapfile",
            root=True,
        )
