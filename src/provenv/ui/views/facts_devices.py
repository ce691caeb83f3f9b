"""The accelerators that are not NVIDIA's and the vendors' toolkits, as lines of the facts' view."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ...model.devices import Device, Devices
from ...model.facts import Facts
from ..context import Context
from ..line import Line, Span, line
from ..units import size

RUNTIMES = {"amd": "ROCm", "intel": "Level Zero", "ascend": "CANN", "tpu": "libtpu", "apple": "Metal"}
"""The vendors in the order in which they are shown, and what their runtime is called."""

TOOLKITS = {
    "cuda": "CUDA",
    "cudnn": "cuDNN",
    "nccl": "NCCL",
    "tensorrt": "TensorRT",
    "rocm": "ROCm",
    "cann": "CANN",
    "oneapi": "oneAPI",
}


def joined(context: Context, *parts: str) -> Line:
    """Return the parts that are not empty, with dots between them."""
    return line(context.marks.dot.join(part for part in parts if part))


def there(facts: Facts) -> bool:
    """Tell whether the machine has something of one of these vendors."""
    return any(of(facts, name).state != "none" for name in RUNTIMES)


def of(facts: Facts, name: str) -> Devices:
    """Return the devices of the vendor that the facts' field `name` holds."""
    found: Devices = getattr(facts, name)
    return found


def devices(facts: Facts, context: Context) -> Iterator[Line]:
    """Yield each vendor's devices, what keeps them from being used, and the versions."""
    for name, runtime in RUNTIMES.items():
        found = of(facts, name)
        if found.state == "none":
            continue
        alike = Counter((one.name, one.architecture, one.memory, one.pci) for one in found.devices)
        for kind, count in alike.items():
            yield _device(Device(0, *kind), count, context)
        if _without_level_zero(name, found):
            yield line(Span(context.say("ui.facts.devices.level_zero"), "quiet"))
        elif found.state != "ready":
            said = context.say(f"ui.facts.devices.{found.state}", vendor=VENDORS[name])
            yield line(Span(f"{context.marks.warning} {said}", "warning"))
        driver = context.say("ui.facts.driver", version=found.driver) if found.driver else ""
        version = f"{runtime} {found.runtime}" if found.runtime else ""
        if driver or version:
            yield joined(context, driver, version)
        if found.detail:
            yield line(Span(found.detail, "quiet"))


VENDORS = {"amd": "AMD", "intel": "Intel", "ascend": "Ascend", "tpu": "TPU", "apple": "Apple"}


def _without_level_zero(name: str, found: Devices) -> bool:
    """Tell an Intel GPU that lacks but the libraries to compute on it: most laptops, where nobody minds."""
    return name == "intel" and found.state == "broken" and found.detail.startswith("libze_")


def _device(device: Device, count: int, context: Context) -> Line:
    called = device.name if count == 1 else f"{count} {context.marks.times} {device.name}"
    architecture = device.architecture if device.architecture not in device.name else ""
    memory = size(device.memory, binary=True) if device.memory else ""
    return joined(context, called, memory, architecture, device.pci if device.pci not in device.name else "")


def toolkits(facts: Facts, context: Context) -> Iterator[Line]:
    """Yield the toolkits that lie on the machine; those that programs find untold are marked."""
    for one in facts.toolkits:
        active = context.say("ui.facts.toolkit.active") if one.active else ""
        name = f"{TOOLKITS.get(one.name, one.name)} {one.version}"
        yield line(joined(context, name, active), Span(f"  {one.path}", "quiet"))
