"""What AMD's tools and its kernel driver tell of GPUs: KFD topology, rocminfo, amd-smi, rocm-smi."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .raw import Found, fields, whole

MIB = 1 << 20
GFX = re.compile(r"gfx[0-9a-f]{3,5}")
UNITS = {"KB": 1 << 10, "MB": MIB, "GB": 1 << 30, "MIB": MIB, "GIB": 1 << 30, "B": 1}


@dataclass(frozen=True)
class Agent:
    """One GPU as far as one source tells it: memory in bytes, `slot` `0000:05:00.0`, `pci` `1002:74a1`."""

    name: str = ""
    architecture: str = ""
    memory: int | None = None
    slot: str = ""
    pci: str = ""


def topology(files: tuple[Found, ...]) -> tuple[Agent, ...]:
    """Read /sys/class/kfd/kfd/topology/nodes/N/properties and .../mem_banks/N/properties.

    Source: the kernel's drivers/gpu/drm/amd/amdkfd/kfd_topology.c and its uapi; `location_id` is
    bus << 8 | device << 3 | function. A node without SIMDs is a processor.
    """
    nodes: dict[int, dict[str, int]] = {}
    memory: dict[int, int] = {}
    for file in files:
        match = re.search(r"/nodes/(\d+)/(mem_banks/)?", file.path)
        if match is None or not file.text:
            continue
        number, values = int(match[1]), _numbers(file.text)
        if not match[2]:
            nodes[number] = values
        elif values.get("heap_type") in (1, 2):  # the frame buffer, public or private
            memory[number] = memory.get(number, 0) + values.get("size_in_bytes", 0)
    found = []
    for number, values in sorted(nodes.items()):
        version = values.get("gfx_target_version", 0)
        if not version or not values.get("simd_count"):
            continue
        vendor, device = values.get("vendor_id", 0x1002), values.get("device_id", 0)
        slot = _slot(values["location_id"], values.get("domain", 0)) if "location_id" in values else ""
        found.append(
            Agent("", gfx(version), memory.get(number), slot, f"{vendor:04x}:{device:04x}" if device else "")
        )
    return tuple(found)


def _numbers(text: str) -> dict[str, int]:
    pairs = [line.split() for line in text.splitlines()]
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdigit()}


def gfx(version: int) -> str:
    """Return `gfx942` of gfx_target_version 90402, `gfx90a` of 90010: the last two digits are hexadecimal."""
    return f"gfx{version // 10000}{version // 100 % 100:x}{version % 100:x}"


def _slot(location: int, domain: int) -> str:
    return f"{domain:04x}:{location >> 8 & 0xFF:02x}:{location >> 3 & 0x1F:02x}.{location & 7}"


def rocminfo(printed: str) -> tuple[Agent, ...]:
    """Read rocminfo: one section per agent; the processors' are passed over."""
    found = []
    for section in re.split(r"^\*+\s*\nAgent \d+\s*\n\*+\s*$", printed, flags=re.M)[1:]:
        values = fields(section)
        architecture = GFX.fullmatch(values.get("Name", ""))
        if values.get("Device Type", "GPU") != "GPU" or architecture is None:
            continue
        location, domain = whole(values.get("BDFID")), whole(values.get("Domain")) or 0
        chip = re.search(r"0x([0-9a-f]{3,4})\b", values.get("Chip ID", ""))
        pools = re.findall(r"^\s*Segment:\s*GLOBAL;.*\n\s*Size:\s*(\d+)\(", section, re.M)
        found.append(
            Agent(
                values.get("Marketing Name", ""),
                architecture[0],
                max(map(int, pools)) * 1024 if pools else None,
                _slot(location, domain) if location else "",
                f"1002:{chip[1].zfill(4)}" if chip else "",
            )
        )
    return tuple(found)


def enumerator(printed: str) -> tuple[Agent, ...]:
    """Read rocm_agent_enumerator: a line per agent, gfx000 being a processor."""
    names = [line.strip() for line in printed.splitlines()]
    return tuple(Agent(architecture=name) for name in names if GFX.fullmatch(name) and name != "gfx000")


def amd_smi(printed: str) -> tuple[tuple[Agent, ...], str]:
    """Read `amd-smi static`, JSON (a list, or below `gpu_data`) or text: the GPUs, the driver's version."""
    cards = list(_amd_smi_json(printed)) or list(_amd_smi_text(printed))
    agents = []
    driver = ""
    for card in cards:
        asic, bus = _part(card, "asic"), _part(card, "bus")
        vram, kernel = _part(card, "vram"), _part(card, "driver")
        version = str(kernel.get("version") or kernel.get("driver_version") or "")
        # the driver of the kernel's own tree tells the kernel's version instead of one of its own
        if re.match(r"\d+\.\d+", version) and "Linux" not in version:
            driver = driver or version
        device = str(asic.get("device_id") or "").lower().removeprefix("0x")
        name = str(asic.get("market_name") or _part(card, "board").get("product_name") or "")
        agents.append(
            Agent(
                "" if name == "N/A" else name,
                _architecture(asic.get("target_graphics_version")),
                _bytes(vram.get("size") or vram.get("vram_size_mb"), default="MB"),
                str(bus.get("bdf") or card.get("bdf") or "").lower(),
                f"1002:{device}" if re.fullmatch(r"[0-9a-f]{4}", device) else "",
            )
        )
    return tuple(agents), driver


def _amd_smi_json(printed: str) -> Iterator[Mapping[str, Any]]:
    """Yield each GPU's mapping; warnings of Python may stand before the document."""
    start = re.search(r"^[\[{]", printed, re.M)
    try:
        document = json.loads(printed[start.start() :]) if start else None
    except (ValueError, RecursionError):
        return
    if isinstance(document, Mapping):
        document = document.get("gpu_data")
    for card in document if isinstance(document, list) else ():
        if isinstance(card, Mapping):
            yield card


def _amd_smi_text(printed: str) -> Iterator[Mapping[str, Any]]:
    """Yield each GPU's mapping of the indented text, with the keys that the JSON has."""
    for section in re.split(r"^GPU:\s*\d+\s*$", printed, flags=re.M)[1:]:
        card: dict[str, dict[str, str]] = {}
        part: dict[str, str] = {}
        for line in section.splitlines():
            key, colon, value = line.strip().partition(":")
            depth = len(line) - len(line.lstrip())
            if colon and not value.strip() and depth <= 4:
                part = card.setdefault(key.lower(), {})
            elif colon:
                part.setdefault(key.lower(), value.strip())
        yield card


def _part(card: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = card.get(name)
    return part if isinstance(part, Mapping) else {}


def _architecture(value: object) -> str:
    match = GFX.search(str(value or "").lower())
    return match[0] if match else ""


def _bytes(value: object, default: str = "B") -> int | None:
    """Return bytes of `{"value": 196592, "unit": "MB"}`, `196592 MB` or a bare number."""
    if isinstance(value, Mapping):
        value = f"{value.get('value')} {value.get('unit') or default}"
    match = re.fullmatch(r"\s*(\d+)\s*([KMG]?i?B)?\s*", str(value or ""), re.I)
    return int(match[1]) * UNITS[(match[2] or default).upper()] if match else None


def rocm_smi(printed: str) -> tuple[Agent, ...]:
    """Read rocm-smi: JSON by card, the CSV of the same, or the concise table (device numbers alone)."""
    return tuple(_rocm_smi_json(printed)) or tuple(_rocm_smi_csv(printed)) or tuple(_concise(printed))


def _rocm_smi_json(printed: str) -> Iterator[Agent]:
    start = printed.find("{")
    try:
        document = json.loads(printed[start:]) if start >= 0 else None
    except (ValueError, RecursionError):
        return
    for key, card in document.items() if isinstance(document, Mapping) else ():
        if re.fullmatch(r"card\d+", str(key)) and isinstance(card, Mapping):
            yield _card({str(name): str(value) for name, value in card.items()})


def _rocm_smi_csv(printed: str) -> Iterator[Agent]:
    lines = [line for line in printed.splitlines() if line.strip()]
    starts = [number for number, line in enumerate(lines) if line.startswith("device,")]
    for line in lines[starts[0] + 1 :] if starts else ():
        cells, names = line.split(","), lines[starts[0]].split(",")
        if re.fullmatch(r"card\d+", cells[0]) and len(cells) == len(names):
            yield _card(dict(zip(names, cells, strict=True)))


def _card(values: Mapping[str, str]) -> Agent:
    """Return the GPU of one card; the keys' spelling changed (`Card series`, `Card Series`)."""
    said = {key.lower(): value for key, value in values.items() if value not in ("N/A", "")}
    ids = [said.get(key, "").lower() for key in ("device id", "gpu id", "card model")]
    device = next((one[2:] for one in ids if re.fullmatch(r"0x[0-9a-f]{4}", one)), "")
    name = said.get("card series") or said.get("device name") or said.get("card model", "")
    bracket = re.search(r"\[(.+)\]", name)
    return Agent(
        bracket[1] if bracket else "" if name.startswith("0x") else name,
        _architecture(said.get("gfx version")),
        whole(said.get("vram total memory (b)")),
        said.get("pci bus", "").lower(),
        f"1002:{device}" if device else "",
    )


def _concise(printed: str) -> Iterator[Agent]:
    for line in printed.splitlines():
        match = re.match(r"^\s*(\d+)\s+\d+\s+0x([0-9a-f]{4}),", line)
        if match:
            yield Agent(pci=f"1002:{match[2]}")
    # releases before 6 number the GPUs and give no device number
    if "DID" not in printed and "ROCm System Management Interface" in printed:
        for line in printed.splitlines():
            if re.match(r"^\s*\d+\s+\d+(?:\.\d+)?c\s", line, re.I):
                yield Agent()
    yield from _listed(printed)


def _listed(printed: str) -> Iterator[Agent]:
    """Yield the GPUs of lists by `GPU[0]  : Card Series: ...` and other fields, in their order."""
    cards: dict[int, dict[str, str]] = {}
    for number, key, value in re.findall(r"^GPU\[(\d+)\]\s*:\s*([^:\n]+?):\s*(.+?)\s*$", printed, re.M):
        cards.setdefault(int(number), {}).setdefault(key.strip(), value)
    for _, values in sorted(cards.items()):
        yield _card(values)
