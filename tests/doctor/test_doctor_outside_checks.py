"""The checks of the outside as data: what is on the ground, and the findings that come of it."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from typing import Any

import pytest

from provenv.diagnosis.checks import (
    clusters,
    containers,
    locked,
    native,
    shm,
    storage,
    system,
    virtualisation,
)
from provenv.diagnosis.checks.ids import ids
from provenv.diagnosis.ground import Ground
from provenv.errors import Place, Text
from provenv.model.facts import Container, Cpu, Disk, Facts, Limits, Memory, Nvidia, Platform, Tool
from provenv.model.findings import Finding
from provenv.model.lock import Artifact, Lock, Package
from provenv.model.outside import (
    Cluster,
    Containers,
    Lacking,
    Leftover,
    Native,
    NodeResource,
    Outdated,
    Poisoned,
    Quota,
    Store,
    Stores,
    Surroundings,
    Virtualisation,
)
from provenv.model.services import Engine, Slurm
from provenv.model.spec import Requirement, Spec, Target
from provenv.model.state import Generation
from provenv.ui.words import Words

MIB, GIB = 1 << 20, 1 << 30
LINUX = Platform("linux", "x86_64", distribution="debian", distribution_version="12")
APT = (Tool("apt-get", "/usr/bin/apt-get", ""),)
BOX = Facts(
    LINUX, tools=APT, memory=Memory(64 * GIB, 60 * GIB, 64 * GIB, shm_total=32 * GIB, shm_free=31 * GIB)
)
BUILT = Generation(1, "/p/.provenv/here/generations/0001", "3.11")


def declared(*names: str, **targets: str) -> Spec:
    requirements = tuple(Requirement(name, name, Place("provenv.toml")) for name in names)
    kinds = {name: Target(name, kind) for name, kind in targets.items()}
    return Spec("p", "/p", "provenv.toml", ("provenv.toml",), "0", requirements=requirements, targets=kinds)


def facts(**changes: Any) -> Facts:
    return replace(BOX, **changes)


def memory(**changes: Any) -> Facts:
    return facts(memory=replace(BOX.memory, **changes))


TORCH = declared("torch")
IMAGE = declared("torch", box="image")
VM = declared(machine="vm")
SLURM = declared(cluster="slurm")
GPU = Nvidia("ready", "580.65.06", "13.0")
DOCKER = Engine("docker", "28.0", reachable=True, runtimes=("runc",))
NO_DAEMON = Engine(
    "docker", "28.0", detail="Cannot connect to the Docker daemon at unix:///var/run/docker.sock."
)
DENIED = Engine("docker", "28.0", detail="permission denied while trying to connect to the docker API")
SOCKET = Containers("/var/run/docker.sock", "docker", "ann", ("ann",), ("ann",))
ARCH = Native("/v", 10, lacking=(Lacking("libGL.so.1", (("opencv-python", "cv2/cv2.abi3.so"),), True),))
TBB = Native("/v", 10, lacking=(Lacking("libtbb.so.12", (("numba", "numba/np/ufunc/tbbpool.so"),), True),))
PLUGIN = Native("/v", 10, lacking=(Lacking("libavutil.so.56", (("torchaudio", "x.so"),), False),))
DRIVER = Native("/v", 10, lacking=(Lacking("libcuda.so.1", (("triton", "x.abi3.so"),), True),))
OLD = Outdated(
    "libstdc++.so.6", "GLIBCXX_3.4.32", "a.so", "pkg", "/opt/old/libstdc++.so.6", "LD_LIBRARY_PATH"
)
GLIBC = Outdated("libc.so.6", "GLIBC_2.38", "a.so", "pkg", "/lib/x86_64-linux-gnu/libc.so.6")
CONDA = Outdated("libstdc++.so.6", "GLIBCXX_3.4.30", "a.so", "pkg", "/opt/conda/lib/libstdc++.so.6")
KVM = Virtualisation(True, True, 12, True, "", "kvm", "ann", ("ann", "kvm"), ("ann", "kvm"), True)
POD = Cluster(
    "c",
    "ready",
    "ctx",
    ("ctx",),
    "team",
    "https://c",
    nodes=2,
    resources=(),
    requested=(("nvidia.com/gpu", 4),),
)
EIGHT = NodeResource("nvidia.com/gpu", 16, 2, 8, 4)
SOURCE = Lock(
    "here", "3.11", "linux", (Package("flash-attn", "2.8", (Artifact("flash_attn-2.8.tar.gz"),)),), (), "0"
)

CASES: dict[str, tuple[Any, Ground, list[str]]] = {
    # shared memory
    "a container's 64 MiB": (shm.look, Ground(memory(shm_total=64 * MIB), TORCH), ["shm-small"]),
    "nobody shares": (shm.look, Ground(memory(shm_total=64 * MIB), declared("flask")), []),
    "enough": (shm.look, Ground(BOX, TORCH), []),
    "full": (shm.look, Ground(memory(shm_free=MIB), TORCH), ["shm-full"]),
    "no /dev/shm at all": (shm.look, Ground(memory(shm_total=None, shm_free=None), TORCH), []),
    # limits
    "RDMA and locked memory": (
        locked.look,
        Ground(facts(limits=Limits(locked_memory=8 * MIB)), TORCH, surroundings=Surroundings(rdma=True)),
        ["locked-memory-low"],
    ),
    "no RDMA": (
        locked.look,
        Ground(facts(limits=Limits(locked_memory=8 * MIB)), TORCH, surroundings=Surroundings()),
        [],
    ),
    "few watches": (
        locked.look,
        Ground(BOX, declared("streamlit"), surroundings=Surroundings(inotify_watches=8192)),
        ["inotify-low"],
    ),
    # native libraries
    "libGL missing": (native.look, Ground(BOX, TORCH, native=ARCH), ["system-library-missing"]),
    "nobody misses TBB": (native.look, Ground(BOX, native=TBB), []),
    "a plug-in": (native.look, Ground(BOX, native=PLUGIN), []),
    "the driver is another's": (native.look, Ground(BOX, native=DRIVER), []),
    "glibc": (native.look, Ground(BOX, native=Native("/v", 1, outdated=(GLIBC,))), ["system-library-old"]),
    "LD_LIBRARY_PATH": (
        native.look,
        Ground(BOX, native=Native("/v", 1, outdated=(OLD,))),
        ["system-library-old"],
    ),
    "conda": (native.look, Ground(BOX, native=Native("/v", 1, outdated=(CONDA,))), ["system-library-old"]),
    "musl": (
        native.look,
        Ground(BOX, native=Native("/v", 1, True, (Lacking("libc.so.6", (("torch", "x.so"),), True),))),
        ["glibc-missing"],
    ),
    # the system
    "nothing compiles": (system.compiling, Ground(BOX, TORCH, surroundings=Surroundings(headers=False)), []),
    "a source without a compiler": (
        system.compiling,
        Ground(
            BOX,
            lock=SOURCE,
            surroundings=Surroundings(compiled=("flash-attn",), headers=False, python="3.11"),
        ),
        ["compiler-missing", "headers-missing"],
    ),
    "Triton without headers": (
        system.compiling,
        Ground(
            BOX,
            declared("triton"),
            surroundings=Surroundings(compilers=("gcc",), headers=False, python="3.11"),
        ),
        ["headers-missing"],
    ),
    "all is there": (
        system.compiling,
        Ground(BOX, declared("triton"), surroundings=Surroundings(compilers=("gcc",), headers=True)),
        [],
    ),
    "declared packages": (
        system.declared,
        Ground(
            surroundings=Surroundings(lacking=("libgl1",), install=("sudo", "apt-get", "install", "libgl1"))
        ),
        ["system-package-missing"],
    ),
    "no AVX": (
        system.processor,
        Ground(
            facts(cpu=Cpu("Pentium", features=("sse4_2",), level="x86-64-v2")),
            surroundings=Surroundings(
                instructions=(("tensorflow", "2.20", "avx", True), ("xformers", "1", "avx2", False))
            ),
        ),
        ["instructions-missing", "instructions-missing"],
    ),
    "AVX2 by its level": (
        system.processor,
        Ground(
            facts(cpu=Cpu("EPYC", level="x86-64-v3")),
            surroundings=Surroundings(instructions=(("polars", "1", "avx2", True),)),
        ),
        [],
    ),
    "an ARM": (
        system.processor,
        Ground(
            facts(platform=replace(LINUX, machine="aarch64"), cpu=Cpu("Graviton", features=("asimd",))),
            surroundings=Surroundings(instructions=(("polars", "1", "avx2", True),)),
        ),
        [],
    ),
    "WSL 1": (system.wsl, Ground(facts(container=Container(wsl=1))), ["wsl-1"]),
    "WSL's old kernel, on a Windows drive": (
        system.wsl,
        Ground(
            facts(
                platform=replace(LINUX, kernel="4.19.128-microsoft-standard"),
                container=Container(wsl=2),
                disks=(Disk("project", "/mnt/c/Users/ann/p", "C:\\", "9p", GIB, GIB, True),),
            )
        ),
        ["wsl-old", "wsl-windows-drive"],
    ),
    "no WSL": (system.wsl, Ground(facts(disks=(Disk("project", "/mnt/c/p", "d", "9p", 1, 1, True),))), []),
    # caches
    "root's leftovers": (
        storage.look,
        Ground(
            BOX,
            stores=Stores(
                (Store("uv", "/h/.cache/uv", foreign="/h/.cache/uv/wheels-v8", owner=""),), user="ann"
            ),
        ),
        ["cache-closed"],
    ),
    "a cache of root's": (
        storage.look,
        Ground(
            BOX, stores=Stores((Store("pip", "/h/.cache/pip", writable=False, owner="root"),), user="ann")
        ),
        ["cache-closed"],
    ),
    "read-only": (
        storage.look,
        Ground(BOX, stores=Stores((Store("torch", "/c", writable=False),))),
        ["cache-closed"],
    ),
    "the hub's disk is full": (
        storage.look,
        Ground(BOX, stores=Stores((Store("huggingface", "/hub", free=100 * MIB, total=900 * GIB),))),
        ["cache-full"],
    ),
    "a disk that another check tells of": (
        storage.look,
        Ground(
            facts(disks=(Disk("cache", "/c", "d", "ext4", 900 * GIB, 100 * MIB, True),)),
            stores=Stores((Store("uv", "/c", free=100 * MIB, total=900 * GIB),)),
        ),
        [],
    ),
    "copies instead of links": (
        storage.look,
        Ground(
            facts(disks=(Disk("project", "/data/p", "d", "ext4", GIB, GIB, True),)),
            stores=Stores((Store("uv", "/h/.cache/uv", same_device=False),)),
        ),
        ["cache-elsewhere"],
    ),
    "poisoned": (
        storage.look,
        Ground(BOX, stores=Stores(poisoned=(Poisoned("numpy", "2.0", ("numpy/a.py",), "/c/x"),))),
        ["cache-poisoned"],
    ),
    "half a model, and a pointer": (
        storage.look,
        Ground(
            BOX,
            stores=Stores(leftovers=(Leftover("datasets/a/b", 2, GIB),), pointers=(("a/b", "/hub/blobs/0"),)),
        ),
        ["download-incomplete", "hub-file-pointer"],
    ),
    # container engines
    "no engine, no image": (containers.look, Ground(BOX, TORCH), []),
    "an image without an engine": (containers.look, Ground(BOX, IMAGE), ["engine-absent"]),
    "the daemon is down": (containers.look, Ground(facts(engines=(NO_DAEMON,)), IMAGE), ["engine-down"]),
    "half an engine in a container": (
        containers.look,
        Ground(facts(engines=(NO_DAEMON,), container=Container("docker")), TORCH),
        [],
    ),
    "the user's right": (
        containers.look,
        Ground(facts(engines=(DENIED,)), TORCH, containers=SOCKET),
        ["engine-denied"],
    ),
    "an old login": (
        containers.look,
        Ground(facts(engines=(DENIED,)), IMAGE, containers=replace(SOCKET, groups_listed=("ann", "docker"))),
        ["engine-denied"],
    ),
    "no runtime for the GPU": (
        containers.look,
        Ground(facts(engines=(DOCKER,), nvidia=GPU), IMAGE, containers=SOCKET),
        ["engine-without-gpu"],
    ),
    "a rootless engine without it": (
        containers.look,
        Ground(facts(engines=(replace(DOCKER, rootless=True),), nvidia=GPU), IMAGE),
        ["engine-without-gpu"],
    ),
    "podman without CDI": (
        containers.look,
        Ground(facts(engines=(replace(DOCKER, name="podman"),), nvidia=GPU), IMAGE),
        ["engine-without-gpu"],
    ),
    "GPUs by CDI": (
        containers.look,
        Ground(
            facts(engines=(replace(DOCKER, cdi=("nvidia.com/gpu=all",)),), nvidia=GPU),
            IMAGE,
            containers=SOCKET,
        ),
        [],
    ),
    "GPUs that a reload takes": (
        containers.look,
        Ground(
            facts(engines=(replace(DOCKER, runtimes=("nvidia", "runc")),), nvidia=GPU),
            IMAGE,
            containers=replace(SOCKET, cgroup_driver="systemd"),
        ),
        ["gpu-lost-on-reload"],
    ),
    "a specification of another driver, and a full disk": (
        containers.look,
        Ground(
            facts(engines=(replace(DOCKER, cdi=("nvidia.com/gpu=0",)),), nvidia=GPU),
            IMAGE,
            containers=replace(
                SOCKET,
                cdi=(("/etc/cdi/nvidia.yaml", "535.1"),),
                data_root="/var/lib/docker",
                free=GIB,
                total=9 * GIB,
            ),
        ),
        ["cdi-stale", "engine-disk-full"],
    ),
    # virtual machines
    "KVM works": (virtualisation.look, Ground(BOX, VM, virtualisation=KVM), []),
    "no machine is declared": (virtualisation.look, Ground(BOX, TORCH, virtualisation=Virtualisation()), []),
    "no node": (virtualisation.look, Ground(BOX, VM, virtualisation=Virtualisation()), ["kvm-absent"]),
    "a closed node": (
        virtualisation.look,
        Ground(
            BOX, VM, virtualisation=Virtualisation(True, error="Permission denied", group="kvm", user="ann")
        ),
        ["kvm-denied"],
    ),
    "a node that makes no machine": (
        virtualisation.look,
        Ground(
            facts(container=Container(virtual="kvm")),
            VM,
            virtualisation=Virtualisation(True, True, 12, False, "Operation not supported", "kvm", "root"),
        ),
        ["kvm-broken"],
    ),
    "a group that the login does not have yet": (
        virtualisation.look,
        Ground(BOX, TORCH, virtualisation=replace(KVM, groups_now=("ann",))),
        ["kvm-group-stale"],
    ),
    # clusters
    "no kubectl": (
        clusters.kubernetes,
        Ground(clusters=(Cluster("c", "no-kubectl"),)),
        ["cluster-unreachable"],
    ),
    "no configuration": (
        clusters.kubernetes,
        Ground(clusters=(Cluster("c", "no-config"),)),
        ["cluster-context"],
    ),
    "no such context": (
        clusters.kubernetes,
        Ground(clusters=(Cluster("c", "no-context", "x", ("a", "b")),)),
        ["cluster-context"],
    ),
    "a certificate that has run out": (
        clusters.kubernetes,
        Ground(clusters=(replace(POD, state="login", expired=True, until="2020-01-01 00:00 UTC"),)),
        ["cluster-login"],
    ),
    "AWS wants a login": (
        clusters.kubernetes,
        Ground(clusters=(replace(POD, state="login", server="https://x.eks.amazonaws.com"),)),
        ["cluster-login"],
    ),
    "forbidden": (
        clusters.kubernetes,
        Ground(clusters=(replace(POD, state="forbidden"),)),
        ["cluster-unreachable"],
    ),
    "no plugin": (clusters.kubernetes, Ground(clusters=(replace(POD, gpu_labelled=2),)), ["cluster-gpu"]),
    "no GPU": (clusters.kubernetes, Ground(clusters=(POD,)), ["cluster-gpu"]),
    "too many for a node": (
        clusters.kubernetes,
        Ground(clusters=(replace(POD, resources=(EIGHT,), requested=(("nvidia.com/gpu", 12),)),)),
        ["cluster-gpu"],
    ),
    "all taken": (
        clusters.kubernetes,
        Ground(clusters=(replace(POD, resources=(replace(EIGHT, used=14),)),)),
        ["cluster-gpu"],
    ),
    "there are enough": (clusters.kubernetes, Ground(clusters=(replace(POD, resources=(EIGHT,)),)), []),
    "a small quota": (
        clusters.kubernetes,
        Ground(clusters=(replace(POD, resources=(EIGHT,), quotas=(Quota("q", "nvidia.com/gpu", 4, 2),)),)),
        ["cluster-quota"],
    ),
    "Slurm's controller": (
        clusters.slurm,
        Ground(
            facts(slurm=Slurm("23.11", detail="slurm_load_partitions: Unable to contact slurm controller")),
            SLURM,
        ),
        ["slurm-silent"],
    ),
    "no client of Slurm's": (clusters.slurm, Ground(BOX, SLURM), ["slurm-absent"]),
    "no Slurm": (clusters.slurm, Ground(BOX, TORCH), []),
}


@pytest.mark.parametrize("name", CASES)
def test_a_ground_has_these_findings(name: str) -> None:
    look, ground, wanted = CASES[name]
    found = list(look(ground))
    assert [one.id for one in found] == wanted
    for one in found:
        assert one.id in ids()
        readable(one)


def readable(one: Finding) -> None:
    """Every word is there in both languages, every command reads as a shell reads it."""
    texts = [one.what, one.why, *one.evidence, *(advice.text for advice in one.remedies)]
    texts += [one.fix.what] if one.fix else []
    for words in (Words("en"), Words("zh_CN")):
        for text in filter(None, texts):
            told = words(text)
            assert told
            assert not re.search(r"\bdoctor\.|\{\w*\}", told), told
    for advice in one.remedies:
        assert advice.text is not None or advice.commands
        for command in advice.commands:
            assert shlex.split(command), command
            assert command.startswith("sudo ") == advice.root


def commands(name: str) -> list[str]:
    look, ground, _ = CASES[name]
    return [command for one in look(ground) for advice in one.remedies for command in advice.commands]


def test_remedies_are_for_this_machine() -> None:
    assert "sudo apt-get install --yes --no-install-recommends libgl1" in commands("libGL missing")
    assert "sudo usermod -aG docker ann" in commands("the user's right")
    assert commands("an old login") == ["newgrp docker"]
    assert "conda install --prefix /opt/conda -c conda-forge 'libstdcxx-ng>=13'" in commands("conda")
    assert "sudo chown -R ann: /h/.cache/pip" in commands("a cache of root's")
    assert "hf download a/b --repo-type dataset" in commands("half a model, and a pointer")
    assert "aws sso login" in commands("AWS wants a login")
    assert any("systemctl --user" in one for one in commands("a rootless engine without it"))


def test_fetched_things_block_only_before_anything_is_built() -> None:
    closed = CASES["root's leftovers"][1]
    assert [one.gravity for one in storage.look(closed)] == ["blocks"]
    assert [one.gravity for one in storage.look(replace(closed, generation=BUILT))] == ["hurts"]


def test_a_library_that_went_away_after_the_proof_blocks() -> None:
    ground = CASES["libGL missing"][1]
    assert [one.gravity for one in native.look(ground)] == ["hurts"]
    proven = replace(ground, native=replace(ARCH, proven=True))
    (one,) = native.look(proven)
    assert (one.gravity, one.cause) == ("blocks", "libgl-missing")
    assert isinstance(one.why, Text)
