"""GPUs and drivers of the machine, against what the log says was built for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from packaging.version import Version

from ...errors import Text, text
from ...model.facts import Facts
from ..said import Stated
from .cuda import built_with, carried, covered, floor, runs, version


def _driver(said: Stated, facts: Facts) -> Text | None:
    windows = facts.platform.system == "windows" or facts.container.wsl > 0
    return driver_against(facts.nvidia.driver or said.driver, facts.nvidia.cuda or "", said, windows=windows)


def driver_against(driver: str, speaks: str, said: Stated, *, windows: bool = False) -> Text | None:
    """Return what tells that a driver is older than the build in the log needs."""
    cuda = built_with(said)
    carries = speaks or said.driver_cuda or (carried(driver, windows=windows) if driver else "")
    if not cuda or not carries:
        return None
    needed = floor(cuda, windows=windows)
    own, least = version(driver), version(needed)
    too_old = own < least if own is not None and least is not None else Version(carries) < Version(cuda)
    if not too_old:
        return None
    key = "driver_old_of_torch" if said.torch or said.build else "driver_old"
    args = {"driver": driver or "?", "carries": carries, "cuda": cuda, "floor": needed or "?"}
    if key == "driver_old_of_torch":
        return text("diagnosis.machine.driver_old_of_torch", **args)
    return text("diagnosis.machine.driver_old", **args)


def _no_gpu(said: Stated, facts: Facts) -> Text | None:
    if facts.nvidia.hidden and not facts.nvidia.gpus:
        return text("diagnosis.machine.gpu_hidden", visible=facts.nvidia.visible or "")
    others = (facts.amd, facts.intel, facts.apple, facts.ascend, facts.tpu)
    if facts.nvidia.state == "no-device":
        return text("diagnosis.machine.gpu_no_device", driver=facts.nvidia.driver or "?")
    if facts.nvidia.state == "none" and all(one.state == "none" for one in others):
        return text("diagnosis.machine.gpu_none")
    return None


def _broken(said: Stated, facts: Facts) -> Text | None:
    if facts.nvidia.state == "broken":
        return text("diagnosis.machine.gpu_broken", detail=facts.nvidia.detail)
    for name, one in (("AMD", facts.amd), ("Intel", facts.intel), ("Ascend", facts.ascend)):
        if one.state in ("broken", "no-permission"):
            return text("diagnosis.machine.device_broken", vendor=name, detail=one.detail or one.state)
    return None


def _gpu_old(said: Stated, facts: Facts) -> Text | None:
    return _against_code(said, facts, older=True)


def _gpu_new(said: Stated, facts: Facts) -> Text | None:
    return _against_code(said, facts, older=False)


def _against_code(said: Stated, facts: Facts, *, older: bool) -> Text | None:
    for gpu in facts.nvidia.gpus:
        if gpu.compute_capability:
            found = code_against(gpu.name, gpu.compute_capability, said, older=older)
            if found is not None:
                return found
    return None


def code_against(gpu: str, capability: str, said: Stated, *, older: bool) -> Text | None:
    """Return what tells that a build has no code for a GPU: one older than all of it, or a newer one."""
    code = covered(said)
    if not code or version(capability) is None or runs(capability, code):
        return None
    if (Version(capability) < min(map(Version, code))) != older:
        return None
    key = "diagnosis.machine.gpu_old" if older else "diagnosis.machine.gpu_new"
    return text(key, gpu=gpu or "GPU", capability=capability, code=", ".join(code))


def _of_log_driver(said: Stated) -> Text | None:
    return driver_against(said.driver, "", said) if said.driver or said.driver_cuda else None


def _of_log_old(said: Stated) -> Text | None:
    return code_against(said.gpu, said.capability, said, older=True) if said.capability else None


def _of_log_new(said: Stated) -> Text | None:
    return code_against(said.gpu, said.capability, said, older=False) if said.capability else None


LOOKS: Mapping[str, Callable[[Stated, Facts], Text | None]] = {
    "machine.driver-older-than-build": _driver,
    "machine.no-gpu": _no_gpu,
    "machine.gpu-broken": _broken,
    "machine.gpu-arch-old": _gpu_old,
    "machine.gpu-arch-new": _gpu_new,
}
ALONE: Mapping[str, Callable[[Stated], Text | None]] = {
    "machine.driver-older-than-build": _of_log_driver,
    "machine.gpu-arch-old": _of_log_old,
    "machine.gpu-arch-new": _of_log_new,
}
