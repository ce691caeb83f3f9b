"""Two proofs side by side: what differs in versions, numerics, speed and the machine; pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal, cast

from ..errors import Problem
from ..model.devices import Devices
from ..model.diff import (
    PARTS,
    CheckPair,
    Difference,
    Fact,
    Machine,
    Numerics,
    Pace,
    Paced,
    Pair,
    Part,
    Proven,
    Side,
    Speed,
    Versions,
)
from ..model.evidence import Evidence, Measure, Outcome
from ..model.facts import Facts
from ..model.lock import Lock, Package
from ..model.plan import Change, Install, Keep, Remove, Step

ACCURACY = "%"
"""The unit of measures that are no speed: how much of what a model had to tell it told rightly."""

# by how much equal places differ: seven proofs of one environment (torch 2.13 on two busy cores) were apart
# by 18 % in products of matrices, 9 % in training, 33 % in the disk; copies in memory by 2 %, once by 88 %
NOISE = {"MB/s": 0.5}
USUAL_NOISE = 0.25
# of checks' seconds those above half a second were apart by 34 %, the shorter ones by up to 3.6 times
NOISE_OF_SECONDS = 0.5
LEAST_SECONDS = 0.5
"""A check whose seconds are apart by less says nothing."""

LESS_IS_BETTER = frozenset({"s", "ms", "us", "B", "KB", "MB", "GB", "KiB", "MiB", "GiB", "W", "J"})
"""Units of what is spent; all others are of what is got."""

VENDORS = ("amd", "intel", "apple", "ascend", "tpu")
BYTES = frozenset({"memory", "shm"})
SAME_MEMORY = 0.02
"""A kernel that keeps a little more for itself makes no other machine."""


SIZE_NOISE = 0.001
"""The part of an image's size by which two of the same content may be apart."""


def difference(
    before: Proven, after: Proven, only: Sequence[Part] = (), findings: Sequence[Problem] = ()
) -> Difference:
    """Return what differs from `before` to `after` in the parts that are asked for (empty: in all)."""
    wanted = only or PARTS
    moved = versions(before, after) if "versions" in wanted else None
    found = numerics(before, after) if "numerics" in wanted else None
    place = machine(before, after) if "machine" in wanted else None
    return Difference(
        _side(before),
        _side(after),
        any(part is not None and part.differs for part in (moved, found, place)),
        moved,
        found,
        speed(before.evidence, after.evidence) if "speed" in wanted else None,
        place,
        tuple(findings),
    )


def _side(one: Proven) -> Side:
    evidence, generation = one.evidence, one.generation
    number = generation.number if generation else evidence.generation if evidence else None
    if evidence is None:
        return Side(one.label, "", number, file=one.file)
    return Side(one.label, evidence.target, number, evidence.started, evidence.passed, one.file)


def versions(before: Proven, after: Proven) -> Versions:
    """Return which packages were added, removed, changed and kept, and what they stand on."""
    packages = None
    if before.generation is not None and after.generation is not None:
        packages = steps(before.generation.packages, after.generation.packages, before.lock, after.lock)
    about = tuple(_about(before, after))
    moved = any(not isinstance(step, Keep) for step in packages or ())
    return Versions(moved or any(pair.differs for pair in about), packages, about)


def _about(before: Proven, after: Proven) -> Iterator[Pair]:
    yield _pair("python", before.python or None, after.python or None)
    yield _pair("built_for", _accelerator_of(before.lock), _accelerator_of(after.lock))
    yield _pair("lock", _lock(before), _lock(after))
    yield _pair("declared", _digest(before, "declared"), _digest(after, "declared"))
    if before.image is not None or after.image is not None:
        first, second = before.image, after.image
        yield _pair("base", first.base if first else "", second.base if second else "")
        then, now = (one.size or None if one else None for one in (first, second))
        told = _pair("image", then, now, unit="bytes")
        # a variable more in its configuration makes another size: that is no difference worth a word
        yield replace(told, differs=bool(then and now and abs(now - then) > SIZE_NOISE * then))


def _pair(name: str, before: Fact | None, after: Fact | None, *, unit: str = "") -> Pair:
    """Return a property of both sides; where one does not tell it, nothing is known to differ."""
    return Pair(name, before, after, None not in (before, after) and before != after, unit)


def _accelerator_of(lock: Lock | None) -> str | None:
    choice = lock.choice("accelerator") if lock else None
    return choice.value if choice else None


def _lock(one: Proven) -> str | None:
    found = one.generation.lock if one.generation else ""
    return found or _digest(one, "lock")


def _digest(one: Proven, name: str) -> str | None:
    return one.evidence.digests.get(name) if one.evidence else None


def steps(
    before: Mapping[str, str], after: Mapping[str, str], old: Lock | None, new: Lock | None
) -> tuple[Step, ...]:
    """Return one step a package, by name. One of the same version and other files is a change, too."""
    found: list[Step] = []
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name), after.get(name)
        if was is None:
            found.append(Install(name, after[name]))
        elif now is None:
            found.append(Remove(name, was))
        elif was != now or _other_files(name, old, new):
            found.append(Change(name, was, now))
        else:
            found.append(Keep(name, now))
    return tuple(found)


def _other_files(name: str, old: Lock | None, new: Lock | None) -> bool:
    """Tell whether not one file of a package in one lock is one of the other's."""
    first, second = (_hashes(lock.package(name)) if lock else set() for lock in (old, new))
    return bool(first) and bool(second) and not first & second


def _hashes(package: Package | None) -> set[str]:
    return (
        {digest for artifact in package.artifacts for digest in artifact.hashes.values()}
        if package
        else set()
    )


def numerics(before: Proven, after: Proven) -> Numerics:
    """Return how each check ended on both sides, and whether it computed the same."""
    unproven = tuple(one.label for one in (before, after) if one.evidence is None)
    if before.evidence is None or after.evidence is None:
        return Numerics(False, (), unproven)
    first, second = (_outcomes(one.evidence) for one in (before, after) if one.evidence)
    out = {*before.evidence.left_out, *after.evidence.left_out}
    # a quick proof leaves checks out: that the other side ran them is no difference
    names = [name for name in dict.fromkeys([*first, *second]) if name not in out]
    checks = tuple(_check(name, first.get(name), second.get(name)) for name in names)
    return Numerics(any(one.differs for one in checks), checks)


def _outcomes(evidence: Evidence) -> dict[str, Outcome]:
    return {outcome.name: outcome for outcome in evidence.outcomes}


def _check(name: str, before: Outcome | None, after: Outcome | None) -> CheckPair:
    why = next((one.why for one in (after, before) if one is not None and one.status == "failed"), None)
    if before is None or after is None:
        first, second = (one.status if one else None for one in (before, after))
        return CheckPair(name, first, second, differs=True, why=why)
    distances = _both("distance", before.distance, after.distance)
    tolerances = _both("tolerance", before.tolerance, after.tolerance)
    accuracies = tuple(
        _pair(name, first.value, second.value, unit=ACCURACY)
        for name, first, second in _measured([before], [after])
        if first.unit == ACCURACY
    )
    told = [pair for pair in (distances, tolerances, *accuracies) if pair is not None]
    differ = any(pair.differs for pair in told)
    results: Literal["same", "differ", "untold"] = "differ" if differ else "same" if told else "untold"
    return CheckPair(
        name,
        before.status,
        after.status,
        before.status != after.status or differ,
        results,
        distances,
        tolerances,
        accuracies,
        why,
    )


def _both(name: str, before: float | None, after: float | None) -> Pair | None:
    return None if before is None and after is None else _pair(name, before, after)


def speed(before: Evidence | None, after: Evidence | None) -> Speed:
    """Return every figure of speed that both sides have, and whether it is more apart than noise makes it."""
    first, second = before.outcomes if before else (), after.outcomes if after else ()
    measures = tuple(
        paced(name, one.unit, one.value, other.value)
        for name, one, other in _measured(first, second)
        if one.unit == other.unit != ACCURACY
    )
    then = {one.name: one.seconds for one in first if one.status == "passed"}
    checks = tuple(
        paced(one.name, "s", then[one.name], one.seconds)
        for one in second
        if one.status == "passed" and one.name in then
    )
    return Speed(any(one.pace != "same" for one in (*measures, *checks)), measures, checks)


def _measured(before: Sequence[Outcome], after: Sequence[Outcome]) -> Iterator[tuple[str, Measure, Measure]]:
    then = {measure.name: measure for outcome in before for measure in outcome.measures}
    for outcome in after:
        for measure in outcome.measures:
            if measure.name in then:
                yield measure.name, then[measure.name], measure


def paced(name: str, unit: str, before: float, after: float) -> Paced:
    """Return a figure on both sides, how many times as fast the second is, and whether that says anything."""
    less = unit in LESS_IS_BETTER
    better, worse = (before, after) if less else (after, before)
    ratio = 1.0 if better == worse else better / worse if worse > 0 else math.inf
    noise = NOISE_OF_SECONDS if unit == "s" else NOISE.get(unit, USUAL_NOISE)
    said = ratio > 1 + noise or ratio * (1 + noise) < 1
    if unit == "s" and abs(after - before) < LEAST_SECONDS:
        said = False
    pace: Pace = "same" if not said else "faster" if ratio > 1 else "slower"
    return Paced(name, unit, before, after, ratio, noise, pace)


def machine(before: Proven, after: Proven) -> Machine:
    """Return the facts that decide, side by side."""
    if before.facts is None or after.facts is None:
        # a receipt that came alone names the facts by their digest
        known = _pair("facts", _digest(before, "facts"), _digest(after, "facts"))
        return Machine(known.differs, (known,), told=False)
    first, second = (dict(_facts(one)) for one in (before.facts, after.facts))
    pairs = tuple(
        _fact(name, first.get(name, ""), second.get(name, "")) for name in dict.fromkeys([*first, *second])
    )
    return Machine(any(pair.differs for pair in pairs), pairs)


def _fact(name: str, before: Fact, after: Fact) -> Pair:
    pair = _pair(name, before, after, unit="bytes" if name in BYTES else "")
    if isinstance(before, int) and isinstance(after, int) and name in BYTES:
        near = abs(after - before) <= SAME_MEMORY * max(before, after)
        return replace(pair, differs=not near)
    return pair


def _facts(facts: Facts) -> Iterator[tuple[str, Fact]]:
    """Yield what decides by its name, in the order of telling."""
    platform, cpu, memory = facts.platform, facts.cpu, facts.memory
    name = platform.distribution_name or f"{platform.distribution} {platform.distribution_version}".strip()
    yield "system", f"{name or platform.system} {platform.machine}"
    yield "container", facts.container.kind or (f"WSL {facts.container.wsl}" if facts.container.wsl else "")
    yield "libc", f"{platform.libc} {platform.libc_version}".strip()
    yield "accelerator", ", ".join(_devices(facts))
    yield "driver", ", ".join(_drivers(facts))
    yield "cpu", cpu.model or cpu.vendor
    yield "cpu_level", cpu.level
    yield "cores", cpu.granted or cpu.logical
    yield "memory", memory.granted or memory.total
    yield "shm", memory.shm_total or 0


def _devices(facts: Facts) -> Iterator[str]:
    names = [gpu.name for gpu in facts.nvidia.gpus]
    names += [device.name for vendor in VENDORS for device in _vendor(facts, vendor).devices]
    for name in dict.fromkeys(names):
        count = names.count(name)
        yield f"{count} x {name}" if count > 1 else name


def _drivers(facts: Facts) -> Iterator[str]:
    if facts.nvidia.driver:
        yield (
            f"{facts.nvidia.driver} (CUDA {facts.nvidia.cuda})" if facts.nvidia.cuda else facts.nvidia.driver
        )
    for vendor in VENDORS:
        yield from (one for one in (_vendor(facts, vendor).driver, _vendor(facts, vendor).runtime) if one)


def _vendor(facts: Facts, name: str) -> Devices:
    return cast(Devices, getattr(facts, name))
