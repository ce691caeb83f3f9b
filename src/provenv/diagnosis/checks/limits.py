"""What one process may have at once: open files, address space."""

from __future__ import annotations

from collections.abc import Iterator

from ...errors import text
from ...model.findings import Finding
from ..ground import Ground
from .advising import advice, wanted

GIB = 1 << 30
FILES = 4096
"""Open files that data loaders with several workers reach; 1024 is the usual soft limit of a shell."""
HEAVY = ("torch", "tensorflow", "tensorflow-cpu", "jaxlib", "mxnet", "paddlepaddle", "mindspore")
LOADERS = ("torch", "tensorflow", "tensorflow-cpu", "vllm", "ray")


def look(ground: Ground) -> Iterator[Finding]:
    """Yield limits that are too small for what is installed or declared."""
    assert ground.facts is not None
    facts, names = ground.facts, wanted(ground)
    files = facts.limits.open_files
    if files is not None and files < FILES and any(name in names for name in LOADERS):
        yield Finding(
            "few-open-files",
            "limits",
            "hurts" if files < 1024 else "better",
            what=text("doctor.limits.files", n=files),
            why=text("doctor.limits.files.why"),
            evidence=(text("doctor.limits.said", what="ulimit -n", value=files),),
            remedies=(advice("doctor.limits.raise", "ulimit -n 65536"),),
            subject="open_files",
            cause="ulimit-nofile",
        )
    space = facts.limits.address_space
    if space is not None and space < 64 * GIB and any(name in names for name in HEAVY):
        yield Finding(
            "little-address-space",
            "limits",
            "hurts",
            what=text("doctor.limits.space", limit_bytes=space),
            why=text("doctor.limits.space.why"),
            evidence=(text("doctor.limits.said", what="ulimit -v", value=space // 1024),),
            remedies=(advice("doctor.limits.raise", "ulimit -v unlimited"),),
            subject="address_space",
            cause="host-oom-killed",
        )
