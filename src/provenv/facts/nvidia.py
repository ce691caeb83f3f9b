"""The fact `nvidia`: driver, CUDA, and the GPUs that a program would see."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from .. import environ
from ..model.facts import Gpu, Nvidia, Source
from . import pci, smi, tegra
from .capability import TABLE, look_up
from .raw import Raw, whole

Ask = dict[str, object]
State = Literal["none", "ready", "no-device", "broken"]

SYSTEMS = ["linux", "win32"]


def _smi(name: str, *arguments: str) -> Ask:
    return {
        "name": f"nvidia.{name}",
        "kind": "command",
        "argv": ["nvidia-smi", *arguments],
        "systems": SYSTEMS,
    }


ASKS: list[Ask] = [
    _smi("query", f"--query-gpu={','.join(smi.FIELDS)}", "--format=csv"),
    _smi("basic", f"--query-gpu={','.join(smi.BASIC)}", "--format=csv"),
    _smi("table"),
    _smi("list", "-L"),
    {
        "name": "nvidia.cuda",
        "kind": "builtin",
        "builtin": "cuda",
        "apart": True,
        "systems": SYSTEMS,
        "how": "cuInit",
    },
    {
        "name": "nvidia.kernel",
        "kind": "file",
        "path": "/proc/driver/nvidia/version",
        "apart": True,
        "systems": ["linux"],
    },
    {
        "name": "nvidia.environment",
        "kind": "builtin",
        "builtin": "environ",
        "names": [environ.CUDA_VISIBLE_DEVICES.name],
    },
]

# CUresult of cuda.h
NO_DEVICE = 100


def read(raw: Raw) -> Nvidia:
    """Return the Nvidia; `gpus` are those that CUDA_VISIBLE_DEVICES leaves, `hidden` counts the others."""
    runs = [smi.read(raw.out(f"nvidia.{name}")) for name in ("query", "basic", "list", "table")]
    printed = [raw.printed(f"nvidia.{name}") for name in ("query", "table", "list")]
    cuda = raw.mapping("nvidia.cuda")
    said = raw.mapping("nvidia.environment").get(environ.CUDA_VISIBLE_DEVICES.name)
    visible = said if isinstance(said, str) else None
    every = _merge(runs, _devices(cuda)) or _tegra(raw)
    shown = every if visible is None else _visible(every, visible, _children(runs), cuda)
    driver = next((run.driver for run in runs if run.driver), None) or _kernel(raw.out("nvidia.kernel"))
    state, detail = _state(raw, printed, shown, cuda)
    return Nvidia(
        state=state,
        driver=driver,
        cuda=next((run.cuda for run in runs if run.cuda), None) or _cuda_version(cuda.get("version")),
        gpus=shown,
        visible=visible,
        detail=detail,
        hidden=len(every) - len(shown),
    )


def _tegra(raw: Raw) -> tuple[Gpu, ...]:
    """Return a Jetson's own GPU where neither nvidia-smi nor the CUDA driver tells of it."""
    chip = tegra.chip(raw)
    return (Gpu(0, chip.name, chip.capability),) if chip and tegra.nodes(raw) else ()


def derived(raw: Raw, nvidia: Nvidia) -> tuple[Source, ...]:
    """Return a Source for each GPU whose capability the table of names gave, not the machine."""
    asked = smi.read(raw.out("nvidia.query")).cards
    told = {card.name for card in (*asked, *_devices(raw.mapping("nvidia.cuda"))) if card.capability}
    names = sorted({gpu.name for gpu in nvidia.gpus if gpu.compute_capability and gpu.name not in told})
    return tuple(Source("nvidia", TABLE.name, "read", 0, name) for name in names)


def _devices(cuda: Mapping[str, Any]) -> tuple[smi.Card, ...]:
    """Return the devices that the CUDA driver told, which are the visible ones, in its own order."""
    cards = []
    devices = cuda.get("devices")
    for device in devices if isinstance(devices, list) else ():
        if not isinstance(device, Mapping):
            continue
        major, minor = whole(device.get("major")), whole(device.get("minor"))
        capability = None if major is None or minor is None else f"{major}.{minor}"
        index, name, uuid = whole(device.get("index")), device.get("name"), device.get("uuid")
        memory = whole(device.get("memory"))
        cards.append(smi.Card(index or 0, str(name or ""), str(uuid or ""), capability, memory))
    return tuple(cards)


def _merge(runs: list[smi.Said], devices: tuple[smi.Card, ...]) -> tuple[Gpu, ...]:
    """Return every GPU of the machine, each told as well as any of the sources tells it."""
    cards: dict[int, smi.Card] = {}
    for run in runs:
        for card in run.cards:
            cards[card.index] = _complete(cards.get(card.index, card), card)
    if not cards:
        cards = {device.index: device for device in devices}
    told = {device.uuid: device for device in devices if device.uuid}
    named = {_bare(device.name): device for device in devices}
    gpus = []
    for index, card in sorted(cards.items()):
        device = told.get(card.uuid)
        same = device or named.get(_bare(card.name))
        capability = card.capability or (same.capability if same else None) or look_up(card.name)
        # unified memory: nvidia-smi has no figure, the CUDA driver has
        only = same if len(cards) == len(devices) == 1 else None
        memory = card.memory or (device.memory if device else only.memory if only else None)
        gpus.append(Gpu(index, card.name, capability, memory, card.uuid, card.mig))
    return tuple(gpus)


def _bare(name: str) -> str:
    """Return a name without what nvidia-smi and the CUDA driver do not both put round it."""
    return name.removeprefix("NVIDIA ").removesuffix(" (nvgpu)").strip()


def _complete(card: smi.Card, other: smi.Card) -> smi.Card:
    cut = card.name.endswith("...") and not other.name.endswith("...")
    return smi.Card(
        card.index,
        other.name if cut else card.name,
        card.uuid or other.uuid,
        card.capability or other.capability,
        card.memory or other.memory,
        card.mig or other.mig,
    )


def _children(runs: list[smi.Said]) -> dict[str, int]:
    return {uuid: index for run in runs for uuid, index in run.children}


def _visible(
    every: tuple[Gpu, ...], variable: str, children: Mapping[str, int], cuda: Mapping[str, Any]
) -> tuple[Gpu, ...]:
    """Return the GPUs that CUDA_VISIBLE_DEVICES leaves (CUDA C++ Programming Guide, environment variables).

    The CUDA driver's own answer counts where it gave one: it numbers the fastest device 0, nvidia-smi the
    first on the bus. Else the list is read: numbers, beginnings of UUIDs, MIG devices; the first entry that
    is none of them ends it.
    """
    seen = {device.uuid for device in _devices(cuda) if device.uuid}
    told = tuple(gpu for gpu in every if gpu.uuid in seen)
    if told:
        return told
    shown: list[Gpu] = []
    by_index = {gpu.index: gpu for gpu in every}
    for word in variable.split(","):
        entry = word.strip()
        number = whole(entry)
        if number is not None:
            found = by_index.get(number)
        elif entry.startswith("MIG-"):
            found = _parent(entry, every, by_index, children)
        else:
            found = next((gpu for gpu in every if entry and gpu.uuid.startswith(entry)), None)
        if found is None:
            break
        shown.append(found)
    return tuple(dict.fromkeys(shown))


def _parent(
    entry: str, every: tuple[Gpu, ...], by_index: Mapping[int, Gpu], children: Mapping[str, int]
) -> Gpu | None:
    """Return the GPU as which a MIG device (`MIG-<UUID>`, before driver 470 `MIG-GPU-<UUID>/1/0`) shows."""
    index = next((at for uuid, at in children.items() if uuid.startswith(entry)), None)
    old = entry.removeprefix("MIG-").split("/")[0]
    gpu = (
        by_index.get(index) if index is not None else next((g for g in every if old and g.uuid == old), None)
    )
    # it is the MIG device that a program sees, by this name
    return replace(gpu, uuid=entry) if gpu else None


def _state(
    raw: Raw, printed: list[str], shown: tuple[Gpu, ...], cuda: Mapping[str, Any]
) -> tuple[State, str]:
    """Return the state and what was said that led to it."""
    wrong = next(filter(None, map(smi.error, printed)), "")
    init = whole(cuda.get("init"))
    closed = [node for node in tegra.nodes(raw) if not node.usable] if tegra.chip(raw) else []
    if shown:
        if wrong or closed:
            return "broken", wrong or closed[0].refusal
        if init not in (None, 0):
            return ("no-device" if init == NO_DEVICE else "broken"), f"cuInit: {init}"
        return _loadable(raw)
    if wrong:
        return ("broken", wrong) if _present(raw) else ("none", wrong)
    if raw.outcome("nvidia.table") == "timeout" and _present(raw):
        return "broken", "nvidia-smi: timeout"
    if init not in (None, 0, NO_DEVICE):
        return ("broken" if _present(raw) else "none"), f"cuInit: {init}"
    answered = any(smi.no_devices(one) or smi.HEAD.search(one) for one in printed)
    if answered or init is not None or _kernel(raw.out("nvidia.kernel")) or tegra.chip(raw):
        return "no-device", ""
    cards = pci.devices(raw, pci.NVIDIA)
    if cards and not raw.value("container.dockerenv"):
        return "broken", " ".join(["PCI", cards[0].id, cards[0].driver]).strip()
    return "none", ""


def _loadable(raw: Raw) -> tuple[State, str]:
    """Tell a GPU that nvidia-smi lists but no program can use: a container without the driver's library."""
    asked = raw.items.get("nvidia.cuda", {})
    if asked and raw.outcome("nvidia.cuda") == "absent":
        return "broken", str(asked.get("err") or "libcuda")
    return "ready", ""


def _present(raw: Raw) -> bool:
    """Tell whether a device may be there; only a bus that was read and has none says no."""
    if raw.outcome("pci.devices") != "read":
        return True
    wsl = "microsoft" in raw.out("container.version").lower()
    return wsl or bool(pci.devices(raw, pci.NVIDIA)) or tegra.chip(raw) is not None


def _kernel(text: str) -> str | None:
    """Return the loaded module's version: `NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.171.04`..."""
    match = re.search(r"Kernel Module\D*?(?:x86_64|aarch64|sbsa)?\s+(\d{3}\.[\d.]+)", text)
    return match[1] if match else None


def _cuda_version(number: object) -> str | None:
    """Return `12.4` of cuDriverGetVersion's 12040."""
    value = whole(number)
    return f"{value // 1000}.{value % 1000 // 10}" if value else None
