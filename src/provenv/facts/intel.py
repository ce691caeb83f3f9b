"""The fact `intel`: Intel's GPUs, integrated ones too; what a build supports is the lock's matter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from .. import environ
from ..model.devices import Device, Devices, DeviceState
from . import container, pci
from .libraries import versions
from .pci import PciDevice
from .raw import Raw, fields
from .visible import chosen

Ask = dict[str, object]

FOLDERS = ("/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/lib", "/usr/local/lib64")
LOADER, DRIVER = "libze_loader.so", "libze_intel_gpu.so"
MASK = "ZE_AFFINITY_MASK"
INTEGRATED = ":00:02.0"
"""Where the processor's own display sits on the bus."""

ASKS: list[Ask] = [
    {"name": "intel.clinfo", "kind": "command", "argv": ["clinfo", "-l"], "systems": ["linux", "win32"]},
    {
        "name": "intel.xpu_smi",
        "kind": "command",
        "argv": ["xpu-smi", "discovery"],
        "systems": ["linux", "win32"],
    },
    {"name": "intel.sycl_ls", "kind": "command", "argv": ["sycl-ls"], "systems": ["linux", "win32"]},
    {
        "name": "intel.level_zero",
        "kind": "builtin",
        "builtin": "texts",
        "paths": [f"{folder}/{name}.*" for folder in FOLDERS for name in (LOADER, DRIVER)],
        "names_only": True,
        "systems": ["linux"],
        "how": f"{LOADER}, {DRIVER}",
    },
    {
        "name": "intel.environment",
        "kind": "builtin",
        "builtin": "environ",
        "names": [one.name for one in environ.VISIBLE_DEVICES if one.name == MASK],
        "how": "environment",
    },
]


@dataclass(frozen=True)
class Said:
    """What a tool tells of one GPU; `slot` on the bus where the tool knows it."""

    name: str
    slot: str = ""
    pci: str = ""
    memory: int | None = None


def read(raw: Raw) -> Devices:
    """Return Intel's GPUs: from the bus, with the names that the tools have; in WSL from the tools alone."""
    on_bus = [device for device in pci.devices(raw, pci.INTEL) if device.display]
    if any(device.name for device in on_bus):
        shown = [Device(number, one.name, "", one.memory, one.id) for number, one in enumerate(on_bus)]
        return Devices("ready", tuple(shown), on_bus[0].version)
    said = xpu_smi(raw.out("intel.xpu_smi"))
    names = sycl_ls(raw.out("intel.sycl_ls")) or clinfo(raw.out("intel.clinfo"))
    devices, masked = _masked(raw, _named(on_bus, said, names))
    state, detail = _state(raw, on_bus, bool(devices))
    found = versions(raw.texts("intel.level_zero"))
    return Devices(
        state,
        devices if state != "no-device" else (),
        found.get(DRIVER, ""),
        found.get(LOADER, ""),
        detail or masked,
    )


def _masked(raw: Raw, devices: tuple[Device, ...]) -> tuple[tuple[Device, ...], str]:
    """Return what ZE_AFFINITY_MASK (`0,1`, of halves `0.0`) leaves of cards that are all alike.

    It counts as Level Zero does, whose order of unlike cards nothing here tells: then it is only named.
    """
    mask = raw.mapping("intel.environment").get(MASK)
    if not isinstance(mask, str) or not mask:
        return devices, ""
    whole = ",".join(word.split(".")[0] for word in mask.split(","))
    alike = len({one.pci for one in devices}) == 1
    return (chosen(devices, whole) if alike else devices), f"{MASK}={mask}"


def _named(on_bus: Sequence[PciDevice], said: Sequence[Said], names: Sequence[str]) -> tuple[Device, ...]:
    """Return a Device for each GPU of the bus, with the name of the tool's GPU that it must be."""
    if not on_bus:
        told = said or [Said(name) for name in names]
        return tuple(Device(at, one.name, "", one.memory, one.pci) for at, one in enumerate(told))
    own = [one for one in names if _integrated(one)]
    cards = [one for one in names if not _integrated(one)]
    devices: list[Device] = []
    for device in sorted(on_bus, key=lambda one: one.slot.endswith(INTEGRATED)):
        match = next((one for one in said if one.slot and one.slot == device.slot), None)
        match = match or next((one for one in said if not one.slot and one.pci == device.id), None)
        queue = own if device.slot.endswith(INTEGRATED) else cards
        spare = queue.pop(0) if queue else names[0] if len(names) == len(on_bus) == 1 else ""
        name = match.name if match else spare or f"Intel {device.id}"
        devices.append(Device(len(devices), name, "", match.memory if match else None, device.id))
    return tuple(devices)


def _integrated(name: str) -> bool:
    """Tell a processor's own display by its name: a card's has a model (`Arc(TM) A770`, `Max 1550`)."""
    return re.search(r"\b(?:Arc(?:\(TM\))? (?:Pro )?[AB]\d{2,3}|Max|Flex|Data Center)\b", name, re.I) is None


def _state(raw: Raw, on_bus: Sequence[PciDevice], told: bool) -> tuple[DeviceState, str]:
    nodes = raw.nodes("pci.render")
    if not on_bus:
        return ("ready", "") if told else ("none", "")
    own = {device.render for device in on_bus if device.render}
    mine = [node for node in nodes if node.path in own]
    if not mine:
        if container.read(raw).kind:
            return "no-device", "/dev/dri"
        return "broken", " ".join(["PCI", on_bus[0].id, on_bus[0].driver]).strip()
    if not any(node.usable for node in mine):
        return "no-permission", ", ".join(dict.fromkeys(node.refusal for node in mine))
    found = versions(raw.texts("intel.level_zero"))
    missing = [name for name in (LOADER, DRIVER) if name not in found]
    return ("broken", ", ".join(missing)) if missing else ("ready", "")


def clinfo(printed: str) -> tuple[str, ...]:
    """Read `clinfo -l`: Intel's GPUs, each once though several OpenCL platforms may show it."""
    platforms = [
        [name.strip() for name in re.findall(r"Device #\d+:\s*(.+)", part)]
        for part in re.split(r"^\s*Platform #\d+:", printed, flags=re.M)[1:]
    ]
    lists = [[name for name in names if _is_gpu(name)] for names in platforms]
    # the platform that knows most of them, of equals Intel's own, which does not put Mesa before the name
    lists.sort(key=lambda names: (-len(names), any(name.startswith("Mesa") for name in names)))
    return tuple(_plain(name) for name in lists[0]) if lists else ()


def _is_gpu(name: str) -> bool:
    return "Intel" in name and re.search(r"Graphics|GPU|Arc", name) is not None


def _plain(name: str) -> str:
    """Return a name without what Mesa adds: `Mesa Intel(R) Arc(tm) A750 Graphics (DG2)`."""
    return re.sub(r"\s*\([A-Z0-9 ]{2,}\)$", "", name.removeprefix("Mesa ")).strip()


def sycl_ls(printed: str) -> tuple[str, ...]:
    """Read sycl-ls: the GPUs of the Level Zero backend, else those of OpenCL.

    `[level_zero:gpu][level_zero:0] Intel(R) oneAPI Unified Runtime over Level-Zero, NAME 12.55.8 [1.6.1]`;
    before 2024.2 `[ext_oneapi_level_zero:gpu:0] Intel(R) Level-Zero, NAME 1.3 [1.3.28044]`.
    """
    found: dict[str, list[str]] = {}
    for backend, rest in re.findall(r"^\[(?:ext_oneapi_)?(\w+):gpu[:\]](.*)$", printed, re.M):
        _, comma, name = rest.partition(", ")
        if comma and "Intel" in name:
            words = re.sub(r"\s+(?:OpenCL )?\d+\.\d+(?:\.\d+)?(?: NEO)?\s*(?:\[[^\]]*\])?\s*$", "", name)
            found.setdefault(backend, []).append(words.strip())
    return tuple(found.get("level_zero") or found.get("opencl") or ())


def xpu_smi(printed: str) -> tuple[Said, ...]:
    """Read `xpu-smi discovery`: a table with a number before each GPU, with or without its frame."""
    return tuple(_cards(printed))


def _cards(printed: str) -> Iterator[Said]:
    cards: list[list[str]] = []
    for line in printed.splitlines():
        match = re.match(r"^\|?\s{0,3}(\d+)?\s+\|?\s*([A-Z][^:|]*:\s.*?)\s*\|?$", line)
        if match and match[1] is not None:
            cards.append([])
        if match and cards:
            cards[-1].append(match[2])
    for card in cards:
        values = fields("\n".join(card))
        name = values.get("Device Name", "")
        if not name:
            continue
        device = re.search(r"0x([0-9a-f]{4})\b", values.get("PCI Device ID", "").lower())
        uuid = re.search(r"([0-9a-f]{4})8086$", values.get("SOC UUID", "").lower())
        number = device or uuid
        memory = re.search(r"([\d.]+)\s*MiB", values.get("Memory Physical Size", ""))
        said = Said(name, values.get("PCI BDF Address", "").lower(), f"8086:{number[1]}" if number else "")
        yield replace(said, memory=int(float(memory[1]) * (1 << 20))) if memory else said
