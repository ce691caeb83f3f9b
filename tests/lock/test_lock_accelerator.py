"""The choice of a build: machines of public reports, and the rules one by one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from packaging.version import Version

from provenv.errors import Failure
from provenv.lock.accelerator import choose, decide
from provenv.lock.builds import builds
from provenv.lock.tables import table
from provenv.model.facts import Container, Facts, Gpu, Nvidia, Platform

MACHINES = Path(__file__).resolve().parents[3] / "shared" / "cases" / "machines" / "dev.jsonl"
REPORTS = [json.loads(line) for line in MACHINES.read_text().splitlines()] if MACHINES.is_file() else []
OTHER_KINDS = {"amd", "intel", "apple", "ascend", "tpu", "cpu-old"}
STATES = {"no-device": "no-device", "mismatch": "broken", "vgpu-host": "broken"}


def facts_of(report: dict) -> Facts:
    """Facts as the probe would read them on the machine of a report."""
    name = report["os"].lower()
    system = (
        "darwin"
        if "macos" in name
        else "windows"
        if name.startswith("windows") and "wsl" not in name
        else "linux"
    )
    gpus = () if report["kind"] in OTHER_KINDS else report["gpus"] or ()
    nvidia = Nvidia(
        state=STATES.get(report["kind"], "ready" if gpus else "none"),
        driver=report["driver"],
        gpus=tuple(Gpu(i, gpu["name"], gpu.get("compute_capability")) for i, gpu in enumerate(gpus)),
    )
    version = "".join(one for one in report["os"] if one in "0123456789.") if system == "darwin" else ""
    platform = Platform(
        system, report["arch"] or "aarch64", distribution_version=version, libc="glibc", libc_version="2.35"
    )
    return Facts(platform, nvidia=nvidia, container=Container(wsl=2 if "WSL" in report["os"] else 0))


@pytest.mark.parametrize("report", REPORTS, ids=[report["id"] for report in REPORTS])
def test_the_build_runs_on_machines_of_public_reports(report, declared):
    truth = report["truth"]
    chosen = choose(declared("torch"), facts_of(report))
    allowed = {
        *truth["build_families_ok"],
        *truth.get("build_families_partial", ()),
        *truth.get("uncertain", ()),
    }
    assert chosen.value in allowed, chosen.why
    gpu_builds = [name for name in truth["build_families_ok"] if name.startswith("cu")]
    if gpu_builds:
        # cpu would always "run": a GPU that some build covers has to be used
        assert chosen.value.startswith("cu")


@pytest.mark.parametrize(
    ("gpus", "driver", "torch", "build"),
    [
        ([("NVIDIA H100", "9.0")], "580.65.06", "torch~=2.13.0", "cu130"),
        ([("NVIDIA H100", "9.0")], "595.45", "torch~=2.13.0", "cu132"),
        ([("NVIDIA H100", "9.0")], "580.65.05", "torch~=2.13.0", "cu126"),
        ([("TITAN Xp", "6.1")], "580.65.06", "torch", "cu126"),
        ([("NVIDIA RTX 4090", "8.9")], "525.60.13", "torch==2.10.*", "cu128"),
        ([("NVIDIA RTX 4090", "8.9")], "525.60.12", "torch<2.8", "cu118"),
        ([("NVIDIA RTX 5090", "12.0")], "570.26", "torch", "cu128"),
        ([("NVIDIA TITAN V", "7.0")], "570.26", "torch==2.7.*", "cu126"),
        ([("NVIDIA TITAN V", "7.0")], "575.51.03", "torch==2.9.*", "cu129"),
        ([("NVIDIA TITAN V", "7.0")], "570.26", "torch==2.10.*", "cu128"),
        ([("NVIDIA RTX 3090", "8.6"), ("NVIDIA RTX 5090", "12.0")], "580.65.06", "torch", "cu130"),
        ([("NVIDIA H100", "9.0")], "580.65.06", "torchvision==0.28.0", "cu130"),
        ([("NVIDIA H100", "9.0")], "550.54.14", "torchvision==0.20.1", "cu124"),
        ([("NVIDIA GPU", None)], "580.65.06", "torch", "cu130"),
    ],
)
def test_driver_cards_and_torch_decide_together(gpus, driver, torch, build, declared, machine):
    assert choose(declared(torch), machine(*gpus, driver=driver)).value == build


def test_every_build_is_chosen_or_refused_with_its_reason(declared, machine):
    chosen = choose(declared("torch"), machine(("TITAN Xp", "6.1"), driver="535.54"))
    reasons = {refusal.value: refusal.why.key for refusal in chosen.refused}
    assert {chosen.value, *reasons} == {build.name for build in builds("x86_64")}
    assert reasons["cu132"] == "lock.accelerator.driver_too_old"
    no_code = next(refusal.why for refusal in chosen.refused if refusal.value == "cu128")
    assert (no_code.key, no_code.args["gpu"], no_code.args["capability"]) == (
        "lock.accelerator.no_code",
        "TITAN Xp",
        "6.1",
    )


@pytest.mark.parametrize("wsl", [0, 2])
def test_windows_and_wsl_have_floors_of_their_own(wsl, declared, machine):
    system = "linux" if wsl else "windows"
    for driver, build in [("527.41", "cu126"), ("527.40", "cu118"), ("452.38", "cpu")]:
        facts = machine(
            ("RTX 3060", "8.6"),
            driver=driver,
            platform=Platform(system, "AMD64"),
            container=Container(wsl=wsl),
        )
        assert choose(declared("torch"), facts).value == build


def test_only_visible_gpus_count(declared, machine):
    old, new = ("GTX 1080", "6.1"), ("RTX 5090", "12.0")
    assert choose(declared("torch"), machine(new, driver="595.45", visible="1", hidden=1)).value == "cu132"
    assert choose(declared("torch"), machine(old, driver="595.45", visible="0", hidden=1)).value == "cu126"
    for nothing in ("", "-1", "7"):
        chosen = choose(declared("torch"), machine(driver="595.45", visible=nothing, hidden=2))
        assert (chosen.value, chosen.why.key) == ("cpu", "lock.accelerator.invisible")


def test_cards_that_no_build_covers_together_get_the_best_part_and_a_warning(declared, machine):
    mixed = machine(("GTX 1080", "6.1"), ("RTX 5090", "12.0"), ("RTX 5080", "12.0"), driver="595.45")
    decision = decide(declared("torch"), mixed)
    assert decision.choice.value in ("cu130", "cu132")
    assert [finding.code for finding in decision.findings] == ["PV307"]
    assert decision.findings[0].what.args["gpus"] == "GTX 1080"


def test_a_torch_without_a_build_for_the_machine_is_cpu_with_a_warning_or_a_problem(declared, machine):
    facts = machine(("RTX 5090", "12.0"), driver="570.26")
    decision = decide(declared("torch~=2.13.0"), facts)
    assert decision.choice.value == "cpu"
    assert [finding.code for finding in decision.findings] == ["PV305"]
    with pytest.raises(Failure) as failure:
        decide(declared("torch~=2.13.0", accelerator="cuda"), facts)
    assert [one.code for one in failure.value.problems] == ["PV306"]


def test_cuda_where_there_is_no_gpu_is_a_problem_here_and_a_wish_elsewhere(declared, machine):
    spec = declared("torch~=2.13.0", accelerator="cuda")
    with pytest.raises(Failure) as failure:
        choose(spec, machine())
    problem = failure.value.problems[0]
    assert (problem.code, problem.why.key) == ("PV301", "lock.accelerator.no_gpu")
    assert problem.hints[0].command == "provenv lock --facts box.json"
    assert choose(spec, machine(), foreign=True).value.startswith("cu")


@pytest.mark.parametrize("accelerator", ["rocm", "xpu", "tpu", "ascend"])
def test_accelerators_of_a_later_version_say_so(accelerator, declared, machine):
    with pytest.raises(Failure) as failure:
        choose(declared("torch", accelerator=accelerator), machine())
    assert failure.value.problems[0].code == "PV303"


def test_apple_silicon_takes_the_ordinary_build(declared, machine):
    chosen = choose(declared("torch"), machine(platform=Platform("darwin", "arm64")))
    assert chosen.value == "mps"
    assert choose(declared("torch"), machine(platform=Platform("darwin", "x86_64"))).value == "cpu"


def test_cpu_stays_cpu_on_a_gpu_machine(declared, machine):
    facts = machine(("NVIDIA H100", "9.0"), driver="595.45")
    assert choose(declared("torch", accelerator="cpu"), facts).value == "cpu"


def test_the_tables_name_their_source_and_fit_each_other():
    drivers, torch = table("cuda_drivers"), table("torch_builds")
    for name in ("cuda_drivers", "torch_builds", "torch_family"):
        assert table(name)["source"]
        assert table(name)["date"]
    for platform in ("x86_64", "aarch64"):
        for build in builds(platform):
            for system in ("linux", "windows"):
                floor = Version(drivers["floor"][system][build.cuda.split(".")[0]])
                assert floor <= Version(drivers["own"][system][build.cuda])
            assert Version(build.first) <= Version(build.last or torch["newest"])
