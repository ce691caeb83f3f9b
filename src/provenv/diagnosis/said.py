"""Versions that a log itself states: of torch, CUDA, driver, Python, C library, GPU."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_V = r"\d{1,3}\.\d{1,3}(?:\.\d{1,4})?"
# field -> expressions whose group 1 is it; of the first one that finds any, the last in the log counts
PATTERNS: Mapping[str, tuple[re.Pattern[str], ...]] = {
    "torch": (
        re.compile(
            r"(?:PyTorch version|torch\.__version__|(?:^|\n)torch)\s{0,4}[:=]{1,2}\s{0,4}"
            rf"['\"]?({_V}(?:\+[\w.]{{1,20}})?)",
            re.I,
        ),
        re.compile(rf"\btorch\.__version__[\s)]{{0,4}}['\"]?({_V}(?:\+[\w.]{{1,20}})?)"),
        re.compile(rf"\b(?:py)?torch(?:==|-|\s)({_V}(?:\+[\w.]{{1,20}})?)", re.I),
    ),
    "build": (
        re.compile(r"\btorch\S{0,40}\+(cpu|cu\d{2,3}|rocm[\d.]{1,8}|xpu)\b"),
        re.compile(rf"\b{_V}\+(cpu|cu\d{{2,3}}|rocm[\d.]{{1,8}})\b"),
        re.compile(r"download\.pytorch\.org/whl/(?:nightly/)?(cpu|cu\d{2,3}|rocm[\d.]{1,8})\b"),
    ),
    "cuda": (
        re.compile(r"CUDA used to build PyTorch: (\d{1,2}\.\d)", re.I),
        re.compile(r"compiled with CUDA (?:version )?(\d{1,2}\.\d)", re.I),
        re.compile(r"torch\.version\.cuda\W{1,6}(\d{1,2}\.\d)"),
        re.compile(r"unsatisfied condition: cuda\s?>=\s?(\d{1,2}\.\d)"),
        re.compile(r"nvidia/cuda:(\d{1,2}\.\d)"),
        re.compile(r"CUDA runtime version:? ?(\d{1,2}\.\d)", re.I),
    ),
    "driver": (
        re.compile(r"Driver Version:\s{0,4}(\d{3}\.\d{1,3}(?:\.\d{1,3})?)", re.I),
        re.compile(r"NVIDIA-SMI (\d{3}\.\d{1,3}(?:\.\d{1,3})?)"),
        re.compile(r"Kernel Module(?: for \S{1,20})?\s{1,4}(\d{3}\.\d{1,3}(?:\.\d{1,3})?)"),
        re.compile(r"\bdriver(?: version)?:? (\d{3}\.\d{2,3}(?:\.\d{1,3})?)\b", re.I),
    ),
    "driver_cuda": (
        re.compile(r"Driver Version: \S{1,20}\s{1,10}CUDA Version: (\d{1,2}\.\d)"),
        re.compile(r"found version (\d{4,5})\b"),
    ),
    "python": (
        re.compile(r"\bPython(?: version)?[:\s]\s?(3\.\d{1,2}(?:\.\d{1,2})?)\b", re.I),
        re.compile(r"[/\\]python(3\.\d{1,2})[/\\]"),
        re.compile(r"\bcp(3\d{1,2})\b"),
    ),
    "glibc": (
        re.compile(r"ldd \([^)\n]{1,60}\) (2\.\d{1,2})"),
        re.compile(r"\bglibc[- ](2\.\d{1,2})\b(?! ?(?:or|not|以上))", re.I),
    ),
    "capability": (
        re.compile(r"with CUDA capability sm_(\d{2,3})\b"),
        re.compile(r"(?:compute )?capability:? (?:of )?(\d{1,2}\.\d)\b", re.I),
    ),
    "covered": (re.compile(r"supports CUDA capabilities ((?:sm_\d{2,3}a? ?){1,20})"),),
    "gpu": (
        re.compile(r"\b((?:NVIDIA |Tesla |GeForce |Quadro )[\w -]{2,40}?) (?:GPU )?with CUDA capability"),
        re.compile(r"\bGPU \d{1,2}: ((?:NVIDIA |Tesla |GeForce )[\w -]{2,40}?) ?\(UUID"),
    ),
    "gfx": (re.compile(r"\b(gfx\d{3,4}[a-c]?)\b"),),
}


@dataclass(frozen=True)
class Stated:
    """What the log says; empty where it does not. Versions as `12.1`; `covered`: the build's capabilities."""

    torch: str = ""
    build: str = ""
    cuda: str = ""
    driver: str = ""
    driver_cuda: str = ""
    python: str = ""
    glibc: str = ""
    capability: str = ""
    covered: tuple[str, ...] = ()
    gpu: str = ""
    gfx: str = ""


def stated(text: str) -> Stated:
    """Return the versions that a log states."""
    found = {name: _last(text, patterns) for name, patterns in PATTERNS.items()}
    torch, _, local = found["torch"].partition("+")
    build = found["build"] or local
    return Stated(
        torch=torch,
        build=build,
        cuda=found["cuda"] or cuda_of(build),
        driver=found["driver"],
        driver_cuda=_of_number(found["driver_cuda"]),
        python=_of_tag(found["python"]),
        glibc=found["glibc"],
        capability=capability_of(found["capability"]),
        covered=tuple(map(capability_of, re.findall(r"\d+", found["covered"]))),
        gpu=found["gpu"].strip(),
        gfx=found["gfx"],
    )


def _last(text: str, patterns: tuple[re.Pattern[str], ...]) -> str:
    for pattern in patterns:
        found = pattern.findall(text)
        if found:
            return str(found[-1])
    return ""


def cuda_of(build: str) -> str:
    """Return `12.1` for `cu121`, nothing for a build that is none of CUDA."""
    match = re.fullmatch(r"cu(\d{1,2})(\d)", build)
    return f"{match[1]}.{match[2]}" if match else ""


def capability_of(words: str) -> str:
    """Return `8.6` for `86` (as in sm_86), and `8.6` as it is."""
    return words if "." in words or not words else f"{words[:-1]}.{words[-1]}"


def _of_number(words: str) -> str:
    """Return `11.4` for CUDA's own `11040`."""
    return f"{int(words) // 1000}.{int(words) % 1000 // 10}" if words.isdigit() else words


def _of_tag(words: str) -> str:
    """Return `3.10` for a wheel's `310`."""
    return f"3.{words[1:]}" if words.isdigit() else words
