# ruff: noqa: E501 - what was recorded is as wide as the tools print it
"""Readers of what other vendors' tools, container engines and clusters print, in each of their layouts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from provenv.facts import apple, ascend, cdi, engines, intel, kubernetes, platform, rocm, slurm, toolkits, tpu
from provenv.facts.rocm import Agent
from provenv.facts.visible import chosen
from provenv.model.services import Kubernetes, Partition

MIB = 1 << 20


def recorded(shared_cases: Path, name: str) -> str:
    text = (shared_cases / "tool-outputs" / name).read_text(encoding="utf-8")
    return "\n".join(line for line in text.splitlines() if not line.startswith("# ")) + "\n"


@pytest.mark.parametrize(
    ("version", "name"),
    [(90402, "gfx942"), (90010, "gfx90a"), (110000, "gfx1100"), (100306, "gfx1036"), (110501, "gfx1151")],
)
def test_gfx_numbers(version: int, name: str) -> None:
    assert rocm.gfx(version) == name


def test_recorded_amd_smi(shared_cases: Path) -> None:
    found, driver = rocm.amd_smi(recorded(shared_cases, "amd-smi-static-mi350x.txt"))
    assert found == (Agent("AMD Instinct MI350X", "gfx950", None, "0000:05:00.0", "1002:75a0"),)
    assert driver == "6.18.3"


AMD_SMI = """/usr/lib/python3/dist-packages/amdsmi/amdsmi_interface.py:3569: SyntaxWarning: 'return' in a 'finally' block
  return return_dictionary
{
    "gpu_data": [
        {
            "gpu": 0,
            "asic": {"market_name": "AMD Radeon RX 7800 XT", "device_id": "0x747e",
                     "target_graphics_version": "gfx1101"},
            "bus": {"bdf": "0000:03:00.0"},
            "vram": {"type": "GDDR6", "size": {"value": 16368, "unit": "MB"}},
            "driver": {"name": "amdgpu", "version": "Linuxversion6.16.4"}
        }
    ]
}
"""


def test_amd_smi_below_gpu_data_after_warnings() -> None:
    found, driver = rocm.amd_smi(AMD_SMI)
    assert found == (Agent("AMD Radeon RX 7800 XT", "gfx1101", 16368 * MIB, "0000:03:00.0", "1002:747e"),)
    assert driver == ""


@pytest.mark.parametrize(
    "printed", ["", "ERROR:root:Unable to detect any GPU devices\n", "[", "[1]", "{}", "[" * 9999]
)
def test_amd_smi_without_a_gpu(printed: str) -> None:
    assert rocm.amd_smi(printed) == ((), "")


def test_recorded_rocm_smi(shared_cases: Path) -> None:
    assert rocm.rocm_smi(recorded(shared_cases, "rocm-smi-mi300-concise.txt")) == (Agent(pci="1002:74b5"),)
    assert len(rocm.rocm_smi(recorded(shared_cases, "rocm-smi-showtoponuma.txt"))) == 8


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        (
            "device,GPU use (%),VRAM Total Memory (B),Card Series,Card Model,GFX Version\n"
            "card0,0,21458059264,Radeon RX 7900 XT,0x744c,gfx1100\n",
            (Agent("Radeon RX 7900 XT", "gfx1100", 21458059264, "", "1002:744c"),),
        ),
        (
            '{"card0": {"Card series": "Arcturus GL-XL [AMD Instinct MI100]", "Card model": "0x0c34",'
            ' "PCI Bus": "0000:C9:00.0"}, "system": {"Driver version": "5.16"}}',
            (Agent("AMD Instinct MI100", "", None, "0000:c9:00.0", "1002:0c34"),),
        ),
        (
            "========ROCm System Management Interface========\n"
            "GPU  Temp   AvgPwr  SCLK    MCLK    Fan    Perf  PwrCap  VRAM%  GPU%\n"
            "1    25.0c  10.0W   852Mhz  167Mhz  14.9%  auto  170.0W  N/A    0%\n",
            (Agent(),),
        ),
        (
            "GPU[0]\t\t: Card Series: \t\tAMD Radeon VII\nGPU[0]\t\t: Card Model: \t\t0x66af\n",
            (Agent("AMD Radeon VII", "", None, "", "1002:66af"),),
        ),
        ("ERROR: GPU[0]: not supported\n", ()),
        ("{", ()),
    ],
)
def test_rocm_smi(printed: str, expected: tuple[Agent, ...]) -> None:
    assert rocm.rocm_smi(printed) == expected


def test_a_processor_is_no_gpu(shared_cases: Path) -> None:
    assert rocm.rocminfo(recorded(shared_cases, "rocminfo-header-cpu-agent.txt")) == ()


def test_agents_that_are_processors_are_not_listed() -> None:
    assert rocm.enumerator("gfx000\ngfx90a\ngfx90a\n") == (Agent(architecture="gfx90a"),) * 2


def test_recorded_clinfo(shared_cases: Path) -> None:
    assert intel.clinfo(recorded(shared_cases, "clinfo-l-a750.txt")) == ("Intel(R) Arc(TM) A750 Graphics",)


@pytest.mark.parametrize(
    ("printed", "names"),
    [
        ("", ()),
        ("Platform #0: NVIDIA CUDA\n `-- Device #0: NVIDIA GeForce RTX 3090\n", ()),
        (
            "Platform #0: NVIDIA CUDA\n `-- Device #0: NVIDIA GeForce RTX 3090\n"
            "Platform #1: Intel(R) OpenCL Graphics\n `-- Device #0: Intel(R) UHD Graphics 750\n",
            ("Intel(R) UHD Graphics 750",),
        ),
        ("Platform #0: Intel(R) OpenCL\n `-- Device #0: Intel(R) Core(TM) i7-8750H CPU @ 2.20GHz\n", ()),
        (
            "Platform #0: rusticl\n `-- Device #0: Mesa Intel(R) UHD Graphics 620 (KBL GT2)\n",
            ("Intel(R) UHD Graphics 620",),
        ),
    ],
)
def test_clinfo(printed: str, names: tuple[str, ...]) -> None:
    assert intel.clinfo(printed) == names


@pytest.mark.parametrize(
    ("printed", "names"),
    [
        (
            "[opencl:cpu][opencl:0] Intel(R) OpenCL, Intel(R) Core(TM) i7-8750H CPU OpenCL 3.0 [2024.18]\n",
            (),
        ),
        (
            "[opencl:gpu:3] Intel(R) OpenCL Graphics, Intel(R) Arc(TM) A770 Graphics OpenCL 3.0 NEO  [31.0.1]\n"
            "[ext_oneapi_level_zero:gpu:0] Intel(R) Level-Zero, Intel(R) UHD Graphics 770 1.3 [1.3.28044]\n"
            "[ext_oneapi_level_zero:gpu:1] Intel(R) Level-Zero, Intel(R) Arc(TM) A770 Graphics 1.3 [1.3.28044]\n",
            ("Intel(R) UHD Graphics 770", "Intel(R) Arc(TM) A770 Graphics"),
        ),
        (
            "[level_zero:gpu][level_zero:0] Intel(R) Level-Zero, Intel(R) Arc(TM) A750 Graphics 12.55.8 [1.3.2]\n",
            ("Intel(R) Arc(TM) A750 Graphics",),
        ),
        (
            "[opencl:gpu][opencl:1] Intel(R) OpenCL Graphics, Intel(R) UHD Graphics 750 OpenCL 3.0 NEO [25.1]\n",
            ("Intel(R) UHD Graphics 750",),
        ),
    ],
)
def test_sycl_ls(printed: str, names: tuple[str, ...]) -> None:
    assert intel.sycl_ls(printed) == names


XPU_SMI = """
  Device ID     Device Information
  0             Device Type: Discrete GPU
                Device Name: Intel(R) Arc(TM) A770 Graphics
                Device State: normal
                PCI Device ID: 0x56a0
                Vendor Name: Intel(R) Corporation
                Serial Number: unknown
"""


def test_xpu_smi_without_a_frame() -> None:
    assert intel.xpu_smi(XPU_SMI) == (intel.Said("Intel(R) Arc(TM) A770 Graphics", "", "8086:56a0"),)
    assert intel.xpu_smi("Error: Level Zero Initialization Error\n") == ()


def test_recorded_displays(shared_cases: Path) -> None:
    assert apple.chipsets(recorded(shared_cases, "system-profiler-displays-m1.txt")) == ("Apple M1",)


def test_recorded_npu_smi(shared_cases: Path) -> None:
    chips, version = ascend.table(recorded(shared_cases, "npu-smi-25.5.0-a3-two-chips.txt"))
    assert version == "25.5.0"
    assert [(one.number, one.slot, one.memory, one.health) for one in chips] == [
        (0, "0000:9d:00.0", 65536 * MIB, "OK"),
        (1, "0000:9f:00.0", 65536 * MIB, "OK"),
    ]
    assert [ascend.architecture(one, chips) for one in chips] == ["910_93", "910_93"]


WIDE = """
+------------------------------------------------------------------------------------------------------------------+
| npu-smi 26.0.rc2                            Version: 26.0.rc2                                                    |
+---------------------------+---------------+----------------------------------------------------------------------+
| NPU   Name                | Health        | Power(W)             Temp(C)                 Hugepages-Usage(page)   |
| Chip                      | Bus-Id        | AICore(%)            Memory-Usage(MB)        HBM-Usage(MB)           |
+===========================+===============+======================================================================+
| 0     910B4-1             | OK            | 91.3                 33                      0    / 0                |
| 0                         | 0000:xx:00.0  | 0                    0    / 0                3197 / 65536            |
+===========================+===============+======================================================================+
| 7     910B4-1             | Alarm         | 91.3                 33                      0    / 0                |
| 0                         | 0000:xx:00.0  | 0                    0    / 0                3197 / 65536            |
+===========================+===============+======================================================================+
+---------------------------+---------------+----------------------------------------------------------------------+
| NPU     Chip              | Process id    | Process name       | Process memory(MB)    | Process id in container |
+===========================+===============+======================================================================+
| 0       0                 | 692318        | python3            | 12417                 | NA                      |
"""


def test_npu_smi_wide_with_its_processes() -> None:
    chips, version = ascend.table(WIDE)
    assert version == "26.0.rc2"
    assert [(one.number, one.name, one.health) for one in chips] == [
        (0, "910B4-1", "OK"),
        (1, "910B4-1", "Alarm"),
    ]


@pytest.mark.parametrize(
    ("accelerator", "kind"),
    [
        ("v5litepod-8", "v5e"),
        ("v4-8", "v4"),
        ("v5p-16", "v5p"),
        ("v6e-4", "v6e"),
        ("tpu7x-8", "7x"),
        ("x", ""),
        ("", ""),
    ],
)
def test_accelerator_types(accelerator: str, kind: str) -> None:
    assert tpu.kind(accelerator) == kind


@pytest.mark.parametrize(
    ("variable", "left"),
    [
        ("0,2", "ac"),
        ("1-2", "bc"),
        ("2,0,2", "ca"),
        ("", ""),
        ("-1", ""),
        ("0,9,1", "a"),
        ("x", ""),
        ("0-9", "abc"),
        ("GPU-12ab", "abc"),
    ],
)
def test_lists_of_visible_devices(variable: str, left: str) -> None:
    assert "".join(chosen("abc", variable)) == left


@pytest.mark.parametrize(
    ("release", "version"),
    [
        ("# R36 (release), REVISION: 4.3, GCID: 38968081, BOARD: generic, EABI: aarch64\n", "36.4.3"),
        ("# R32 (release), REVISION: 7.1, GCID: 29818004, BOARD: t210ref\n", "32.7.1"),
        ("# R38 (release), REVISION: 2.0, GCID: 41844464\n", "38.2.0"),
        ("", ""),
        ("Ubuntu\n", ""),
    ],
)
def test_releases_of_linux_for_tegra(release: str, version: str) -> None:
    assert platform.l4t(release) == version


def test_recorded_cdi_list(shared_cases: Path) -> None:
    printed = recorded(shared_cases, "nvidia-ctk-cdi-list-jetson.txt")
    assert cdi.listed(printed) == ("nvidia.com/gpu=0", "nvidia.com/gpu=all")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (
            '{"cdiVersion": "0.6.0", "kind": "amd.com/gpu", "devices": [{"name": "0"}, {"x": 1}]}',
            ("amd.com/gpu=0",),
        ),
        (
            "kind: vendor.com/device\ndevices:\n"
            "  - containerEdits:\n      env:\n      - A=1\n    name: one\n",
            ("vendor.com/device=one",),
        ),
        ("devices:\n- name: '0'\n", ()),
        ("", ()),
        ("[]", ()),
        ('{"devices": 3}', ()),
    ],
)
def test_specifications_of_devices(text: str, names: tuple[str, ...]) -> None:
    assert cdi.specification(text) == names


def test_a_run_that_docker_refused_is_no_engine_that_answers(shared_cases: Path) -> None:
    printed = recorded(shared_cases, "docker-nvml-insufficient-permissions.txt")
    assert engines.document(printed) == {}
    assert engines.docker({}, "20.10.7", detail="x").reachable is False


def test_engines_that_say_more() -> None:
    said: dict[str, Any] = {
        "ServerVersion": "29.1.2",
        "SecurityOptions": ["name=seccomp,profile=builtin", "name=rootless"],
        "Runtimes": {"runc": {}, "nvidia": {}},
        "DiscoveredDevices": [{"Source": "cdi", "ID": "nvidia.com/gpu=0"}],
    }
    found = engines.docker(said, "", ("nvidia.com/gpu=0", "nvidia.com/gpu=all"))
    assert (found.reachable, found.rootless, found.runtimes) == (True, True, ("nvidia", "runc"))
    assert found.cdi == ("nvidia.com/gpu=0", "nvidia.com/gpu=all")


def test_recorded_nodes_of_slurm(shared_cases: Path) -> None:
    assert slurm.nodes(recorded(shared_cases, "scontrol-node-v100-old.txt")) == (
        slurm.Node("gpu-a02", "gpu:2", ("gpuv100",)),
    )
    assert slurm.nodes(recorded(shared_cases, "sinfo-gres-used.txt")) == (
        slurm.Node("gpu-01", "gpu:tesla:4"),
        slurm.Node("gpu-04", "gpu:tesla:4"),
        slurm.Node("gpu-05", "gpu:tesla:4"),
        slurm.Node("cpu-01", ""),
    )


def test_partitions() -> None:
    printed = "gpu*|4|gpu:a100:4(S:0,1),nvme:1|1-00:00:00\ncpu|9|(null)|infinite\nnonsense\na|b|c|d\n"
    assert slurm.partitions(printed) == (
        Partition("gpu", 4, "gpu:a100:4,nvme:1", "1-00:00:00", True),
        Partition("cpu", 9, "", "infinite"),
    )


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("\n", Kubernetes()),
        ("", Kubernetes()),
        ("a\na\tns\nb\t\n", Kubernetes("a", ("a", "b"), "ns")),
        ("gone\na\t\n", Kubernetes("gone", ("a",))),
    ],
)
def test_contexts(printed: str, expected: Kubernetes) -> None:
    assert kubernetes.names(printed) == expected


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ('{"cuda": {"name": "CUDA SDK", "version": "12.4.1"}}', "12.4.1"),
        ("CUDA Version 10.2.89\nCUDA Patch Version 10.2.1\n", "10.2.89"),
        ("{}", ""),
        ("[]", ""),
        ('{"cuda": 3}', ""),
        ("", ""),
    ],
)
def test_versions_of_cuda(text: str, version: str) -> None:
    assert toolkits.cuda_version(text) == version
