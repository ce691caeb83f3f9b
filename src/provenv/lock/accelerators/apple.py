"""Apple silicon: the ordinary macOS build with MPS, as far as macOS and torch fit together."""

from __future__ import annotations

from packaging.version import Version

from ...errors import Failure, Hint, Problem, Text, problem, text
from ...model.facts import Facts
from ...model.lock import Refusal
from ...model.spec import Spec
from .. import builds
from ..platforms import machine_of
from ..requirements import torch_specifiers
from ..tables import table
from ..versions import version
from .decision import Candidate, Decision


def declared(spec: Spec, facts: Facts) -> Decision:
    """Return MPS for a file that demands it. Raises Failure PV302 where it can't be had."""
    found = _mps(spec, facts)
    if isinstance(found, Candidate):
        return Decision((found,))
    platform = f"{facts.platform.system} {facts.platform.distribution_version} {facts.platform.machine}"
    raise Failure(problem("PV302", platform=platform, why=found, hints=(Hint(text("PV302.hint")),)))


def automatic(spec: Spec, facts: Facts) -> Decision:
    """Return the build for a Mac: MPS where it works, else the CPU, with the reason."""
    found = _mps(spec, facts)
    if isinstance(found, Candidate):
        without = text("lock.accelerator.without_gpu")
        fallback = Candidate("cpu", text("lock.accelerator.darwin"), behind=without)
        return Decision((found, fallback), findings=_limited(found, facts))
    return Decision((Candidate("cpu", found),), (Refusal("mps", found),), _without(found, facts))


def minors(macos: str, *, above: str | None = None) -> tuple[str, ...]:
    """Return torch's minor versions whose MPS backend works on a macOS, oldest first."""
    tables, here = table("apple_mps"), version(macos)
    oldest = Version(above or "0")
    for row in tables["oldest_torch"]:
        if here is not None and here >= Version(row["macos"]):
            oldest = max(oldest, Version(row["torch"]))
    return tuple(
        minor
        for row in tables["needs"]
        if here is None or here >= Version(row["macos"])
        for minor in builds.minors(row["from"], row["to"])
        if Version(minor) >= oldest
    )


def _mps(spec: Spec, facts: Facts) -> Candidate | Text:
    """Return the candidate, or why there is none."""
    platform, apple = facts.platform, facts.apple
    macos = platform.distribution_version
    if platform.system != "darwin":
        return text("lock.accelerator.no_apple")
    if machine_of(platform) != "aarch64":
        return text("lock.accelerator.mac_intel", last=table("apple_mps")["intel_last"])
    if apple.state in ("no-device", "broken"):
        return text("lock.accelerator.mac_without_gpu", detail=apple.detail or "?")
    working = minors(macos)
    if not working:
        return text("lock.accelerator.macos_too_old", macos=macos)
    specifiers = torch_specifiers(spec)
    versions = tuple(minor for minor in working if builds.allows(specifiers, minor))
    if not versions:
        return text(
            "lock.accelerator.mps_none_fits",
            macos=macos,
            first=working[0],
            last=working[-1],
            torch=str(specifiers),
        )
    name = apple.devices[0].name if apple.devices else "Apple silicon"
    return Candidate("mps", text("lock.accelerator.mps", gpu=name), versions, constraints=_limits(working))


def _limits(working: tuple[str, ...]) -> tuple[str, ...]:
    """Return the limits of torch outside of which MPS would not work on this macOS."""
    limits = []
    if working[0] != table("apple_mps")["needs"][0]["from"]:
        limits.append(f"torch>={working[0]}")
    if working[-1] != str(table("torch_builds")["newest"]):
        major, minor = working[-1].split(".")
        limits.append(f"torch<{major}.{int(minor) + 1}")
    return tuple(limits)


def _limited(candidate: Candidate, facts: Facts) -> tuple[Problem, ...]:
    if not candidate.constraints:
        return ()
    macos, limits = facts.platform.distribution_version, ", ".join(candidate.constraints)
    return (problem("PV376", severity="note", macos=macos, limits=limits),)


def _without(why: Text, facts: Facts) -> tuple[Problem, ...]:
    """Return the warning where Apple silicon is there and only the versions do not fit."""
    if why.key not in ("lock.accelerator.mps_none_fits", "lock.accelerator.macos_too_old"):
        return ()
    name = facts.apple.devices[0].name if facts.apple.devices else "Apple silicon"
    hint = Hint(text("PV308.hint_macos"))
    return (problem("PV308", severity="warning", why=why, devices=name, hints=(hint,)),)
