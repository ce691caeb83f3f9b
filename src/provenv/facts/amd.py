"""The fact `amd`: AMD's GPUs, as ROCm would use them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from .. import environ
from ..model.devices import Device, Devices, DeviceState
from . import container, pci, rocm
from .raw import Node, Raw, whole
from .rocm import Agent
from .visible import chosen

Ask = dict[str, object]

NODES = "/sys/class/kfd/kfd/topology/nodes/*"
OVERRIDE = "HSA_OVERRIDE_GFX_VERSION"
SWITCH = "HSA_ENABLE_DXG_DETECTION"


def _command(name: str, *argv: str, **more: object) -> Ask:
    return {"name": f"amd.{name}", "kind": "command", "argv": [*argv], "systems": ["linux"], **more}


ASKS: list[Ask] = [
    {
        "name": "amd.kfd",
        "kind": "builtin",
        "builtin": "nodes",
        "paths": ["/dev/kfd"],
        "open": True,
        "apart": True,
        "systems": ["linux"],
        "how": "/dev/kfd",
    },
    {
        "name": "amd.topology",
        "kind": "builtin",
        "builtin": "texts",
        "paths": [f"{NODES}/properties", f"{NODES}/mem_banks/*/properties"],
        "apart": True,
        "systems": ["linux"],
        "how": NODES,
    },
    {
        "name": "amd.module",
        "kind": "builtin",
        "builtin": "texts",
        "paths": ["/sys/module/amdgpu/version", "/sys/module/amdgpu"],
        "systems": ["linux"],
        "how": "/sys/module/amdgpu",
    },
    {
        "name": "amd.release",
        "kind": "builtin",
        "builtin": "texts",
        "paths": ["/opt/rocm/.info/version", "/opt/rocm-*/.info/version"],
        "systems": ["linux"],
        "how": "/opt/rocm/.info/version",
    },
    _command("rocminfo", "rocminfo"),
    # in WSL newer releases look for the GPU only where this is set
    _command("rocminfo_dxg", "rocminfo", environment={SWITCH: "1"}),
    _command("enumerator", "rocm_agent_enumerator"),
    _command("static", "amd-smi", "static", "--json"),
    _command("text", "amd-smi", "static"),
    _command("smi", "rocm-smi", "--showproductname", "--showid", "--showmeminfo", "vram", "--json"),
    {
        "name": "amd.environment",
        "kind": "builtin",
        "builtin": "environ",
        "names": [one.name for one in environ.VISIBLE_DEVICES if one.name.startswith(("HIP", "ROCR", "HSA"))],
        "how": "environment",
    },
]


def read(raw: Raw) -> Devices:
    """Return AMD's devices: those that ROCR_VISIBLE_DEVICES and HIP_VISIBLE_DEVICES leave to a program."""
    on_bus = [device for device in pci.devices(raw, pci.AMD) if device.display]
    if any(device.name for device in on_bus):
        return _windows(on_bus)
    told, driver = rocm.amd_smi(raw.out("amd.static") or raw.out("amd.text"))
    driver = _version(raw, "amd.module") or driver
    agents, hidden_switch = _agents(raw, told)
    state, detail = _state(raw, agents, on_bus)
    if hidden_switch and state == "ready":
        state, detail = "broken", f"{SWITCH}=1"
    shown, filtered = _visible(raw, agents)
    devices = tuple(
        Device(
            index, agent.name or agent.architecture or "AMD GPU", agent.architecture, agent.memory, agent.pci
        )
        for index, agent in enumerate(shown)
    )
    if state == "no-device":
        devices = ()
    return Devices(state, devices, driver, _version(raw, "amd.release"), detail or filtered)


def _agents(raw: Raw, told: tuple[Agent, ...]) -> tuple[tuple[Agent, ...], bool]:
    """Return each GPU as well as any source tells it, and whether only the switch for WSL shows them.

    What the runtime lists leads: it is what programs get; the kernel's list and the tools add what it lacks.
    """
    plain, switched = rocm.rocminfo(raw.out("amd.rocminfo")), rocm.rocminfo(raw.out("amd.rocminfo_dxg"))
    sources = [
        plain or switched,
        rocm.topology(raw.texts("amd.topology")),
        told,
        rocm.rocm_smi(raw.out("amd.smi")),
        rocm.enumerator(raw.out("amd.enumerator")),
    ]
    leading = next((source for source in sources if source), ())
    agents = []
    for index, first in enumerate(leading):
        agent = first
        for source in sources:
            agent = _filled(agent, _same(agent, index, source, len(leading)))
        agents.append(agent)
    override = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)", str(raw.mapping("amd.environment").get(OVERRIDE) or ""))
    if override:
        number = int(override[1]) * 10000 + int(override[2]) * 100 + int(override[3])
        agents = [replace(agent, architecture=rocm.gfx(number)) for agent in agents]
    return tuple(agents), bool(switched) and not plain


def _same(agent: Agent, index: int, source: Sequence[Agent], count: int) -> Agent:
    """Return the same GPU in another source: by its place on the bus, else by its number."""
    by_slot = next((one for one in source if agent.slot and one.slot == agent.slot), None)
    if by_slot is not None:
        return by_slot
    fits = len(source) == count and not (agent.slot and source[index].slot)
    return source[index] if fits else agent


def _filled(agent: Agent, other: Agent) -> Agent:
    return Agent(
        agent.name or other.name,
        agent.architecture or other.architecture,
        agent.memory or other.memory,
        agent.slot or other.slot,
        agent.pci or other.pci,
    )


def _visible(raw: Raw, agents: tuple[Agent, ...]) -> tuple[tuple[Agent, ...], str]:
    """Return what the variables leave; rocminfo has obeyed the first of them already."""
    said = raw.mapping("amd.environment")
    names = ["HIP_VISIBLE_DEVICES"]
    if not rocm.rocminfo(raw.out("amd.rocminfo")):
        names.insert(0, "ROCR_VISIBLE_DEVICES")
    for name in names:
        if isinstance(said.get(name), str):
            agents = chosen(agents, str(said[name]))
    words = [f"{name}={said[name]}" for name in (*names, OVERRIDE) if isinstance(said.get(name), str)]
    return agents, " ".join(words)


def _state(raw: Raw, agents: tuple[Agent, ...], on_bus: Sequence[pci.PciDevice]) -> tuple[DeviceState, str]:
    kfd, render = raw.nodes("amd.kfd"), raw.nodes("pci.render")
    window = [node for node in render if node.path == "/dev/dxg"]
    own = {device.render for device in on_bus if device.render}
    if not kfd and window:
        return _answered(raw, agents) if agents else ("none", "")
    if not kfd:
        return _without_kfd(raw, agents, on_bus)
    if not agents and not on_bus:
        # the module is there in a container, or on a machine whose GPU is not one that it can compute on
        return ("no-device", "") if raw.texts("amd.release") else ("none", "")
    closed = [node for node in kfd if not node.usable]
    # of the render nodes one has to be open; where the bus is not seen, any
    nodes = [node for node in render if node not in window and (not own or node.path in own)]
    closed += nodes if nodes and not any(node.usable for node in nodes) else []
    if closed:
        return "no-permission", _refused(closed)
    return _answered(raw, agents) if agents else ("broken", f"PCI {on_bus[0].id}")


def _without_kfd(
    raw: Raw, agents: tuple[Agent, ...], on_bus: Sequence[pci.PciDevice]
) -> tuple[DeviceState, str]:
    """Tell why nothing can compute: a container sees the bus and the topology of its host."""
    if container.read(raw).kind:
        return ("no-device", "/dev/kfd") if agents or raw.texts("amd.release") else ("none", "")
    if on_bus:
        return "broken", " ".join(["PCI", on_bus[0].id, on_bus[0].driver]).strip()
    there = raw.texts("amd.release") or _version(raw, "amd.module")
    return ("no-device", "") if there else ("none", "")


def _answered(raw: Raw, agents: tuple[Agent, ...]) -> tuple[DeviceState, str]:
    """Tell whether the runtime, where it is installed, finds what the kernel has."""
    failed = raw.outcome("amd.rocminfo") in ("failed", "timeout")
    if failed and not rocm.rocminfo(raw.out("amd.rocminfo_dxg")):
        words = [line.strip() for line in raw.printed("amd.rocminfo").splitlines() if line.strip()]
        return "broken", f"rocminfo: {words[-1][:200]}" if words else "rocminfo"
    return "ready", ""


def _refused(closed: Sequence[Node]) -> str:
    return ", ".join(dict.fromkeys(node.refusal for node in closed))


def _version(raw: Raw, name: str) -> str:
    """Return the version in the first file that has one: `6.4.1-83`, of the driver `6.12.12`."""
    for file in raw.texts(name):
        match = re.match(r"\s*(\d+(?:\.\d+)+)", file.text)
        if match:
            return match[1]
    return ""


def _windows(on_bus: Sequence[pci.PciDevice]) -> Devices:
    """Return the adapters that Windows lists; its registry knows no gfx number."""
    devices = tuple(
        Device(index, one.name, "", whole(one.memory), one.id) for index, one in enumerate(on_bus)
    )
    return Devices("ready", devices, on_bus[0].version)
