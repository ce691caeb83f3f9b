"""Memory that processes share: /dev/shm is too small or full for what is installed."""

from __future__ import annotations

from collections.abc import Iterator

from ...errors import text
from ...model.diagnosis import Advice
from ...model.findings import Finding
from ..ground import Ground
from .advising import wanted
from .common import advice, joined

MIB = 1 << 20
# what hands tensors from process to process through /dev/shm
SHARING = frozenset(
    ("torch", "paddlepaddle", "paddlepaddle-gpu", "mxnet", "ray", "vllm", "sglang", "deepspeed", "jax")
)
SMALL_SHM = 512 * MIB


def look(ground: Ground) -> Iterator[Finding]:
    """Yield what is too small; nothing where nothing of the project needs it."""
    assert ground.facts is not None
    memory, names = ground.facts.memory, wanted(ground)
    sharing = sorted(names & SHARING)
    if sharing and memory.shm_total is not None and memory.shm_total < SMALL_SHM:
        yield Finding(
            "shm-small",
            "memory",
            "hurts",
            what=text("doctor.shm.shm", size_bytes=memory.shm_total),
            why=text("doctor.shm.shm.why", names=joined(sharing)),
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
            what=text("doctor.shm.shm_full", free_bytes=memory.shm_free, size_bytes=memory.shm_total),
            why=text("doctor.shm.shm_full.why"),
            remedies=(advice(text("doctor.shm.shm_list"), "ls -l -S /dev/shm"),),
            subject="/dev/shm",  # noqa: S108 - its name
            cause="shm-too-small",
        )


def _shared(ground: Ground) -> Iterator[Advice]:
    assert ground.facts is not None
    kind = ground.facts.container.kind
    if kind == "kubernetes":
        yield advice(text("doctor.shm.shm_pod"))
    elif kind:
        engine = "podman" if kind == "podman" else "docker"
        yield advice(text("doctor.shm.shm_container"), f"{engine} run --shm-size=8g ...")
    else:
        yield advice(text("doctor.shm.shm_mount"), "mount -o remount,size=8G /dev/shm", root=True)
    yield advice(text("doctor.shm.workers"))
