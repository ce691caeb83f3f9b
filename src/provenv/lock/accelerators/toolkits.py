"""CUDA toolkits and cuDNN that lie on the machine: whether they matter to wheels that bring their own."""

from __future__ import annotations

from ...errors import text
from ...model.facts import Facts
from ...model.lock import Refusal
from ..builds import cuda_version, is_cuda

CONCERNED = ("cuda", "cudnn")


def beside(facts: Facts, build: str) -> tuple[Refusal, ...]:
    """Return for each toolkit why it was not used; it matters only to packages that compile.

    Nothing for other accelerators; the builds for Jetsons do use the machine's.
    """
    if not is_cuda(build):
        return ()
    cuda = cuda_version(build)
    found = []
    for one in facts.toolkits:
        if one.name not in CONCERNED:
            continue
        same = one.name == "cuda" and one.version.split(".")[:2] == cuda.split(".")
        key = "lock.accelerator.toolkit_active" if one.active else "lock.accelerator.toolkit"
        why = text("lock.accelerator.toolkit_same" if same else key, path=one.path, build=build, cuda=cuda)
        found.append(Refusal(f"{one.name} {one.version}".strip(), why))
    return tuple(found)
