"""The choice of a build: machines of public reports, and the rules one by one."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from provenv import facts as facts_room
from provenv.errors import Failure
from provenv.lock.accelerators import choose, cpu_findings, cuda_refusal, decide
from provenv.lock.builds import build_of_choice, build_of_local, builds, shown, wanted
from provenv.lock.platforms import deployment_target
from provenv.lock.tables import FOLDER, table
from provenv.lock.torch import build_of
from provenv.model.devices import Device, Devices, Toolkit
from provenv.model.facts import Container, Cpu, Facts, Gpu, Nvidia, Platform
from provenv.model.lock import Package
from provenv.model.tables import FOLDER as SHARED

REPOSITORY = Path(__file__).resolve().parents[2]
MACHINES = REPOSITORY.parent / "shared" / "cases" / "machines" / "dev.jsonl"
REPORTS = [json.loads(line) for line in MACHINES.read_text().splitlines()] if MACHINES.is_file() else []
OTHER_KINDS = {"amd", "intel", "apple", "ascend", "tpu", "cpu-old"}
STATES = {"no-device": "no-device", "mismatch": "broken", "vgpu-host": "broken"}
# what a choice outside of PyTorch's own builds is called in the reports
OUTSIDE = {"ascend": "torch_npu", "tpu": "torch_xla", "jetson": "jetson wheels"}
# the reason that a kind of machine has to be given, among the choice's own and its refusals
REASONS = {
    "old-driver": {"driver_too_old"},
    "mismatch": {"broken"},
    "vgpu-host": {"broken"},
    "no-device": {"no_device"},
    "amd": {"rocm", "rocm_wsl"},
    "intel": {"xpu"},
    "apple": {"mps", "macos_too_old"},
    "ascend": {"ascend"},
    "tpu": {"tpu"},
    "orin": {"jetson", "jetson_no_index"},
    "cpu-old": {"no_gpu_old"},
    "pascal": {"no_code"},
    "volta": {"no_code"},
    "blackwell": {"no_code"},
}


def facts_of(report: dict) -> Facts:
    """Facts as the probe would read them on the machine of a report."""
    name, kind = report["os"], report["kind"]
    system = "linux"
    if "macOS" in name:
        system = "darwin"
    elif name.startswith("Windows") and "WSL" not in name:
        system = "windows"
    gpus = () if kind in OTHER_KINDS else report["gpus"] or ()
    nvidia = Nvidia(
        state=STATES.get(kind, "ready" if gpus else "none"),
        driver=report["driver"],
        gpus=tuple(
            Gpu(i, gpu["name"], gpu.get("compute_capability"), mig=gpu.get("mig"))
            for i, gpu in enumerate(gpus)
        ),
    )
    l4t, kernel = re.search(r"L4T R(\d+)", name), re.search(r"kernel (\S+-tegra)", name)
    libc = (report["libc"] or "glibc-2.35").removeprefix("glibc-")
    platform = Platform(
        system,
        report["arch"] or "aarch64",
        distribution_version="".join(re.findall(r"[\d.]", name)) if system == "darwin" else "",
        kernel=kernel[1].rstrip(";") if kernel else "",
        libc="glibc" if system == "linux" else "",
        libc_version=libc,
        l4t=f"{l4t[1]}.2.0" if l4t else "",
    )
    container = Container(wsl=2 if "WSL" in name else 0)
    vendor = {kind: devices_of(report)} if kind in ("amd", "intel", "apple", "ascend", "tpu") else {}
    return Facts(platform, cpu=cpu_of(report), nvidia=nvidia, container=container, **vendor)


def devices_of(report: dict) -> Devices:
    """The devices of the report's vendor, with the identity that it names."""
    found = []
    for number, gpu in enumerate(report["gpus"]):
        pci = re.search(r"8086:[0-9A-Fa-f]{4}", gpu["name"])
        architecture = gpu.get("gfx") or (gpu["name"] if report["kind"] == "ascend" else "")
        found.append(Device(number, gpu["name"], architecture, pci=pci[0].lower() if pci else ""))
    runtime = {"amd": "6.4.1", "intel": "1.21.9"}.get(report["kind"], "")
    return Devices("ready", tuple(found), runtime=runtime)


def cpu_of(report: dict) -> Cpu:
    """The processor as far as the report tells what it lacks."""
    words = f"{report['failure']} {report['truth'].get('limits')}"
    if "SSSE3" in words:
        return Cpu(report["cpu"], level="x86-64", features=("ssse3",))
    if "AVX-only" in words:
        return Cpu(report["cpu"], level="x86-64-v2", features=("sse4_2", "avx"))
    return Cpu(report["cpu"] or "")


def family(accelerator: str) -> str:
    return "rocm" if accelerator.startswith("rocm") else accelerator


@pytest.mark.parametrize("report", REPORTS, ids=[report["id"] for report in REPORTS])
def test_the_build_runs_on_machines_of_public_reports(report, declared):
    truth, facts = report["truth"], facts_of(report)
    decision = decide(declared("torch"), facts)
    chosen = decision.choice
    allowed = {*truth["build_families_ok"], *truth.get("build_families_partial", ())}
    outside = truth.get("outside_list", ())
    if chosen.value in OUTSIDE:
        assert any(one.startswith(OUTSIDE[chosen.value]) for one in outside), chosen.why
    else:
        assert family(chosen.value) in allowed | set(truth.get("uncertain", ())), chosen.why
    if set(truth["build_families_ok"]) - {"cpu"}:
        # cpu would always "run": a GPU that some build covers has to be used
        assert chosen.value != "cpu", chosen.why
    reasons = {chosen.why.key, *(one.why.key for one in chosen.refused)}
    wanted = {f"lock.accelerator.{one}" for one in REASONS.get(report["kind"], ())}
    assert not wanted or reasons & wanted, reasons


@pytest.mark.parametrize(
    "report",
    [one for one in REPORTS if "outside_list" in one["truth"]],
    ids=lambda report: report["id"],
)
def test_what_lies_outside_of_pytorchs_builds_is_named(report, declared):
    decision = decide(declared("torch"), facts_of(report))
    lines = [line for one in decision.candidates for line in one.plugins]
    for outside in report["truth"]["outside_list"]:
        if outside == "torch_npu":
            assert any(line.startswith("torch-npu==") for line in lines)
        elif outside == "torch_xla":
            assert any(line.startswith("torch-xla[tpu]==") for line in lines)
        elif outside.startswith("jetson wheels"):
            assert {"PV375", "PV377"} & {finding.code for finding in decision.findings}
    if any(line.startswith("torch-npu") for line in lines):
        # CANN is in no package: that it has to be there is said
        assert "PV373" in [finding.code for finding in decision.findings]


@pytest.mark.parametrize(
    "report", [one for one in REPORTS if "limits" in one["truth"]], ids=lambda report: report["id"]
)
def test_limits_of_a_machine_are_said(report, declared):
    facts = facts_of(report)
    decision = decide(declared("torch"), facts)
    notes = {finding.code: finding for finding in decision.findings}
    for limit in report["truth"]["limits"]:
        if limit.startswith("pre-Turing"):
            assert notes["PV379"].what.args["last"] == "2.14"
            assert notes["PV379"].why.key == "PV379.why_gpu"
            refused = {one.value: one.why for one in decision.choice.refused}
            assert {"cu130", "cu132"} <= set(refused)
        elif limit.startswith("macOS 12"):
            assert decision.candidates[0].constraints == ("torch<2.5",)
            assert notes["PV376"].what.args["limits"] == "torch<2.5"
        elif limit.startswith("no AVX"):
            found = cpu_findings({"torch": "2.13.0+cpu", "tensorflow": "2.21.0"}, facts)
            assert [one.code for one in found] == ["PV370"]
            assert "torch 2.13.0+cpu (SSE4.1)" in found[0].what.args["names"]
        elif limit.startswith("AVX only"):
            assert [one.code for one in cpu_findings({"torch": "2.13.0", "faiss-cpu": "1.9"}, facts)] == [
                "PV371"
            ]
        else:
            raise AssertionError(limit)


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
        # torch 1.x, which only a line that excludes 2.x asks for
        ([("Tesla V100", "7.0")], "535.183.01", "torch==1.13.0", "cu117"),
        ([("Tesla V100", "7.0")], "535.183.01", "torch==1.12.1", "cu116"),
        ([("Tesla V100", "7.0")], "535.183.01", "torch==1.9.1", "cu111"),
        ([("Tesla V100", "7.0")], "440.33", "torch==1.12.1", "cu102"),
        ([("Tesla V100", "7.0")], "440.32", "torch==1.8.*", "cu101"),
        ([("Tesla T4", "7.5")], "418.39", "torch==1.4.0", "cu101"),
        ([("NVIDIA A100", "8.0")], "450.80.02", "torch==1.7.1", "cu110"),
        ([("NVIDIA RTX 3090", "8.6")], "535.54", "torch<2", "cu117"),
        ([("Tesla V100", "7.0")], "535.183.01", "torchvision==0.14.1", "cu117"),
        ([("Tesla V100", "7.0")], "535.183.01", "torchaudio<0.13", "cu116"),
        ([("NVIDIA A100", "8.0")], "580.65.06", "torch==1.6.0", "cpu"),
        ([("NVIDIA H100", "9.0")], "580.65.06", "torch==1.13.1", "cpu"),
        ([("Tesla V100", "7.0")], "440.33", "torch>=1.7", "cpu"),
    ],
)
def test_driver_cards_and_torch_decide_together(gpus, driver, torch, build, declared, machine):
    assert choose(declared(torch), machine(*gpus, driver=driver)).value == build


@pytest.mark.parametrize(
    ("version", "beside", "processor", "build"),
    [
        ("1.3.1", (), "x86_64", "unknown"),
        ("1.4.0", (), "x86_64", "cu101"),
        ("1.9.1", (), "x86_64", "cu102"),
        ("1.12.1", (), "x86_64", "cu102"),
        ("1.12.1+cu113", (), "x86_64", "cu113"),
        ("1.12.1+cpu", (), "x86_64", "cpu"),
        ("1.13.1", (), "x86_64", "cu117"),
        ("1.13.1", (("nvidia-cuda-runtime-cu11", "11.7.99"),), "x86_64", "cu117"),
        ("1.12.1", (), "aarch64", "cpu"),
    ],
)
def test_a_torch_that_carries_cuda_inside_is_known_by_its_version(version, beside, processor, build):
    packages = [Package(name, one) for name, one in (("torch", version), *beside)]
    assert build_of(packages, Platform("linux", processor)) == build


@pytest.mark.parametrize(
    ("specifiers", "first", "last", "said"),
    [
        ("", "2.0", "2.15", ""),
        (">=1.7", "2.0", "2.15", ">=1.7"),
        ("<2", "1.4", "1.13", "<2"),
        ("<=2.0.1,>=1.12", "2.0", "2.0", "<=2.0.1,>=1.12"),
        ("!=2.0.*,!=2.1.*,<2.4", "2.2", "2.3", "2.2, 2.3"),
        ("!=2.0.*,!=2.1.*", "2.2", "2.15", "2.2 - 2.15"),
    ],
)
def test_an_open_range_means_the_newest_major(specifiers, first, last, said):
    found = wanted(SpecifierSet(specifiers))
    assert (found[0], found[-1]) == (first, last)
    assert shown(SpecifierSet(specifiers)) == said


def test_every_build_is_chosen_or_refused_with_its_reason(declared, machine):
    chosen = choose(declared("torch"), machine(("TITAN Xp", "6.1"), driver="535.54"))
    reasons = {refusal.value: refusal.why.key for refusal in chosen.refused}
    # of those that ended with torch 1.x an open range says nothing
    known = {one.name for one in builds("x86_64") if one.last is None or Version(one.last).major > 1}
    assert {chosen.value, *reasons} == known
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
def test_other_vendors_are_a_problem_here_and_a_wish_elsewhere(accelerator, declared, machine):
    spec = declared("torch==2.8.*", accelerator=accelerator)
    with pytest.raises(Failure) as failure:
        choose(spec, machine())
    problem = failure.value.problems[0]
    assert (problem.code, problem.what.args["accelerator"]) == ("PV301", accelerator)
    decision = decide(spec, machine(), foreign=True)
    assert decision.kind == accelerator
    assert decision.candidates[0].versions == ("2.8",)


def vendor(state="ready", *devices, runtime="1.0", detail="", **more):
    """Facts of a Linux machine with devices of one vendor: (name, architecture or PCI id, memory in GiB)."""
    kind = more.pop("kind")
    found = tuple(
        Device(
            number,
            name,
            "" if ":" in identity else identity,
            memory * 2**30 if memory else None,
            identity if ":" in identity else "",
        )
        for number, (name, identity, memory) in enumerate(devices)
    )
    return {kind: Devices(state, found, runtime=runtime, detail=detail), **more}


MI300X, RX6700 = ("AMD Instinct MI300X", "gfx942", 192), ("AMD Radeon RX 6700 XT", "gfx1031", 12)
RYZEN, MI50 = ("AMD Radeon Graphics", "gfx1036", 1), ("AMD Instinct MI50", "gfx906", 32)


@pytest.mark.parametrize(
    ("devices", "torch", "build"),
    [
        ([MI300X], "torch==2.9.*", "rocm6.4"),
        ([MI300X], "torch==2.3.*", "rocm6.0"),
        ([MI300X], "torch", "rocm7.14"),
        ([("AMD Instinct MI350X", "gfx950", 288)], "torch==2.10.*", "rocm7.1"),
        ([("AMD Instinct MI250X", "gfx90a:sramecc+:xnack-", 128)], "torch~=2.13.0", "rocm7.2"),
        ([("Radeon 780M", "gfx1103", 4)], "torch==2.14.*", "rocm7.14"),
        # rocBLAS dropped it: the newest build that computes is ROCm 6.3's
        ([MI50], "torch", "rocm6.3"),
        # the integrated GPU of a desktop Ryzen is left out, not the card
        ([("Radeon RX 7900 XTX", "gfx1100", 24), RYZEN], "torch==2.9.*", "rocm6.4"),
    ],
)
def test_amd_is_chosen_by_exact_target(devices, torch, build, declared, machine):
    decision = decide(declared(torch), machine(**vendor("ready", *devices, runtime="", kind="amd")))
    assert decision.choice.value == build
    assert decision.kind == "rocm"
    partly = [one for one in decision.findings if one.code == "PV307"]
    assert bool(partly) == (RYZEN in devices)
    assert all(one.hints[0].command == "export HIP_VISIBLE_DEVICES=0" for one in partly)


@pytest.mark.parametrize(
    ("devices", "torch"),
    [
        ([("AMD Instinct MI350X", "gfx950", 288)], "torch==2.9.*"),
        ([MI50], "torch==2.10.*"),
        ([RX6700], "torch"),
    ],
)
def test_an_amd_gpu_without_code_of_its_own_is_cpu_and_never_taken_for_a_relative(
    devices, torch, declared, machine
):
    facts = machine(**vendor("ready", *devices, kind="amd"))
    decision = decide(declared(torch), facts)
    assert decision.choice.value == "cpu"
    assert decision.findings
    with pytest.raises(Failure) as failure:
        decide(declared(torch, accelerator="rocm"), facts)
    assert failure.value.problems[0].code == "PV306"


@pytest.mark.parametrize(
    ("runtime", "torch", "build", "reason"),
    [
        ("6.4.1", "torch", "rocm7.1", "rocm"),
        ("6.2.3", "torch", "rocm6.4", "rocm"),
        ("7.2.1", "torch", "rocm7.14", "rocm"),
        ("7.12.0", "torch", "rocm7.14", "rocm"),
        ("6.2.3", "torch==2.14.*", "rocm7.14", "rocm_untested"),
        ("", "torch", "rocm7.14", "rocm"),
    ],
)
def test_a_rocm_that_amd_tests_with_the_machines_driver_comes_first(
    runtime, torch, build, reason, declared, machine
):
    choice = choose(declared(torch), machine(**vendor("ready", MI300X, runtime=runtime, kind="amd")))
    assert (choice.value, choice.why.key) == (build, f"lock.accelerator.{reason}")
    if runtime == "6.4.1":
        refused = {one.value: one.why.key for one in choice.refused}
        assert refused["rocm7.14"] == "lock.accelerator.rocm_far"


def test_the_well_known_override_is_a_hint_and_nothing_more(declared, machine):
    facts = machine(**vendor("ready", RX6700, kind="amd"))
    finding = decide(declared("torch"), facts).findings[0]
    assert (finding.code, finding.severity) == ("PV308", "note")
    assert finding.hints[0].command == "export HSA_OVERRIDE_GFX_VERSION=10.3.0"
    hangs = machine(**vendor("ready", ("Radeon 780M", "gfx1103", 4), kind="amd"))
    assert not any(
        one.hints for one in decide(declared("torch==2.9.*"), hangs).findings if one.code == "PV308"
    )


@pytest.mark.parametrize(("system", "processor"), [("windows", "AMD64"), ("linux", "aarch64")])
def test_rocm_and_xpu_are_refused_where_there_are_no_wheels(system, processor, declared, machine):
    platform = Platform(system, processor, libc="glibc", libc_version="2.35")
    decision = decide(declared("torch"), machine(platform=platform, **vendor("ready", MI300X, kind="amd")))
    assert (decision.choice.value, decision.choice.why.key) == ("cpu", "lock.accelerator.rocm_platform")
    arc = vendor("ready", ("Intel Arc A770", "8086:56a0", 16), kind="intel")
    found = decide(declared("torch"), machine(platform=platform, **arc)).choice
    assert found.value == ("xpu" if system == "windows" else "cpu")


@pytest.mark.parametrize(
    ("kind", "state", "wanted"),
    [
        ("amd", "no-permission", "sudo usermod -aG render,video $USER"),
        ("intel", "no-permission", "sudo usermod -aG render $USER"),
        ("ascend", "no-permission", "sudo usermod -aG HwHiAiUser $USER"),
        ("ascend", "broken", "npu-smi info"),
        ("amd", "broken", "sudo dmesg | grep -i amdgpu"),
    ],
)
def test_a_device_that_cannot_be_used_is_named_with_the_way_out(kind, state, wanted, declared, machine):
    device = {"amd": MI300X, "intel": ("Intel Arc A770", "8086:56a0", 16), "ascend": ("910B1", "910B1", 64)}
    facts = machine(**vendor(state, device[kind], kind=kind, detail="/dev/x"))
    decision = decide(declared("torch"), facts)
    assert decision.choice.value == "cpu"
    finding = next(one for one in decision.findings if one.code == "PV308")
    assert finding.severity == "warning"
    assert wanted in [hint.command for hint in finding.hints]


@pytest.mark.parametrize(
    ("container", "kind", "words"),
    [
        ("docker", "amd", "--device=/dev/kfd --device=/dev/dri --group-add video"),
        ("docker", "nvidia", "--gpus all"),
        ("podman", "nvidia", "--device nvidia.com/gpu=all"),
        ("kubernetes", "nvidia", None),
    ],
)
def test_a_container_without_its_device_is_told_how_to_get_it(container, kind, words, declared, machine):
    lacking = (
        {"nvidia": Nvidia("no-device", "580.65.06")} if kind == "nvidia" else vendor("no-device", kind=kind)
    )
    decision = decide(declared("torch"), machine(container=Container(container), **lacking))
    finding = next(one for one in decision.findings if one.code == "PV308")
    assert finding.hints[0].text.args.get("options") == words
    assert (finding.hints[0].text.key == "PV308.hint_pod") == (words is None)


@pytest.mark.parametrize(
    ("device", "torch", "value"),
    [
        (("Intel(R) Arc(TM) A770 Graphics", "8086:56a0", 16), "torch", "xpu"),
        (("Intel Arc B580", "8086:e20b", 12), "torch==2.9.*", "xpu"),
        (("Intel Arc B580", "8086:e20b", 12), "torch==2.6.*", "cpu"),
        (("Intel Data Center GPU Max 1550", "8086:0bd5", 128), "torch==2.6.*", "xpu"),
        (("Intel Arc Graphics", "8086:7d55", None), "torch", "xpu"),
        (("Intel Arc A770", "", None), "torch", "xpu"),
        (("Intel UHD Graphics 630", "8086:3e92", None), "torch", "cpu"),
        (("Intel Iris Xe Graphics", "8086:9a49", None), "torch", "cpu"),
        (("Intel Data Center GPU Flex 170", "8086:56c0", 16), "torch", "cpu"),
        (("Intel Arc A770", "8086:56a0", 16), "torch==2.4.*", "cpu"),
    ],
)
def test_intel_is_chosen_by_pytorchs_list(device, torch, value, declared, machine):
    decision = decide(declared(torch), machine(**vendor("ready", device, kind="intel")))
    assert decision.choice.value == value
    if value == "cpu":
        assert [one.value for one in decision.choice.refused] == ["xpu"]


def test_an_ordinary_display_makes_no_noise_and_takes_nothing_away(declared, machine):
    display = vendor("ready", ("Intel UHD Graphics 770", "8086:4680", None), kind="intel")
    assert decide(declared("torch"), machine(**display)).findings == ()
    gpu = machine(("NVIDIA GeForce RTX 4090", "8.9"), driver="595.45", **display)
    decision = decide(declared("torch"), gpu)
    assert (decision.choice.value, decision.findings) == ("cu132", ())


@pytest.mark.parametrize(
    ("distribution", "command"),
    [("ubuntu", "sudo apt install libze1 libze-intel-gpu1"), ("gentoo", None)],
)
def test_a_missing_level_zero_is_said_with_its_packages(distribution, command, declared, machine):
    platform = Platform("linux", "x86_64", distribution=distribution, libc="glibc", libc_version="2.39")
    arc = vendor("ready", ("Intel Arc A770", "8086:56a0", 16), runtime="", kind="intel")
    decision = decide(declared("torch"), machine(platform=platform, **arc))
    assert decision.choice.value == "xpu"
    assert [(one.code, one.hints[0].command) for one in decision.findings] == [("PV374", command)]


@pytest.mark.parametrize(
    ("memory", "value"), [((24, 192), "rocm6.4"), ((80, 24), "cu128"), ((None, 192), "cu128")]
)
def test_of_two_vendors_the_one_with_more_memory_is_taken_and_the_other_is_said(
    memory, value, declared, machine
):
    facts = machine(
        ("NVIDIA H100", "9.0"),
        driver="570.26",
        **vendor("ready", ("AMD Instinct MI300X", "gfx942", memory[1]), runtime="6.4", kind="amd"),
    )
    gpus = tuple(replace(one, memory=memory[0] * 2**30 if memory[0] else None) for one in facts.nvidia.gpus)
    facts = replace(facts, nvidia=replace(facts.nvidia, gpus=gpus))
    decision = decide(declared("torch==2.9.*"), facts)
    assert decision.choice.value == value
    note = next(one for one in decision.findings if one.code == "PV309")
    other = "cuda" if value.startswith("rocm") else "rocm"
    assert note.hints[0].text.args["accelerator"] == other
    assert decide(declared("torch==2.9.*", accelerator=other), facts).kind == other


@pytest.mark.parametrize(
    ("macos", "torch", "value", "limits"),
    [
        ("15.5", "torch", "mps", ()),
        ("14.0", "torch", "mps", ()),
        ("13.7.4", "torch", "mps", ("torch<2.8",)),
        ("12.7.6", "torch", "mps", ("torch<2.5",)),
        ("12.7.6", "torch==2.5.1", "cpu", ()),
        ("12.2", "torch", "cpu", ()),
        ("11.1", "torch", "cpu", ()),
        ("27.0", "torch", "mps", ("torch>=2.14",)),
        ("27.0", "torch==2.13.*", "cpu", ()),
        ("", "torch", "mps", ()),
    ],
)
def test_macos_limits_torch_and_torch_limits_macos(macos, torch, value, limits, declared, machine):
    facts = machine(platform=Platform("darwin", "arm64", distribution_version=macos))
    decision = decide(declared(torch), facts)
    assert (decision.choice.value, decision.candidates[0].constraints) == (value, limits)
    codes = [one.code for one in decision.findings]
    assert codes == (["PV376"] if limits else [] if value == "mps" else ["PV308"])
    if value == "cpu":
        with pytest.raises(Failure) as failure:
            decide(declared(torch, accelerator="mps"), facts)
        assert failure.value.problems[0].code == "PV302"


@pytest.mark.parametrize(
    ("runtime", "torch", "plugin"),
    [
        ("8.5.0", "torch", "torch-npu==2.9.0"),
        ("8.1.RC1", "torch", "torch-npu==2.5.1"),
        ("8.1.RC1.alpha002", "torch==2.4.*", "torch-npu==2.4.0.post4"),
        ("9.1.0", "torch~=2.9.0", "torch-npu==2.9.0.post6"),
        ("9.2.0", "torch", "torch-npu==2.12.0"),
        ("", "torch", "torch-npu==2.12.0"),
        ("", "torch==2.9.0+cpu", "torch-npu==2.9.0.post6"),
    ],
)
def test_ascend_takes_the_plugin_that_fits_torch_and_cann(runtime, torch, plugin, declared, machine):
    npu = vendor("ready", ("910B1", "910B1", 64), runtime=runtime, kind="ascend")
    decision = decide(declared(torch), machine(**npu))
    best = decision.candidates[0]
    version = plugin.partition("==")[2].partition(".post")[0]
    assert (decision.choice.value, decision.kind, best.build) == ("ascend", "ascend", "cpu")
    assert best.plugins == (plugin, f"torch=={version}")
    said = [one.code for one in decision.findings]
    assert said == ([] if runtime in ("8.5.0", "8.1.RC1", "9.1.0") else ["PV373"]) or "alpha" in runtime


def test_an_ascend_machine_whose_cann_does_not_fit_torch_is_told_which_would(declared, machine):
    facts = machine(**vendor("ready", ("910B1", "910B1", 64), runtime="8.1.RC1", kind="ascend"))
    decision = decide(declared("torch==2.9.*"), facts)
    assert decision.choice.value == "cpu"
    finding = next(one for one in decision.findings if one.code == "PV303")
    assert finding.why.args["cann"] == "9.1.0"


@pytest.mark.parametrize(
    ("torch", "glibc", "value"),
    [
        ("torch", "2.35", "tpu"),
        ("torch==2.7.*", "2.31", "tpu"),
        ("torch==2.13.*", "2.35", "cpu"),
        ("torch", "2.28", "cpu"),
    ],
)
def test_a_tpu_takes_pytorch_xla_of_torchs_version(torch, glibc, value, declared, machine):
    platform = Platform("linux", "x86_64", libc="glibc", libc_version=glibc)
    facts = machine(platform=platform, **vendor("ready", ("TPU v5e", "v5e", 16), kind="tpu"))
    decision = decide(declared(torch), facts)
    assert decision.choice.value == value
    if value == "tpu":
        minor = decision.candidates[0].versions[0]
        assert decision.candidates[0].plugins == (f"torch-xla[tpu]=={minor}.*", f"torch=={minor}.*")


def jetson(l4t, capability, name="Orin", driver=None, kernel=""):
    platform = Platform("linux", "aarch64", kernel=kernel, libc="glibc", libc_version="2.35", l4t=l4t)
    gpus = (Gpu(0, name, capability),)
    return Facts(platform, nvidia=Nvidia("ready", driver, gpus=gpus))


@pytest.mark.parametrize(
    ("facts", "torch", "value", "codes"),
    [
        (jetson("36.4.3", "8.7", driver="540.4.0"), "torch", "jetson", ["PV377"]),
        (jetson("", "8.7", kernel="5.15.148-tegra"), "torch==2.8.*", "jetson", ["PV377"]),
        (jetson("36.4.3", "8.7"), "torch==2.13.*", "cpu", ["PV375"]),
        (jetson("39.2.0", "8.7", driver="595.78"), "torch", "cpu", ["PV375"]),
        (jetson("35.6.0", "7.2", "Xavier"), "torch", "cpu", ["PV375"]),
        (jetson("", "8.7", "Orin (nvgpu)"), "torch", "cpu", ["PV375"]),
        (jetson("38.2.0", "11.0", "NVIDIA Thor", driver="580.00"), "torch==2.13.*", "cu130", []),
        (jetson("39.2.0", "11.0", "NVIDIA Thor", driver="595.78"), "torch==2.13.*", "cu132", []),
    ],
)
def test_jetsons_take_nvidias_own_wheels_or_are_told_that_there_are_none(
    facts, torch, value, codes, declared
):
    decision = decide(declared(torch), facts)
    assert (decision.choice.value, [one.code for one in decision.findings]) == (value, codes)
    assert (decision.candidates[0].index is not None) == (value == "jetson")


H100, ORIN = ("NVIDIA H100", "9.0"), ("Orin", "8.7")


@pytest.mark.parametrize(
    ("gpus", "driver", "cuda", "capabilities", "key"),
    [
        ([H100], "525.60.13", "12.9", (), None),
        ([H100], "525.60.12", "12.9", (), "driver_too_old"),
        ([H100], "580.65.05", "13.0", (), "driver_too_old"),
        ([H100], "595.45", "12.9", ("8.0", "8.6"), "no_code"),
        ([H100], "595.45", "12.9", ("8.0", "8.6+PTX"), None),
        ([("RTX 4090", "8.9")], "595.45", "12.9", ("8.0",), None),
        ([H100, ("RTX 5090", "12.0")], "595.45", "12.9", ("9.0",), "no_code"),
        ([H100], None, "12.9", ("9.0",), None),
        ([H100], None, "13.0", ("9.0",), "driver_unknown"),
        ([], None, "12.9", (), "no_gpu"),
    ],
)
def test_a_cuda_build_of_any_package_is_held_against_the_machine(
    gpus, driver, cuda, capabilities, key, machine
):
    why = cuda_refusal(machine(*gpus, driver=driver), cuda, capabilities)
    assert (why.key.rpartition(".")[2] if why else None) == key


def test_a_jetson_refuses_cuda_builds_of_servers():
    assert cuda_refusal(jetson("36.4.3", "8.7"), "12.6").key == "lock.accelerator.tegra"
    assert cuda_refusal(jetson("38.2.0", "11.0", "NVIDIA Thor"), "13.0", ("11.0",)) is None


def test_toolkits_on_the_machine_are_said_where_the_choice_is_explained(declared, machine):
    toolkits = (
        Toolkit("cuda", "13.0.2", "/usr/local/cuda-13.0"),
        Toolkit("cuda", "12.4.1", "/usr/local/cuda-12.4"),
        Toolkit("cudnn", "8.9.7", "/usr/lib/x86_64-linux-gnu", active=True),
        Toolkit("nccl", "2.20", "/usr/lib/x86_64-linux-gnu"),
    )
    decision = decide(declared("torch~=2.13.0"), machine(H100, driver="580.65.06", toolkits=toolkits))
    assert decision.choice.value == "cu130"
    said = {one.value: one.why.key.rpartition(".")[2] for one in decision.choice.refused}
    assert {one: said.get(one) for one in ("cuda 13.0.2", "cuda 12.4.1", "cudnn 8.9.7", "nccl 2.20")} == {
        "cuda 13.0.2": "toolkit_same",
        "cuda 12.4.1": "toolkit",
        "cudnn 8.9.7": "toolkit_active",
        "nccl 2.20": None,
    }
    assert decision.findings == ()


def test_amx_is_said_as_good(declared, machine):
    facts = machine(cpu=Cpu("Xeon 8488C", level="x86-64-v4", features=("avx512f", "amx_tile", "amx_bf16")))
    assert choose(declared("torch"), facts).why.key == "lock.accelerator.no_gpu_amx"


@pytest.mark.parametrize(
    ("cpu", "packages", "codes"),
    [
        (Cpu("Core 2", level="x86-64", features=("ssse3",)), {"torch": "2.13.0"}, ["PV370"]),
        (Cpu("Core 2", level="x86-64", features=("ssse3",)), {"torch": "2.0.1"}, []),
        (
            Cpu("E5-2640", level="x86-64-v2", features=("avx", "sse4_2")),
            {"torch": "2.13.0", "jaxlib": "0.10.2"},
            [],
        ),
        (
            Cpu("Nehalem", level="x86-64-v2", features=("sse4_2",)),
            {"jaxlib": "0.10.2", "polars": "1.30"},
            ["PV370"],
        ),
        (Cpu("E5-2640", level="x86-64-v2", features=("avx",)), {"xformers": "0.0.30"}, ["PV371"]),
        (Cpu("i7", level="x86-64-v3"), {"torch": "2.13.0", "polars": "1.30", "faiss-cpu": "1.9"}, []),
        (Cpu(""), {"torch": "2.13.0", "polars": "1.30"}, []),
    ],
)
def test_wheels_that_would_die_of_an_illegal_instruction_are_named(cpu, packages, codes, machine):
    assert [one.code for one in cpu_findings(packages, machine(cpu=cpu))] == codes


def test_musl_and_virtual_processors_have_hints_of_their_own(machine):
    musl = machine(platform=Platform("linux", "x86_64", libc="musl", libc_version="1.2.5"))
    assert [one.code for one in cpu_findings({"torch": "2.13.0", "six": "1.17"}, musl)] == ["PV372"]
    guest = machine(cpu=Cpu("QEMU", level="x86-64"), container=Container(virtual="kvm"))
    hints = cpu_findings({"torch": "2.13.0"}, guest)[0].hints
    assert "PV370.hint_virtual" in [hint.text.key for hint in hints]
    other = machine(platform=Platform("linux", "aarch64"), cpu=Cpu("Neoverse", features=("asimd",)))
    assert cpu_findings({"torch": "2.13.0"}, other) == ()


def test_mig_is_said(declared, machine):
    facts = machine(H100, driver="595.45")
    gpus = tuple(replace(one, mig="Enabled") for one in facts.nvidia.gpus)
    decision = decide(declared("torch"), replace(facts, nvidia=replace(facts.nvidia, gpus=gpus)))
    assert [one.code for one in decision.findings] == ["PV378"]


def test_a_broken_driver_is_told_apart_by_its_cause(declared, machine):
    for detail, command in [("Driver/library version mismatch", "sudo reboot"), ("no answer", "nvidia-smi")]:
        facts = machine(nvidia=Nvidia("broken", "570.124.06", detail=detail))
        finding = decide(declared("torch"), facts).findings[0]
        assert (finding.code, finding.hints[0].command) == ("PV304", command)


@pytest.mark.parametrize(
    ("driver", "gpu", "key"),
    [
        ("550.54.14", H100, "PV379.why_driver"),
        ("595.45", ("TITAN V", "7.0"), "PV379.why_gpu"),
        (None, H100, "PV379.why_unknown"),
    ],
)
def test_why_the_newest_torch_is_out_of_reach_is_said(driver, gpu, key, declared, machine):
    note = next(one for one in decide(declared("torch"), machine(gpu, driver=driver)).findings)
    assert (note.code, note.severity, note.why.key) == ("PV379", "note", key)
    assert decide(declared("torch==2.10.*"), machine(gpu, driver=driver)).findings == ()


KINDS = {
    "h100-driver580": "cuda",
    "v100-driver535": "cuda",
    "gh200": "cuda",
    "jetson-orin": "cuda",
    "mi300x": "rocm",
    "wsl2-rx7900xt": "rocm",
    "arc-a770": "xpu",
    "m2-macos15": "mps",
    "ascend-910b": "ascend",
    "tpu-v5e": "tpu",
    "cpu-amx": "cpu",
    "container-without-device": "cpu",
    "visible-none": "cpu",
    "amd-no-permission": "cpu",
}


@pytest.mark.parametrize("name", sorted(path.stem for path in (REPOSITORY / "tests/machines").glob("*.json")))
def test_every_kind_of_machine_gets_a_choice_whose_reason_is_whole(name, declared):
    facts = facts_room.load(REPOSITORY / "tests" / "machines" / f"{name}.json")
    decision = decide(declared("torch"), facts)
    assert decision.kind == KINDS.get(name, decision.kind)
    assert decision.choice.why.args.get("gpus") != "?"
    assert len({one.value for one in decision.choice.refused}) == len(decision.choice.refused)


def test_cpu_stays_cpu_on_a_gpu_machine(declared, machine):
    facts = machine(("NVIDIA H100", "9.0"), driver="595.45")
    assert choose(declared("torch", accelerator="cpu"), facts).value == "cpu"


@pytest.mark.parametrize(
    ("local", "build"),
    [
        ("cu130", "cu130"),
        ("cpu.cxx11.abi", "cpu"),
        ("rocm6.2.4", "rocm6.2.4"),
        ("rocm7.14.post1", "rocm7.14"),
        ("xpu", "xpu"),
        ("git1234", "git1234"),
    ],
)
def test_a_local_version_names_its_build(local, build):
    assert build_of_local(local) == build


def test_the_index_of_a_choice_is_the_one_that_has_its_files():
    found = {one: build_of_choice(one) for one in ("ascend", "tpu", "mps", "xpu", "rocm7.2", "cu130", "cpu")}
    assert {one for one, build in found.items() if build == "cpu"} == {"ascend", "tpu", "mps", "cpu"}
    assert found["rocm7.2"] == "rocm7.2"


@pytest.mark.parametrize(
    ("version", "target"),
    [
        ("12.7.6", "12.0"),
        ("13.7", "13.0"),
        ("14.5", "14.0"),
        ("27.0", "14.0"),
        ("10.15.7", "10.15"),
        ("", "14.0"),
    ],
)
def test_wheels_are_taken_for_the_macos_of_the_machine_or_for_14(version, target):
    assert deployment_target(Platform("darwin", "arm64", distribution_version=version)) == target


def test_the_tables_name_their_source_and_fit_each_other():
    drivers, torch = table("cuda_drivers"), table("torch_builds")
    for path in (*FOLDER.glob("*.json"), *SHARED.glob("*.json")):
        assert table(path.stem)["source"], path.stem
        assert table(path.stem)["date"], path.stem
    for rows in table("torch_rocm")["builds"].values():
        for row in rows:
            assert Version(row["from"]) <= Version(row["to"] or torch["newest"])
            assert len(row["targets"]) == len(set(row["targets"]))
    identifiers = [one for family in table("intel_gpus")["families"] for one in family["ids"]]
    assert len(identifiers) == len(set(identifiers))
    for platform in ("x86_64", "aarch64"):
        for build in builds(platform):
            for system in ("linux", "windows"):
                floors = drivers["floor"][system]
                floor = floors.get(build.cuda) or floors[build.cuda.split(".")[0]]
                assert Version(floor) <= Version(drivers["own"][system][build.cuda])
            assert Version(build.first) <= Version(build.last or torch["newest"])
