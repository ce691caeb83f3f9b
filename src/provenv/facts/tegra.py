"""NVIDIA's Tegra chips (Jetson): their GPU is on no bus, and nvidia-smi knows little of it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .raw import Node, Raw

ASKS: list[dict[str, object]] = [
    {
        "name": "tegra.compatible",
        "kind": "file",
        "path": "/proc/device-tree/compatible",
        "systems": ["linux"],
    },
    {
        "name": "tegra.nodes",
        "kind": "builtin",
        "builtin": "nodes",
        "paths": ["/dev/nvhost-gpu", "/dev/nvhost-ctrl-gpu", "/dev/nvgpu/igpu0/ctrl", "/dev/nvidia0"],
        "systems": ["linux"],
        "how": "/dev/nvhost-gpu, /dev/nvgpu, /dev/nvidia0",
    },
]


@dataclass(frozen=True)
class Chip:
    """One chip: what the CUDA driver calls its GPU, and that GPU's compute capability."""

    name: str
    capability: str


# `compatible` of the kernel's device trees -> the GPU; capabilities: NVIDIA's "CUDA GPUs" list for Jetson
CHIPS = {
    "tegra210": Chip("NVIDIA Tegra X1", "5.3"),
    "tegra186": Chip("NVIDIA Tegra X2", "6.2"),
    "tegra194": Chip("Xavier", "7.2"),
    "tegra234": Chip("Orin", "8.7"),
    "tegra264": Chip("NVIDIA Thor", "11.0"),
}


def chip(raw: Raw) -> Chip | None:
    """Return the chip that the device tree names (`nvidia,p3701-0005\\0nvidia,tegra234`), or None."""
    names = re.findall(r"nvidia,(tegra\d+)", raw.out("tegra.compatible"))
    return next((CHIPS[name] for name in names if name in CHIPS), None)


def nodes(raw: Raw) -> tuple[Node, ...]:
    """Return the GPU's device nodes; a container without the GPU sees the device tree, but none of these."""
    return raw.nodes("tegra.nodes")
