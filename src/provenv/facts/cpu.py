"""The fact `cpu`: model, cores, the features that matter for models, and the x86-64 level."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from ..model.facts import Cpu
from .cgroup import cores
from .raw import Raw, fields, whole

Ask = dict[str, object]

SYSCTL = ["sysctl", "hw", "machdep.cpu", "kern.hv_vmm_present"]

ASKS: list[Ask] = [
    {"name": "cpu.cpuinfo", "kind": "file", "path": "/proc/cpuinfo", "systems": ["linux"]},
    {"name": "cpu.lscpu", "kind": "command", "argv": ["lscpu"], "systems": ["linux"]},
    {"name": "cpu.affinity", "kind": "builtin", "builtin": "affinity", "how": "sched_getaffinity"},
    {"name": "cpu.sysctl", "kind": "command", "argv": SYSCTL, "systems": ["darwin"]},
    {"name": "cpu.windows", "kind": "builtin", "builtin": "windows", "systems": ["win32"]},
]

# What linear algebra libraries dispatch on. Names are Linux's (arch/x86/include/asm/cpufeatures.h,
# arch/arm64/include/uapi/asm/hwcap.h); the order is the order in which they are shown.
FEATURES = (
    *("sse4_2", "avx", "avx2", "fma", "f16c"),
    *("avx512f", "avx512bw", "avx512vl", "avx512_vnni", "avx512_bf16", "avx512_fp16"),
    *("avx_vnni", "avx_vnni_int8", "amx_tile", "amx_bf16", "amx_int8", "amx_fp16"),
    *("asimd", "asimdhp", "asimddp", "asimdfhm", "fphp", "bf16", "i8mm"),
    *("sve", "sve2", "svebf16", "svei8mm", "sme"),
    *("vsx", "rvv"),
)

# x86-64 psABI, micro-architecture levels (Linux's spelling: lahf_lm is LAHF-SAHF, pni is SSE3, abm is LZCNT)
LEVELS: tuple[tuple[str, frozenset[str]], ...] = (
    ("x86-64-v2", frozenset({"cx16", "lahf_lm", "popcnt", "pni", "sse4_1", "sse4_2", "ssse3"})),
    ("x86-64-v3", frozenset({"avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe", "xsave"})),
    ("x86-64-v4", frozenset({"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"})),
)

# MIDR_EL1 implementer codes, as lscpu and archspec list them
IMPLEMENTERS = {
    "0x41": "ARM",
    "0x42": "Broadcom",
    "0x43": "Cavium",
    "0x46": "Fujitsu",
    "0x48": "HiSilicon",
    "0x4e": "NVIDIA",
    "0x50": "APM",
    "0x51": "Qualcomm",
    "0x61": "Apple",
    "0x6d": "Microsoft",
    "0x70": "Phytium",
    "0xc0": "Ampere",
}

# Arm's own part numbers (MIDR_EL1), where lscpu of an old distribution prints no model name
PARTS = {
    ("0x41", "0xd07"): "Cortex-A57",
    ("0x41", "0xd08"): "Cortex-A72",
    ("0x41", "0xd0b"): "Cortex-A76",
    ("0x41", "0xd0c"): "Neoverse-N1",
    ("0x41", "0xd40"): "Neoverse-V1",
    ("0x41", "0xd42"): "Cortex-A78AE",
    ("0x41", "0xd49"): "Neoverse-N2",
    ("0x41", "0xd4f"): "Neoverse-V2",
    ("0x48", "0xd01"): "Kunpeng-920",
    ("0x4e", "0x004"): "Carmel",
    ("0xc0", "0xac3"): "Ampere-1",
}


def read(raw: Raw) -> Cpu:
    """Return the Cpu; numbers are 0 and texts empty where nothing said them."""
    sysctl = raw.sysctl()
    if sysctl:
        cpu = _darwin(sysctl)
    elif raw.mapping("cpu.windows"):
        cpu = _windows(raw)
    else:
        cpu = _linux(raw)
    affinity = len(raw.sequence("cpu.affinity")) or cpu.logical
    granted = min([count for count in (cpu.logical, affinity, cores(raw)) if count] or [0])
    flags = frozenset(cpu.features)
    machine = str(raw.mapping("platform.system").get("machine") or "").lower()
    x86 = machine in ("x86_64", "amd64") or bool(flags & {"lm", "sse2"})
    return replace(
        cpu,
        granted=float(granted),
        features=tuple(name for name in FEATURES if name in flags),
        level=_level(flags) if x86 else "",
    )


def _level(flags: frozenset[str]) -> str:
    """Return the highest psABI level whose features, and those of all levels below, are there."""
    level = "x86-64"  # what every 64-bit x86 processor has
    for name, needed in LEVELS:
        if not needed <= flags:
            break
        level = name
    return level


def _linux(raw: Raw) -> Cpu:
    """Put together /proc/cpuinfo and lscpu: each is silent on some machines about what the other says."""
    text = raw.out("cpu.cpuinfo")
    info, lscpu = fields(text), fields(raw.out("cpu.lscpu"))
    flags = info.get("flags") or info.get("Features") or lscpu.get("Flags", "")
    implementer, part = info.get("CPU implementer", ""), info.get("CPU part", "")
    model = info.get("model name") or lscpu.get("Model name", "")
    if model in ("", "-"):
        model = PARTS.get((implementer, part), "")
    vendor = info.get("vendor_id") or lscpu.get("Vendor ID") or IMPLEMENTERS.get(implementer, "")
    processors = len(re.findall(r"^processor\s*:", text, re.M))
    logical = whole(lscpu.get("CPU(s)")) or processors or whole(raw.mapping("platform.system").get("cores"))
    return Cpu(model, vendor, logical or 0, _physical(text, lscpu, logical or 0), 0.0, tuple(flags.split()))


def _physical(cpuinfo: str, lscpu: Mapping[str, str], logical: int) -> int:
    """Return physical cores: distinct (socket, core) pairs, or lscpu's product, or the logical ones."""
    pairs = set()
    for block in cpuinfo.split("\n\n"):
        core = fields(block)
        if "core id" in core:
            pairs.add((core.get("physical id", "0"), core["core id"]))
    if pairs:
        return len(pairs)
    sockets = whole(lscpu.get("Socket(s)")) or whole(lscpu.get("Cluster(s)"))
    each = whole(lscpu.get("Core(s) per socket")) or whole(lscpu.get("Core(s) per cluster"))
    return sockets * each if sockets and each else logical


def _darwin(sysctl: Mapping[str, str]) -> Cpu:
    """Read macOS: Apple's cores tell features as `hw.optional.arm.FEAT_*`, Intel's as one list."""
    lists = ("machdep.cpu.features", "machdep.cpu.leaf7_features", "machdep.cpu.extfeatures")
    names = " ".join(sysctl.get(key, "") for key in lists).lower().split()
    flags = {_INTEL.get(name, name) for name in names}
    flags |= {flag for key, flag in _APPLE.items() if sysctl.get(key) == "1"}
    if sysctl.get("hw.optional.arm64") == "1":
        flags.add("asimd")
    model = sysctl.get("machdep.cpu.brand_string", "")
    vendor = sysctl.get("machdep.cpu.vendor") or ("Apple" if model.startswith("Apple") else "")
    logical = whole(sysctl.get("hw.logicalcpu")) or whole(sysctl.get("hw.ncpu")) or 0
    physical = whole(sysctl.get("hw.physicalcpu")) or logical
    return Cpu(model, vendor, logical, physical, 0.0, tuple(sorted(flags)))


_INTEL = {
    "avx1.0": "avx",
    "sse4.1": "sse4_1",
    "sse4.2": "sse4_2",
    "sse3": "pni",
    "avx512vnni": "avx512_vnni",
    "lahf": "lahf_lm",
    "lzcnt": "abm",
}

_APPLE = {
    "hw.optional.arm.FEAT_BF16": "bf16",
    "hw.optional.arm.FEAT_I8MM": "i8mm",
    "hw.optional.arm.FEAT_DotProd": "asimddp",
    "hw.optional.arm.FEAT_FP16": "asimdhp",
    "hw.optional.arm.FEAT_FHM": "asimdfhm",
    "hw.optional.arm.FEAT_SME": "sme",
}


def _windows(raw: Raw) -> Cpu:
    """Read Windows: it tells features only by asking for each, and the model by CPUID's family.

    It has no question for most of a level's features; a processor with the level's newest one has them all.
    """
    said = raw.mapping("platform.system")
    features = raw.mapping("cpu.windows").get("features")
    logical = whole(said.get("cores")) or 0
    flags = {str(name) for name in features} if isinstance(features, list) else set()
    if "sse4_2" in flags:
        flags |= LEVELS[0][1]
    if "avx2" in flags:
        flags |= LEVELS[1][1]
    return Cpu(str(said.get("processor") or ""), "", logical, logical, 0.0, tuple(sorted(flags)))
