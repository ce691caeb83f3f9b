"""The fact `apple`: the GPU of an Apple chip."""

from __future__ import annotations

import re

from ..model.devices import Device, Devices
from .raw import Raw, whole

ASKS: list[dict[str, object]] = [
    {
        "name": "apple.displays",
        "kind": "command",
        "argv": ["system_profiler", "SPDisplaysDataType"],
        "systems": ["darwin"],
    }
]


def read(raw: Raw) -> Devices:
    """Return the chip's GPU, with the memory that it shares with the processor.

    A guest of a virtual machine has a paravirtual display, on which Metal's compute kernels do not run
    whole; an interpreter for x86_64 (Rosetta) reaches no GPU.
    """
    system = raw.mapping("platform.system")
    if system.get("platform", "darwin") != "darwin":
        return Devices()
    sysctl = raw.sysctl()
    brand = sysctl.get("machdep.cpu.brand_string", "")
    chips = chipsets(raw.out("apple.displays"))
    chip = next((name for name in chips if re.match(r"Apple [AM]\d", name)), "")
    if not chip and brand.startswith("Apple") and "Virtual" not in brand and not chips:
        chip = brand  # without a display system_profiler may list none
    if not chip and not brand.startswith("Apple"):
        return Devices()
    if sysctl.get("kern.hv_vmm_present") == "1" or not chip:
        return Devices("no-device", detail=", ".join(chips) or brand)
    if system.get("machine") == "x86_64":
        return Devices("no-device", detail="x86_64 (Rosetta)")
    return Devices("ready", (Device(0, chip, chip.removeprefix("Apple "), whole(sysctl.get("hw.memsize"))),))


def chipsets(printed: str) -> tuple[str, ...]:
    """Return the chipsets that `system_profiler SPDisplaysDataType` lists."""
    return tuple(re.findall(r"^\s*Chipset Model:\s*(.+?)\s*$", printed, re.M))
