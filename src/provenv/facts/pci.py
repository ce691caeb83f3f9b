"""The display controllers and accelerators on the PCI bus (on Windows: the registry's display adapters)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .raw import Raw, whole

AMD, INTEL, NVIDIA, GOOGLE, HUAWEI = "1002", "8086", "10de", "1ae0", "19e5"
"""PCI vendor numbers, as the PCI-SIG assigned them."""

ASKS: list[dict[str, object]] = [
    {
        "name": "pci.devices",
        "kind": "builtin",
        "builtin": "pci",
        "vendors": [GOOGLE],
        "apart": True,
        "systems": ["linux", "win32"],
        "how": "/sys/bus/pci/devices",
    },
    {
        "name": "pci.render",
        "kind": "builtin",
        "builtin": "nodes",
        "paths": ["/dev/dri/renderD*", "/dev/dxg"],
        "open": True,
        "apart": True,
        "systems": ["linux"],
        "how": "/dev/dri",
    },
]


@dataclass(frozen=True)
class PciDevice:
    """One device. `id` is `vendor:device`, `render` its node below /dev/dri; Windows adds name and memory."""

    id: str
    kind: str = ""
    slot: str = ""
    subsystem: str = ""
    driver: str = ""
    render: str = ""
    name: str = ""
    version: str = ""
    memory: int | None = None

    @property
    def display(self) -> bool:
        """Tell whether it is a display controller (class 03), not a processing accelerator (class 12)."""
        return self.kind.startswith("0x03") or not self.kind


def devices(raw: Raw, vendor: str) -> tuple[PciDevice, ...]:
    """Return the devices of one vendor, in the order of the bus."""
    found = [entry for entry in raw.sequence("pci.devices") if isinstance(entry, Mapping)]
    return tuple(
        PciDevice(
            id=str(entry.get("id") or "").lower(),
            kind=str(entry.get("class") or ""),
            slot=str(entry.get("slot") or ""),
            subsystem=str(entry.get("subsystem") or ""),
            driver=str(entry.get("driver") or ""),
            render=str(entry.get("render") or ""),
            name=str(entry.get("name") or ""),
            version=str(entry.get("version") or ""),
            memory=whole(entry.get("memory")),
        )
        for entry in found
        if str(entry.get("id") or "").lower().startswith(f"{vendor}:")
    )
