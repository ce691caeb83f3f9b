"""What differs between two proofs: packages, results, speed beyond noise, facts."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from provenv.errors import text
from provenv.model.diff import Pair, Proven
from provenv.model.evidence import Evidence, Measure, Outcome, Status
from provenv.model.facts import Container, Cpu, Facts, Gpu, Memory, Nvidia, Platform
from provenv.model.image import Image
from provenv.model.lock import Artifact, Choice, Lock, Package
from provenv.model.plan import Change, Install, Keep, Remove
from provenv.model.state import Generation
from provenv.plan.differences import difference, machine, numerics, paced, speed, steps, versions

GIB = 1 << 30
FACTS = Facts(
    Platform("linux", "x86_64", libc="glibc", libc_version="2.36", distribution_name="Debian 12"),
    Cpu("a processor", logical=8, granted=2.0, level="x86-64-v3"),
    Memory(total=16 * GIB, granted=8 * GIB, shm_total=64 << 20),
)


def outcome(name: str, status: Status = "passed", seconds: float = 1.0, **more: object) -> Outcome:
    return Outcome(name, status, seconds, text("proof.tensors"), **more)  # type: ignore[arg-type]


def evidence(*outcomes: Outcome, **digests: str) -> Evidence:
    return Evidence("here", 1, "2026-01-01T00:00:00+00:00", 9.0, outcomes, digests)


def lock(**hashes: str) -> Lock:
    packages = tuple(
        Package(name, "1.0", (Artifact(f"{name}.whl", hashes={"sha256": digest}),))
        for name, digest in hashes.items()
    )
    return Lock("here", "3.11", "linux", packages, (Choice("accelerator", "cpu", text("x")),), "identity")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, {"a": "1"}, (Install("a", "1"),)),
        ({"a": "1"}, {}, (Remove("a", "1"),)),
        ({"a": "1", "b": "1"}, {"a": "2", "b": "1"}, (Change("a", "1", "2"), Keep("b", "1"))),
    ],
)
def test_a_step_for_each_package(before, after, expected):
    assert steps(before, after, None, None) == expected


def test_a_package_of_other_files_is_another_build_of_the_same_version():
    installed = {"a": "1.0", "b": "1.0"}
    found = steps(installed, installed, lock(a="1", b="2"), lock(a="1", b="3"))
    assert found == (Keep("a", "1.0"), Change("b", "1.0", "1.0"))


def test_versions_of_an_image_name_its_base_and_size():
    generation = Generation(1, "", "/usr/bin/python3", {"a": "1"}, lock="x")
    host = Proven("here:1", generation=generation, python="3.11.2", lock=lock())
    box = replace(host, label="box:1", image=Image("sha256:1", "box:x", "docker", "python:3.11", "", "", 5))
    found = versions(host, box)
    assert found.differs
    assert {pair.name: (pair.before, pair.after) for pair in found.about if pair.differs} == {
        "base": ("", "python:3.11")
    }
    # how large nothing is, is not known
    assert Pair("image", None, 5, differs=False, unit="bytes") in found.about


@pytest.mark.parametrize(("more", "differs"), [(8, False), (-8, False), (2_000_000, True)])
def test_an_image_is_another_size_only_where_it_can_be_told(more, differs):
    before, after = (
        Proven(
            "box:1", python="3.11.2", lock=lock(), image=Image("sha256:1", "b", "docker", "p", "", "", size)
        )
        for size in (10**9, 10**9 + more)
    )
    found = versions(before, after)
    assert Pair("image", 10**9, 10**9 + more, differs, "bytes") in found.about


def test_what_a_side_does_not_tell_is_no_difference():
    told = Proven("here:1", evidence(lock="l"), Generation(1, "", "", {"a": "1"}, lock="l"))
    found = versions(told, Proven("box", evidence(lock="l")))
    assert (found.packages, found.differs) == (None, False)
    assert versions(told, Proven("box", evidence(lock="m"))).differs


@pytest.mark.parametrize(
    ("before", "after", "differs", "results"),
    [
        (outcome("t"), outcome("t"), False, "untold"),
        (outcome("t", distance=0.5, tolerance=1.0), outcome("t", distance=0.5, tolerance=1.0), False, "same"),
        (
            outcome("t", distance=0.5, tolerance=1.0),
            outcome("t", distance=0.6, tolerance=1.0),
            True,
            "differ",
        ),
        (
            outcome("t", distance=0.5, tolerance=1.0),
            outcome("t", distance=0.5, tolerance=2.0),
            True,
            "differ",
        ),
        (outcome("t"), outcome("t", "failed"), True, "untold"),
        (
            outcome("t", measures=(Measure("accuracy", 96.1, "%"),)),
            outcome("t", measures=(Measure("accuracy", 95.9, "%"),)),
            True,
            "differ",
        ),
        # how fast it was is no matter of numbers
        (
            outcome("t", seconds=1, measures=(Measure("rate", 1.0, "GB/s"),)),
            outcome("t", seconds=9, measures=(Measure("rate", 9.0, "GB/s"),)),
            False,
            "untold",
        ),
    ],
)
def test_a_check_on_both_sides(before, after, differs, results):
    found = numerics(Proven("a", evidence(before)), Proven("b", evidence(after)))
    assert found.differs is differs
    (check,) = found.checks
    assert (check.differs, check.results) == (differs, results)


def test_a_check_of_one_side_alone_differs_but_not_one_that_a_quick_proof_left_out():
    whole = evidence(outcome("a"), outcome("b"))
    assert numerics(Proven("a", whole), Proven("b", evidence(outcome("a")))).differs
    quick = replace(evidence(outcome("a")), left_out=("b",))
    found = numerics(Proven("a", whole), Proven("b", quick))
    assert not found.differs
    assert [one.name for one in found.checks] == ["a"]


def test_the_reason_is_that_of_the_side_that_failed():
    failed = outcome("t", "failed", why=text("PV720"))
    for first, second in ((failed, outcome("t")), (outcome("t"), failed)):
        (check,) = numerics(Proven("a", evidence(first)), Proven("b", evidence(second))).checks
        assert check.why == text("PV720")


def test_without_a_receipt_nothing_is_said_of_numbers():
    found = numerics(Proven("a:1", evidence()), Proven("b:2"))
    assert (found.unproven, found.differs, found.checks) == (("b:2",), False, ())


@pytest.mark.parametrize(
    ("unit", "before", "after", "pace", "ratio"),
    [
        ("GFLOP/s", 100.0, 124.0, "same", 1.24),
        ("GFLOP/s", 100.0, 126.0, "faster", 1.26),
        ("GFLOP/s", 126.0, 100.0, "slower", 100 / 126),
        ("images/s", 100.0, 50.0, "slower", 0.5),
        # disks differ by more from one time to the next
        ("MB/s", 100.0, 140.0, "same", 1.4),
        ("MB/s", 100.0, 160.0, "faster", 1.6),
        # of what is spent less is better
        ("s", 2.0, 1.0, "faster", 2.0),
        ("s", 1.0, 2.0, "slower", 0.5),
        ("s", 0.01, 0.4, "same", 0.025),
        ("GB", 1.0, 2.0, "slower", 0.5),
        ("GB/s", 0.0, 0.0, "same", 1.0),
        ("GB/s", 1.0, 0.0, "slower", 0.0),
        ("GB/s", 0.0, 1.0, "faster", math.inf),
    ],
)
def test_a_figure_is_faster_or_slower_beyond_noise(unit, before, after, pace, ratio):
    found = paced("x", unit, before, after)
    assert found.pace == pace
    assert found.ratio == pytest.approx(ratio)


def test_speed_compares_what_both_sides_measured_and_checks_that_passed():
    first = evidence(
        outcome("a", seconds=1.0, measures=(Measure("x", 1.0, "GB/s"), Measure("y", 90.0, "%"))),
        outcome("b", "failed", 9.0),
        outcome("c", "skipped", 0.0),
    )
    second = evidence(
        outcome("a", seconds=3.0, measures=(Measure("x", 2.0, "GB/s"), Measure("y", 90.0, "%"))),
        outcome("b", seconds=1.0, measures=(Measure("z", 1.0, "GB/s"),)),
        outcome("c", "skipped", 0.0),
    )
    found = speed(first, second)
    assert [(one.name, one.pace) for one in found.measures] == [("x", "faster")]
    assert [(one.name, one.pace) for one in found.checks] == [("a", "slower")]
    assert speed(None, second).measures == ()


def test_the_machine_by_the_facts_that_decide():
    gpu = Gpu(0, "NVIDIA H100", "9.0")
    other = replace(
        FACTS,
        nvidia=Nvidia("ready", "580.65.06", "13.0", (gpu, replace(gpu, index=1))),
        memory=replace(FACTS.memory, granted=8 * GIB - (1 << 20), available=5, shm_total=8 * GIB),
        container=Container(kind="docker"),
        platform=replace(FACTS.platform, kernel="6.9"),
    )
    found = machine(Proven("a", facts=FACTS), Proven("b", facts=other))
    assert {pair.name: (pair.before, pair.after) for pair in found.facts if pair.differs} == {
        "container": ("", "docker"),
        "accelerator": ("", "2 x NVIDIA H100"),
        "driver": ("", "580.65.06 (CUDA 13.0)"),
        "shm": (64 << 20, 8 * GIB),
    }


@pytest.mark.parametrize(("digest", "differs"), [("f", False), ("g", True)])
def test_facts_of_a_receipt_alone_are_compared_by_their_digest(digest, differs):
    found = machine(Proven("a", evidence(facts="f"), facts=FACTS), Proven("b", evidence(facts=digest)))
    assert (found.told, found.differs) == (False, differs)


def test_only_the_parts_that_are_asked_for_count():
    first = Proven("a", evidence(outcome("t")), facts=FACTS)
    second = Proven("b", evidence(outcome("t", "failed")), facts=FACTS)
    assert difference(first, second).differs
    found = difference(first, second, ("speed", "machine"))
    assert (found.versions, found.numerics, found.differs) == (None, None, False)
    assert found.speed is not None
    # speed alone makes no difference
    slow = Proven("b", evidence(outcome("t", seconds=9.0)), facts=FACTS)
    found = difference(first, slow)
    assert found.speed is not None
    assert (found.speed.differs, found.differs) == (True, False)
