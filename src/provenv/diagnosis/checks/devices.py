"""Accelerators that are there and cannot be used: drivers without an answer, hidden devices."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...errors import text, verbatim
from ...lock.accelerators import decide
from ...model.diagnosis import Advice
from ...model.facts import Facts
from ...model.findings import Finding
from ..ground import Ground
from .advising import advice
from .builds import NOBODY

BROKEN: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    ("mismatch", "driver-library-mismatch", re.compile(r"mismatch|cuInit: 803", re.I)),
    ("fabric", "gpu-fabric-manager", re.compile(r"fabric|cuInit: 802|system not yet initialized", re.I)),
    (
        "lost",
        "gpu-hardware-fault",
        re.compile(r"GPU is lost|fallen off|Unable to determine the device handle|Xid", re.I),
    ),
    ("closed", "permission-denied-path", re.compile(r"^/dev/\S+ \((?P<group>\w+)\)")),
    ("nouveau", "gpu-driver-not-loaded", re.compile(r"nouveau", re.I)),
    ("permission", "gpu-driver-not-loaded", re.compile(r"insufficient permissions", re.I)),
    ("library", "nvidia-runtime-missing-in-docker", re.compile(r"libcuda|libnvidia-ml", re.I)),
    (
        "unloaded",
        "gpu-driver-not-loaded",
        re.compile(r"couldn't communicate|PCI 10de|No such device|cuInit", re.I),
    ),
)
"""What the tools say, and what it means; the first that fits counts. cuInit's numbers are those of cuda.h."""
HIDDEN_ON_PURPOSE = ("", "-1", "none", "void", "NoDevFiles")


def look(ground: Ground) -> Iterator[Finding]:
    """Yield what keeps the devices themselves from being used."""
    assert ground.facts is not None
    yield from _nvidia(ground.facts)
    yield from _visible(ground, ground.facts)
    yield from _others(ground, ground.facts)


def _nvidia(facts: Facts) -> Iterator[Finding]:
    nvidia = facts.nvidia
    if nvidia.state == "broken":
        kind, cause = next(
            ((kind, cause) for kind, cause, said in BROKEN if said.search(nvidia.detail)),
            ("unknown", "gpu-driver-not-loaded"),
        )
        if kind == "library" and not facts.container.kind:
            kind, cause = "no_library", "wsl-driver" if facts.container.wsl else "gpu-driver-not-loaded"
        yield Finding(
            "gpu-out-of-order",
            "accelerator",
            "blocks",
            what=text(f"doctor.devices.{kind}", vendor="NVIDIA"),
            why=text(f"doctor.devices.{kind}.why"),
            evidence=(verbatim(nvidia.detail),) if nvidia.detail else (),
            remedies=_remedies(kind, facts),
            subject="nvidia",
            cause=cause,
        )
    elif nvidia.state == "no-device":
        within = bool(facts.container.kind)
        key = "no_device_container" if within else "no_device"
        yield Finding(
            "gpu-out-of-order",
            "accelerator",
            "hurts",
            what=text(f"doctor.devices.{key}", driver=nvidia.driver or "?"),
            why=text(f"doctor.devices.{key}.why"),
            evidence=(verbatim(nvidia.detail),) if nvidia.detail else (),
            remedies=_remedies(key, facts),
            subject="nvidia",
            cause="nvidia-runtime-missing-in-docker" if within else "gpu-driver-not-loaded",
        )


def _remedies(kind: str, facts: Facts) -> tuple[Advice, ...]:
    """Return what to do; a driver is the host's matter inside of a container."""
    inside = bool(facts.container.kind)
    if kind == "mismatch":
        found = [advice("doctor.devices.reboot", "sudo reboot", root=True)]
    elif kind == "fabric":
        found = [
            advice(
                "doctor.devices.start_fabric",
                "sudo systemctl enable --now nvidia-fabricmanager",
                "nvidia-smi -q | grep -A3 Fabric",
                root=True,
            )
        ]
    elif kind == "lost":
        found = [advice("doctor.devices.look_xid", "sudo dmesg | grep -i -E 'nvrm|xid'", root=True)]
    elif kind == "closed":
        found = [_join(facts.nvidia.detail)]
    elif kind == "nouveau":
        found = [
            advice(
                "doctor.devices.blacklist",
                "printf 'blacklist nouveau\\noptions nouveau modeset=0\\n'"
                " | sudo tee /etc/modprobe.d/blacklist-nouveau.conf",
                "sudo reboot",
                root=True,
            )
        ]
    elif kind in ("library", "no_device_container", "permission"):
        found = [
            advice(
                "doctor.devices.container",
                "docker run --rm --gpus all -e NVIDIA_DRIVER_CAPABILITIES=compute,utility ubuntu nvidia-smi",
            )
        ]
        inside = False
    else:
        found = [
            advice("doctor.devices.load", "sudo modprobe nvidia", "sudo dmesg | grep -i nvrm", root=True)
        ]
    return (*((advice("doctor.devices.on_host"),) if inside else ()), *found)


def _join(detail: str) -> Advice:
    """Return how this user gets the right, by the group that the device's file belongs to."""
    group = re.search(r"\((\w+)\)", detail)
    return advice(
        "doctor.devices.join", f"sudo usermod -aG {group[1] if group else 'render'} $USER", root=True
    )


def _visible(ground: Ground, facts: Facts) -> Iterator[Finding]:
    nvidia = facts.nvidia
    visible = ground.variables.get("CUDA_VISIBLE_DEVICES", nvidia.visible)
    if visible is None or not (nvidia.gpus or nvidia.hidden):
        return
    evidence = (
        verbatim(f"CUDA_VISIBLE_DEVICES={visible}"),
        text("doctor.devices.counted", n=len(nvidia.gpus) + nvidia.hidden, shown=len(nvidia.gpus)),
    )
    undo = advice("doctor.devices.unset", "unset CUDA_VISIBLE_DEVICES")
    entries = [one.strip() for one in visible.split(",")]
    if not nvidia.gpus:
        meant = visible.strip() in HIDDEN_ON_PURPOSE
        yield Finding(
            "gpus-hidden",
            "accelerator",
            "hurts" if meant else "blocks",
            what=text("doctor.devices.all_hidden"),
            why=text("doctor.devices.all_hidden.why_meant" if meant else "doctor.devices.all_hidden.why"),
            evidence=evidence,
            remedies=(undo,),
            subject="CUDA_VISIBLE_DEVICES",
            cause="cuda-visible-devices-wrong",
        )
    elif len(nvidia.gpus) < len(entries) and visible.strip():
        yield Finding(
            "gpus-hidden",
            "accelerator",
            "hurts",
            what=text("doctor.devices.no_such", entry=entries[len(nvidia.gpus)]),
            why=text("doctor.devices.no_such.why"),
            evidence=evidence,
            remedies=(undo,),
            subject="CUDA_VISIBLE_DEVICES",
            cause="cuda-visible-devices-wrong",
        )


def _others(ground: Ground, facts: Facts) -> Iterator[Finding]:
    """Yield what the choice of an accelerator says about the devices of other vendors."""
    causes = {"amd": "gpu-driver-not-loaded", "ascend": "ascend-cann-env"}
    for vendor in ("amd", "intel", "ascend", "tpu"):
        devices = getattr(facts, vendor)
        if devices.state not in ("no-permission", "broken"):
            continue
        told = [one for one in decide(ground.spec or NOBODY, facts).findings if one.severity != "note"]
        hints = [hint for one in told for hint in one.hints]
        closed = devices.state == "no-permission"
        if not told and not closed:
            # a display's processor that nobody would compute on
            continue
        own = tuple(Advice(hint.text, (hint.command,) if hint.command else ()) for hint in hints)
        yield Finding(
            "device-unusable",
            "accelerator",
            "hurts",
            what=text(f"doctor.devices.{'closed' if closed else 'failing'}", vendor=vendor.upper()),
            why=told[0].why if told else None,
            evidence=(verbatim(devices.detail),) if devices.detail else (),
            remedies=own or (_join(devices.detail),),
            subject=vendor,
            cause="permission-denied-path" if closed else causes.get(vendor, ""),
        )
