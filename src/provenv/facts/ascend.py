"""The fact `ascend`: Huawei's NPUs, as CANN would use them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .. import environ
from ..model.devices import Device, Devices, DeviceState
from . import container, pci
from .libraries import key
from .raw import Raw, whole
from .visible import chosen

MIB = 1 << 20
VISIBLE = "ASCEND_RT_VISIBLE_DEVICES"

# PCI device numbers, as Huawei's Ascend device plug-in for Kubernetes tells its chips apart (from memory)
CHIPS = {"d100": "310", "d500": "310P", "d801": "910", "d802": "910B", "d803": "910_93"}

ASKS: list[dict[str, object]] = [
    {"name": "ascend.smi", "kind": "command", "argv": ["npu-smi", "info"], "systems": ["linux"]},
    {
        "name": "ascend.nodes",
        "kind": "builtin",
        "builtin": "nodes",
        # a chip is not opened: it may be another program's alone
        "paths": ["/dev/davinci[0-9]*"],
        "systems": ["linux"],
        "how": "/dev/davinci*",
    },
    {
        "name": "ascend.driver",
        "kind": "builtin",
        "builtin": "texts",
        "paths": ["/usr/local/Ascend/driver/version.info"],
        "systems": ["linux"],
        "how": "/usr/local/Ascend/driver/version.info",
    },
    {
        "name": "ascend.cann",
        "kind": "builtin",
        "builtin": "texts",
        "paths": [
            "/usr/local/Ascend/ascend-toolkit/latest/*/ascend_toolkit_install.info",
            "/usr/local/Ascend/ascend-toolkit/latest/version.cfg",
            "/usr/local/Ascend/cann/*/ascend_toolkit_install.info",
            "/usr/local/Ascend/cann*/*/ascend_*_install.info",
            "/usr/local/Ascend/nnrt/latest/*/ascend_nnrt_install.info",
            "~/Ascend/ascend-toolkit/latest/*/ascend_toolkit_install.info",
        ],
        "systems": ["linux"],
        "how": "/usr/local/Ascend/ascend-toolkit/latest",
    },
    {
        "name": "ascend.environment",
        "kind": "builtin",
        "builtin": "environ",
        "names": [one.name for one in environ.VISIBLE_DEVICES if one.name == VISIBLE],
        "how": "environment",
    },
]

FAILURES = ("dcmi", "drv", "failed", "error", "permission")


@dataclass(frozen=True)
class Chip:
    """One chip of npu-smi's table; memory in bytes, `number` the one that programs count by."""

    number: int
    name: str
    health: str = ""
    slot: str = ""
    memory: int | None = None
    card: int = 0


def read(raw: Raw) -> Devices:
    """Return Huawei's NPUs: those that ASCEND_RT_VISIBLE_DEVICES leaves."""
    chips, version = table(raw.out("ascend.smi"))
    on_bus = pci.devices(raw, pci.HUAWEI)
    boards = [one for one in on_bus if one.id.partition(":")[2] in CHIPS]
    nodes = raw.nodes("ascend.nodes")
    if not chips and nodes:
        # npu-smi is the driver's tool, which a container may lack
        kind = CHIPS[boards[0].id.partition(":")[2]] if boards else ""
        chips = tuple(Chip(at, f"Ascend {kind}".strip(), memory=None) for at in range(len(nodes)))
    slots = {one.slot: one.id for one in boards}
    said = raw.mapping("ascend.environment").get(VISIBLE)
    shown = chosen(chips, said) if isinstance(said, str) else chips
    state, detail = _state(raw, chips, bool(boards))
    devices = tuple(
        Device(at, one.name, architecture(one, chips), one.memory, slots.get(one.slot, ""))
        for at, one in enumerate(shown)
    )
    driver = _named(raw, "ascend.driver", "Version") or version
    ill = ", ".join(f"NPU {one.number}: {one.health}" for one in shown if one.health not in ("", "OK"))
    words = detail or ill or (f"{VISIBLE}={said}" if isinstance(said, str) else "")
    return Devices(state, devices if state != "no-device" else (), driver, cann(raw), words)


def architecture(chip: Chip, chips: Sequence[Chip]) -> str:
    """Return what CANN calls the chip: `910B1`, `310P3`, and `910_93` for the two-chip 910 of the A3 series.

    That one calls itself `Ascend910`, which was the first 910's name too; that had one chip on a card.
    """
    name = chip.name.removeprefix("Ascend").strip().replace(" ", "")
    cards = [one.card for one in chips]
    paired = len(set(cards)) < len(cards)
    return "910_93" if name == "910" and paired else name


def _state(raw: Raw, chips: Sequence[Chip], boards: bool) -> tuple[DeviceState, str]:
    nodes = raw.nodes("ascend.nodes")
    closed = [node for node in nodes if not node.usable]
    if nodes and len(closed) == len(nodes):
        return "no-permission", ", ".join(dict.fromkeys(node.refusal for node in closed[:1]))
    if raw.outcome("ascend.smi") == "timeout":
        return "broken", "npu-smi: timeout"
    failed = raw.outcome("ascend.smi") == "failed"
    if failed and (nodes or boards):
        lines = [line.strip() for line in raw.printed("ascend.smi").splitlines() if line.strip()]
        wrong = [line for line in lines if any(word in line.lower() for word in FAILURES)] or lines
        return "broken", f"npu-smi: {wrong[0][:200]}" if wrong else "npu-smi"
    if chips:
        return "ready", ""
    if boards and not container.read(raw).kind:
        return "broken", "/dev/davinci*"
    there = raw.texts("ascend.driver") or raw.outcome("ascend.smi") in ("failed", "read")
    return ("no-device", "") if there else ("none", "")


def cann(raw: Raw) -> str:
    """Return the newest CANN's version of its `version=8.0.RC3` or version.cfg's `[8.0.RC3:8.0.RC3]`."""
    found = []
    for file in raw.texts("ascend.cann"):
        match = re.search(r"^version=(\S+)", file.text, re.M | re.I)
        match = match or re.search(r"\[([\w.]+):[\w.]+\]", file.text)
        if match:
            found.append(match[1])
    return max(found, key=key, default="")


def _named(raw: Raw, name: str, wanted: str) -> str:
    for file in raw.texts(name):
        match = re.search(rf"^{wanted}\s*=\s*(\S+)", file.text, re.M | re.I)
        if match:
            return match[1]
    return ""


def table(printed: str) -> tuple[tuple[Chip, ...], str]:
    """Read `npu-smi info`: the chips, and the version in its head.

    Two rows a chip: `NPU Name | Health | ...`, then `Chip [Phy-ID or Device] | Bus-Id | ... used/ total`.
    Which memory counts differs: HBM on a 910, plain memory on a 310P; the other one is 0 there.
    """
    head = re.search(r"npu-smi\s+\S+\s+Version:\s*(\S+)", printed)
    chips: list[Chip] = []
    upper: list[str] = []
    for line in printed.splitlines():
        if re.search(r"Process id|No running processes", line, re.I):
            break
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) < 3 or not re.match(r"\d", cells[0]):
            continue
        if re.search(r"[0-9A-F]{4}:[0-9A-F]{2}:", cells[1], re.I) or cells[1].startswith("0000:"):
            if upper:
                chips.append(_chip(upper, cells, len(chips)))
            upper = []
        else:
            upper = cells
    return tuple(chips), head[1] if head else ""


def _chip(upper: Sequence[str], lower: Sequence[str], count: int) -> Chip:
    card, _, name = upper[0].partition(" ")
    numbers = [whole(word) for word in lower[0].split()]
    number = numbers[1] if len(numbers) > 1 and numbers[1] is not None else count
    totals = [int(total) for total in re.findall(r"\d+\s*/\s*(\d+)", " ".join(lower[2:]))]
    memory = max(totals, default=0) * MIB
    return Chip(number, name.strip(), upper[1], lower[1].lower(), memory or None, whole(card) or 0)
