"""The fact `kvm`: whether virtual machines run with the processor's help here."""

from __future__ import annotations

from ..model.services import Kvm
from .raw import Raw, fields

ASKS: list[dict[str, object]] = [
    {
        "name": "kvm.node",
        "kind": "builtin",
        "builtin": "nodes",
        "paths": ["/dev/kvm"],
        "open": True,
        "apart": True,
        "systems": ["linux"],
        "how": "/dev/kvm",
    }
]


def read(raw: Raw) -> Kvm:
    """Return the state of /dev/kvm.

    On x86 the node may open while the processor has no virtualisation, or a hypervisor above keeps it:
    the flags vmx (Intel) and svm (AMD) tell; elsewhere the kernel makes the node only where it works.
    """
    nodes = raw.nodes("kvm.node")
    if not nodes:
        return "absent"
    flags = fields(raw.out("cpu.cpuinfo")).get("flags", "") or fields(raw.out("cpu.lscpu")).get("Flags", "")
    if flags and not {"vmx", "svm"} & set(flags.split()):
        return "absent"
    return "ready" if nodes[0].usable else "no-permission"
