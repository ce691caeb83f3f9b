"""The probe's document -> Facts; pure."""

from __future__ import annotations

from collections.abc import Mapping

from ..model.facts import Facts
from . import (
    amd,
    apple,
    ascend,
    clouds,
    container,
    cpu,
    disks,
    engines,
    intel,
    kubernetes,
    kvm,
    limits,
    memory,
    network,
    nvidia,
    platform,
    pythons,
    slurm,
    toolkits,
    tools,
    tpu,
    variables,
)
from .raw import Raw


def read(raw: Mapping[str, object]) -> Facts:
    """Return the Facts that a probe's document tells; what it does not tell keeps its default."""
    said = Raw.of(raw)
    cards = nvidia.read(said)
    return Facts(
        platform=platform.read(said),
        cpu=cpu.read(said),
        memory=memory.read(said),
        disks=disks.read(said),
        limits=limits.read(said),
        container=container.read(said),
        nvidia=cards,
        pythons=pythons.read(said),
        tools=tools.read(said),
        network=network.read(said),
        amd=amd.read(said),
        intel=intel.read(said),
        apple=apple.read(said),
        ascend=ascend.read(said),
        tpu=tpu.read(said),
        toolkits=toolkits.read(said),
        engines=engines.read(said),
        kvm=kvm.read(said),
        kubernetes=kubernetes.read(said),
        slurm=slurm.read(said),
        clouds=clouds.read(said),
        variables=variables.read(said),
        sources=said.sources() + nvidia.derived(said, cards),
        host=str(said.mapping("platform.system").get("node") or ""),
    )
