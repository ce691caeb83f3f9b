"""What the machine's facts add, and what a log states of its machine by itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from provenv import facts
from provenv.diagnosis.machine import LOOKS, adds
from provenv.diagnosis.machine.cuda import carried, floor
from provenv.diagnosis.said import stated
from provenv.model.facts import Container, Cpu, Disk, Facts, Gpu, Limits, Memory, Network, Nvidia, Platform
from provenv.model.services import Engine
from provenv.ui.words import Words

GIB = 1 << 30
LINUX = Facts(platform=Platform("linux", "x86_64", libc="glibc", libc_version="2.36"))
MACHINES = sorted((Path(__file__).parent.parent / "machines").glob("*.json"))


def nvidia(driver="525.60.13", cuda="12.0", *gpus):
    return replace(LINUX, nvidia=Nvidia("ready", driver, cuda, gpus))


@pytest.mark.parametrize(
    ("name", "log", "machine", "args"),
    [
        (
            "machine.driver-older-than-build",
            "torch 2.12.0+cu130",
            nvidia(),
            {"driver": "525.60.13", "carries": "12.0", "cuda": "13.0", "floor": "580.65.06"},
        ),
        ("machine.driver-older-than-build", "PyTorch version: 2.12.0", nvidia(), {"cuda": "13.0"}),
        (
            "machine.gpu-arch-new",
            "torch 2.5.1+cu124",
            nvidia("570.0", "12.8", Gpu(0, "RTX 5090", "12.0")),
            {"gpu": "RTX 5090", "capability": "12.0"},
        ),
        (
            "machine.gpu-arch-old",
            "torch 2.12.0+cu130",
            nvidia("580.70", "13.0", Gpu(0, "Tesla V100", "7.0")),
            {"capability": "7.0"},
        ),
        ("machine.no-gpu", "", LINUX, {}),
        ("machine.no-gpu", "", replace(LINUX, nvidia=Nvidia("ready", hidden=2, visible="")), {"visible": ""}),
        (
            "machine.gpu-broken",
            "",
            replace(LINUX, nvidia=Nvidia("broken", detail="mismatch")),
            {"detail": "mismatch"},
        ),
        (
            "machine.glibc-old",
            "",
            replace(LINUX, platform=replace(LINUX.platform, libc_version="2.17")),
            {"version": "2.17"},
        ),
        (
            "machine.shm-small",
            "",
            replace(LINUX, memory=Memory(shm_total=64 << 20)),
            {"size_bytes": 64 << 20},
        ),
        (
            "machine.disk-full",
            "",
            replace(LINUX, disks=(Disk("temp", "/tmp", "t", "tmpfs", 100 * GIB, 1000, True),)),
            {"path": "/tmp", "free_bytes": 1000},
        ),
        (
            "machine.memory-small",
            "",
            replace(LINUX, memory=Memory(64 * GIB, 50 * GIB, 2 * GIB)),
            {"granted_bytes": 2 * GIB},
        ),
        ("machine.open-files-low", "", replace(LINUX, limits=Limits(1024)), {"limit": 1024}),
        ("machine.in-container", "", replace(LINUX, container=Container("docker")), {"kind": "docker"}),
        ("machine.wsl", "", replace(LINUX, container=Container(wsl=2)), {"version": 2}),
        (
            "machine.proxy-set",
            "",
            replace(LINUX, network=Network((("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", "x")))),
            {"proxies": "HTTPS_PROXY=http://p:1"},
        ),
        (
            "machine.ld-library-path",
            "",
            replace(LINUX, variables=(("LD_LIBRARY_PATH", "/usr/local/cuda/lib64"),)),
            {"value": "/usr/local/cuda/lib64"},
        ),
        (
            "machine.conda-active",
            "",
            replace(LINUX, variables=(("CONDA_PREFIX", "/opt/conda"),)),
            {"prefix": "/opt/conda"},
        ),
        (
            "machine.no-avx",
            "",
            replace(LINUX, cpu=Cpu("Celeron", features=("sse4_2",))),
            {"model": "Celeron"},
        ),
        ("machine.no-compiler", "", LINUX, {}),
        ("machine.no-engine", "", LINUX, {}),
        (
            "machine.engine-denied",
            "",
            replace(LINUX, engines=(Engine("docker", detail="permission denied"),)),
            {"name": "docker"},
        ),
        ("machine.kvm-denied", "", replace(LINUX, kvm="no-permission"), {}),
        (
            "machine.rosetta",
            "",
            replace(LINUX, platform=Platform("darwin", "x86_64"), cpu=Cpu("Apple M2")),
            {"model": "Apple M2"},
        ),
    ],
)
def test_a_machine_adds_what_it_knows(name, log, machine, args):
    found = adds(log, machine)[name]
    assert {key: value for key, value in found.args.items() if key in args} == args


@pytest.mark.parametrize("language", ["en", "zh_CN"])
@pytest.mark.parametrize("path", MACHINES, ids=lambda path: path.stem)
def test_every_recorded_machine_is_told_in_words(path, language):
    for log in ("", "torch 2.12.0+cu130", "torch 1.13.0+cu117"):
        for words in adds(log, facts.load(path)).values():
            assert "diagnosis." not in Words(language)(words)


def test_nothing_is_added_by_a_machine_that_nobody_told_of():
    assert adds("RuntimeError: x", None) == {}


def test_a_driver_that_is_new_enough_adds_nothing():
    assert "machine.driver-older-than-build" not in adds("torch 2.5.1+cu124", nvidia())


def test_a_log_that_states_both_sides_needs_no_facts():
    log = "Driver Version: 470.82.01    CUDA Version: 11.4\nPyTorch version: 2.12.0+cu130\n"
    (found,) = adds(log, None).values()
    assert (found.args["driver"], found.args["carries"], found.args["cuda"]) == ("470.82.01", "11.4", "13.0")
    log = (
        "NVIDIA GeForce RTX 5090 with CUDA capability sm_120 is not compatible with the current PyTorch.\n"
        "The current PyTorch install supports CUDA capabilities sm_50 sm_80 sm_90.\n"
    )
    assert set(adds(log, None)) == {"machine.gpu-arch-new"}


@pytest.mark.parametrize(
    ("log", "field", "value"),
    [
        (">>> torch.__version__\n'2.2.2+cpu'", "torch", "2.2.2"),
        (">>> torch.__version__\n'2.2.2+cpu'", "build", "cpu"),
        ("Installing torch-2.1.0+cu118-cp310-cp310-linux_x86_64.whl", "cuda", "11.8"),
        ("CUDA used to build PyTorch: 12.1", "cuda", "12.1"),
        ("unsatisfied condition: cuda>=12.4, please update your driver", "cuda", "12.4"),
        ("too old (found version 11040)", "driver_cuda", "11.4"),
        (
            "| NVIDIA-SMI 525.60.13    Driver Version: 525.60.13    CUDA Version: 12.0 |",
            "driver",
            "525.60.13",
        ),
        (
            "| NVIDIA-SMI 525.60.13    Driver Version: 525.60.13    CUDA Version: 12.0 |",
            "driver_cuda",
            "12.0",
        ),
        ("File /usr/lib/python3.10/site.py", "python", "3.10"),
        ("x-cp311-cp311-manylinux", "python", "3.11"),
        ("ldd (GNU libc) 2.17", "glibc", "2.17"),
        ("with CUDA capability sm_86 is", "capability", "8.6"),
        ("target gfx1103 is not", "gfx", "gfx1103"),
        ("nothing here", "torch", ""),
    ],
)
def test_what_a_log_states(log, field, value):
    assert getattr(stated(log), field) == value


def test_the_tables_answer():
    assert (carried("525.60.13"), carried("580.65.06"), carried("300.1")) == ("11.8", "13.0", "")
    assert (floor("12.4"), floor("13.0", windows=True), floor("99.0")) == ("525.60.13", "580.00", "")


def test_rules_weigh_only_what_there_is():
    from provenv.diagnosis.reading import shipped
    from provenv.diagnosis.signals import LOOKS as SAID

    known = {*LOOKS, *SAID}
    assert {one.name for rule in shipped() for one in rule.signals} <= known
