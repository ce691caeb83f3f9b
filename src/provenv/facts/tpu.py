"""The fact `tpu`: Google's TPUs that are attached to this machine."""

from __future__ import annotations

import re

from .. import environ
from ..model.devices import Device, Devices, DeviceState
from . import container, pci
from .raw import Raw
from .visible import chosen

# PCI device numbers: jax/_src/hardware_utils.py of JAX (read 2026-11); 0027 is v2 and v3 alike
KINDS = {
    "0027": "v3",
    "005e": "v4",
    "0062": "v5p",
    "0063": "v5e",
    "006f": "v6e",
    "0076": "7x",
    "0083": "8i",
    "007c": "8t",
}
TYPES = {"v5litepod": "v5e", "v5lite": "v5e", "tpu7x": "7x"}
"""How TPU_ACCELERATOR_TYPE (`v5litepod-8`) spells some kinds."""

VISIBLE = "TPU_VISIBLE_CHIPS"

ASKS: list[dict[str, object]] = [
    {
        "name": "tpu.nodes",
        "kind": "builtin",
        "builtin": "nodes",
        # not opened: a chip belongs to one process at a time
        "paths": ["/dev/accel[0-9]*", "/dev/accel/accel[0-9]*", "/dev/vfio/[0-9]*"],
        "systems": ["linux"],
        "how": "/dev/accel*, /dev/vfio/*",
    },
    {
        "name": "tpu.environment",
        "kind": "builtin",
        "builtin": "environ",
        "names": [*(one.name for one in environ.TPU), VISIBLE],
        "how": "environment",
    },
]


def read(raw: Raw) -> Devices:
    """Return the TPU chips; the metadata server is not asked."""
    chips = [one for one in pci.devices(raw, pci.GOOGLE) if one.id.partition(":")[2] in KINDS]
    said = raw.mapping("tpu.environment")
    named = kind(str(said.get("TPU_ACCELERATOR_TYPE") or ""))
    nodes = raw.nodes("tpu.nodes")
    if not chips and not (named and nodes):
        return Devices("no-device", detail=str(said["TPU_ACCELERATOR_TYPE"])) if named else Devices()
    kinds = [_kind(one, named) for one in chips] or [named] * len(nodes)
    ids = [one.id for one in chips] or [""] * len(nodes)
    devices = tuple(
        Device(at, f"TPU {name}", name, None, number)
        for at, (name, number) in enumerate(zip(kinds, ids, strict=True))
    )
    if isinstance(said.get(VISIBLE), str):
        devices = chosen(devices, str(said[VISIBLE]))
    state, detail = _state(raw)
    return Devices(state, devices if state != "no-device" else (), "", "", detail)


def _kind(chip: pci.PciDevice, named: str) -> str:
    told = KINDS[chip.id.partition(":")[2]]
    # v2 and v3 have one number; the environment may tell which
    return named if told == "v3" and named in ("v2", "v3") else told


def kind(accelerator: str) -> str:
    """Return `v5e` of an accelerator type such as `v5litepod-8`; empty for what is none."""
    match = re.fullmatch(r"(tpu\w+|v\d\w*)-\d+", accelerator.strip().lower())
    return TYPES.get(match[1], match[1]) if match else ""


def _state(raw: Raw) -> tuple[DeviceState, str]:
    """Tell whether a program gets to the chips; an image of another kind of TPU makes no nodes for them."""
    nodes = raw.nodes("tpu.nodes")
    if not nodes:
        where = "/dev/accel*, /dev/vfio/*"
        return ("no-device" if container.read(raw).kind else "broken"), where
    if not any(node.usable for node in nodes):
        return "no-permission", nodes[0].refusal
    return "ready", ""
