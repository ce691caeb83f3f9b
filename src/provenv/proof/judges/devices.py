"""Judges which accelerators a framework sees, against what the facts say that the place has."""

from __future__ import annotations

from collections.abc import Mapping

from ...errors import text
from ...model.evidence import Check
from ..verdict import FACTS, Raw, Verdict, failed, hint, passed, remedies, skipped

WHY = hint("why_accelerator", "provenv why accelerator")
# the declared word -> the kind that a library is built for
BUILDS = {"ascend": "npu"}
# a device that such errors come from has no code in this build
NO_CODE = ("no kernel image", "invalid device function", "hipErrorNoBinaryForGpu")


def judge_devices(check: Check, raw: Raw) -> Verdict:
    """Judge whether each accelerator computes; that one is reported as available is not enough."""
    built, library = str(raw["built"]), str(raw["library"])
    wanted = str(check.options.get("wanted", "auto"))
    if wanted not in ("auto", "cpu", built) and BUILDS.get(wanted) != built:
        why = text("proof.accelerator.other_build", wanted=wanted, library=library, built=built)
        return failed(check, why, hints=(WHY,))
    if built == "cpu":
        return skipped(check, text("proof.accelerator.built_for_cpu", library=library))
    if not raw["devices"]:
        return _judge_absence(check, raw)
    for device in raw["devices"]:
        error, name = str(device.get("error", "")), str(device.get("name", device["device"]))
        if any(words in error for words in NO_CODE):
            why = text(
                "proof.accelerator.no_kernel",
                name=name,
                capability=device.get("capability") or "?",
                library=library,
                architectures=", ".join(raw.get("architectures", ())) or "?",
            )
            return failed(check, why, evidence=error, hints=(WHY, *remedies(check)[1:]))
        if error or device["distance"] != 0:
            told = error or f"{device['distance']} != 0"
            why = text("proof.accelerator.broken", name=name)
            hints = (FACTS, *remedies(check))
            return failed(check, why, evidence=f"{device['device']}: {told}", hints=hints)
    present, expected = len(raw["devices"]), int(str(check.options.get("expected", 0)))
    names = ", ".join(str(device.get("name", device["device"])) for device in raw["devices"])
    if built == "cuda" and present < expected:
        why = text("proof.accelerator.fewer", present=present, n=expected, library=library)
        return failed(check, why, evidence=names, hints=(FACTS, WHY))
    return passed(check, devices=names, n=present)


def _judge_absence(check: Check, raw: Raw) -> Verdict:
    """Judge a build for an accelerator that sees none: right where the place has none, else a fault."""
    states, start, built = check.options.get("states"), str(raw.get("start", "")), str(raw["built"])
    state = str(states.get(built, "")) if isinstance(states, Mapping) else ""
    none_here = state in ("none", "no-device") or (not state and (built != "cuda" or "no NVIDIA" in start))
    library = str(raw["library"])
    if none_here and (built == "cuda" or check.options.get("wanted") in ("auto", "cpu")):
        why = text("proof.accelerator.absent", library=library, built=built)
        return skipped(check, why, evidence=start)
    why = text("proof.accelerator.unseen", built=built, library=library)
    return failed(check, why, evidence=start, hints=(FACTS, WHY))
