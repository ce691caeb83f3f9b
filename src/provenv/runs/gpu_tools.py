"""What nvidia-smi, amd-smi and rocm-smi print of devices in use and of who holds memory there; pure readers.

Sources: `nvidia-smi --help-query-gpu`, `--help-query-compute-apps`; `amd-smi metric --help`, `amd-smi process
--help` (ROCm 6.x); `rocm-smi --help`.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..facts.raw import whole
from ..facts.smi import known

MIB = 1 << 20
UNITS = {"": 1, "B": 1, "KB": 1 << 10, "MB": MIB, "GB": 1 << 30, "KIB": 1 << 10, "MIB": MIB, "GIB": 1 << 30}

NVIDIA_CARDS = (
    "nvidia-smi",
    "--query-gpu=index,uuid,memory.used,memory.total,utilization.gpu",
    "--format=csv,noheader,nounits",
)
NVIDIA_HELD = (
    "nvidia-smi",
    "--query-compute-apps=gpu_uuid,pid,process_name,used_memory",
    "--format=csv,noheader,nounits",
)
AMD_CARDS = ("amd-smi", "metric", "--usage", "--mem-usage", "--json")
AMD_HELD = ("amd-smi", "process", "--json")
ROCM_CARDS = ("rocm-smi", "--showuse", "--showmeminfo", "vram", "--json")


@dataclass(frozen=True)
class Card:
    """One device: bytes in use and in all, the share of the last moments that it computed (None: untold)."""

    index: int
    uuid: str = ""
    used: int = 0
    total: int = 0
    utilisation: float | None = None


@dataclass(frozen=True)
class Held:
    """Memory that a process holds on a device; `device` is its UUID or its index."""

    device: str
    pid: int
    name: str = ""
    memory: int = 0


def read_nvidia_cards(printed: str) -> tuple[Card, ...]:
    """Read the answer to NVIDIA_CARDS; lines that do not fit (warnings, errors) are passed over."""
    found = []
    for cells in _rows(printed):
        index = whole(cells[0])
        if len(cells) == 5 and index is not None:
            percent = whole(known(cells[4]))
            found.append(
                Card(
                    index,
                    known(cells[1]) or "",
                    (whole(known(cells[2])) or 0) * MIB,
                    (whole(known(cells[3])) or 0) * MIB,
                    None if percent is None else percent / 100,
                )
            )
    return tuple(found)


def read_nvidia_held(printed: str) -> tuple[Held, ...]:
    """Read the answer to NVIDIA_HELD; on some systems (WSL, Windows) the memory is not told."""
    found = []
    for cells in _rows(printed):
        # a program's name may hold commas
        pid = whole(cells[1]) if len(cells) >= 4 else None
        if pid is not None:
            memory = (whole(known(cells[-1])) or 0) * MIB
            found.append(Held(cells[0], pid, ", ".join(cells[2:-1]), memory))
    return tuple(found)


def _rows(printed: str) -> Iterator[list[str]]:
    lines = [line for line in printed.splitlines() if line.strip() and "\0" not in line]
    for cells in csv.reader(lines, skipinitialspace=True):
        yield [cell.strip() for cell in cells]


def read_amd_cards(printed: str) -> tuple[Card, ...]:
    """Read the answer to AMD_CARDS: a list, or below `gpu_data`."""
    found = []
    for card in _amd(printed):
        index = whole(card.get("gpu"))
        if index is None:
            continue
        memory, usage = _part(card, "mem_usage"), _part(card, "usage")
        percent = _number(usage.get("gfx_activity"))
        found.append(
            Card(
                index,
                used=_bytes(memory.get("used_vram")),
                total=_bytes(memory.get("total_vram")),
                utilisation=None if percent is None else percent / 100,
            )
        )
    return tuple(found)


def read_amd_held(printed: str) -> tuple[Held, ...]:
    """Read the answer to AMD_HELD; a device that nobody uses has words in place of processes."""
    found = []
    for card in _amd(printed):
        index, processes = whole(card.get("gpu")), card.get("process_list")
        for entry in processes if isinstance(processes, list) else ():
            said = _part(entry, "process_info") if isinstance(entry, Mapping) else {}
            pid = whole(said.get("pid"))
            if index is not None and pid is not None:
                memory = _part(said, "memory_usage").get("vram_mem") or said.get("mem_usage")
                found.append(Held(str(index), pid, str(said.get("name") or ""), _bytes(memory)))
    return tuple(found)


def read_rocm_cards(printed: str) -> tuple[Card, ...]:
    """Read the answer to ROCM_CARDS, by card."""
    found = []
    document = _document(printed)
    for key, card in document.items() if isinstance(document, Mapping) else ():
        match = re.fullmatch(r"card(\d+)", str(key))
        if match and isinstance(card, Mapping):
            percent = _number(card.get("GPU use (%)"))
            found.append(
                Card(
                    int(match[1]),
                    used=_bytes(card.get("VRAM Total Used Memory (B)")),
                    total=_bytes(card.get("VRAM Total Memory (B)")),
                    utilisation=None if percent is None else percent / 100,
                )
            )
    return tuple(found)


def _amd(printed: str) -> Iterator[Mapping[str, Any]]:
    document = _document(printed)
    if isinstance(document, Mapping):
        document = document.get("gpu_data")
    for card in document if isinstance(document, list) else ():
        if isinstance(card, Mapping):
            yield card


def _document(printed: str) -> Any:
    """Return the JSON of what was printed; warnings may stand before it."""
    start = re.search(r"^[\[{]", printed, re.MULTILINE)
    try:
        return json.loads(printed[start.start() :]) if start else None
    except (ValueError, RecursionError):
        return None


def _part(card: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = card.get(name)
    return part if isinstance(part, Mapping) else {}


def _number(value: object) -> float | None:
    """Return the number of `{"value": 37, "unit": "%"}`, `37`, `"37"` or `"37 %"`."""
    if isinstance(value, Mapping):
        value = value.get("value")
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*%?\s*", str(value))
    return float(match[1]) if match else None


def _bytes(value: object) -> int:
    """Return bytes of `{"value": 196592, "unit": "MB"}`, `196592 MB`, a bare number; 0 for anything else."""
    if isinstance(value, Mapping):
        value = f"{value.get('value')} {value.get('unit') or ''}"
    match = re.fullmatch(r"\s*(\d+)\s*([KMG]?i?B)?\s*", str(value), re.IGNORECASE)
    return int(match[1]) * UNITS[(match[2] or "").upper()] if match else 0
