"""PyTorch's builds: which there are, what they run on, which torch versions have them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from .tables import table

PATCHES = 10
FEW = 3
CUDA = re.compile(r"cu(\d\d)(\d)")
LOCAL = re.compile(r"cpu|cu\d+|xpu|rocm\d+(\.\d+)*")


@dataclass(frozen=True)
class Build:
    """One build of one platform in torch's minor versions `first` to `last` (None: still made)."""

    name: str
    first: str
    last: str | None
    capabilities: tuple[str, ...]

    @property
    def cuda(self) -> str:
        """Return the CUDA version that it is built with."""
        return cuda_version(self.name)

    def covers(self, capability: str) -> bool:
        """Tell whether there is machine code for a GPU: the same major, a minor that is not newer."""
        wanted = Version(capability)
        return any(
            Version(one).major == wanted.major and Version(one).minor <= wanted.minor
            for one in self.capabilities
        )

    def versions(self, specifiers: SpecifierSet) -> tuple[str, ...]:
        """Return torch's minor versions that have this build and that are wanted, oldest first."""
        return tuple(minor for minor in wanted(specifiers) if minor in set(minors(self.first, self.last)))


def cuda_version(build: str) -> str:
    """Return `13.0` for `cu130`; raises ValueError for a build that is not one of CUDA."""
    match = CUDA.fullmatch(build)
    if match is None:
        raise ValueError(build)
    return f"{int(match[1])}.{match[2]}"


def build_of_local(local: str) -> str:
    """Return the build that a local version names: `cpu`, `cu130`, `rocm6.4`, `xpu`; others as they are."""
    match = LOCAL.match(local)
    return match[0] if match else local


def build_of_choice(accelerator: str) -> str:
    """Return the build whose index path serves what a lock's choice says: plug-ins and MPS use the CPU's."""
    return "cpu" if accelerator in ("ascend", "tpu", "mps") else accelerator


def is_cuda(build: str) -> bool:
    """Tell whether it is a CUDA build."""
    return CUDA.fullmatch(build) is not None


@cache
def builds(machine: str) -> tuple[Build, ...]:
    """Return the CUDA builds of a platform (`x86_64`, `aarch64`), oldest CUDA first."""
    rows = table("torch_builds")["builds"].get(machine, {})
    return tuple(
        Build(name, row["from"], row["to"], tuple(row["capabilities"]))
        for name, entries in rows.items()
        for row in entries
    )


def names(machine: str) -> tuple[str, ...]:
    """Return the names of the platform's CUDA builds, oldest CUDA first."""
    return tuple(dict.fromkeys(build.name for build in builds(machine)))


def default_build(system: str, machine: str, minor: str) -> str:
    """Return the build that the default index serves for torch `minor`; `unknown` outside of the table."""
    if system == "darwin" and machine in ("arm64", "aarch64"):
        return "mps"
    if system != "linux":
        return "cpu"
    for row in table("torch_builds")["default"]["linux"]:
        if Version(row["from"]) <= Version(minor) <= Version(row["to"]):
            return str(row["build"]) if machine in row.get("machines", (machine,)) else "cpu"
    return "unknown"


def default_versions(build: str) -> tuple[str, str] | None:
    """Return first and last torch minor version whose default build for Linux is `build`."""
    rows = [row for row in table("torch_builds")["default"]["linux"] if row["build"] == build]
    return (rows[0]["from"], rows[-1]["to"]) if rows else None


def minors(first: str, last: str | None) -> Iterator[str]:
    """Yield torch's minor versions from `first` to `last` (None: the newest that the tables know)."""
    rows = table("torch_builds")
    start, end = Version(first), Version(last or rows["newest"])
    for major in range(start.major, end.major + 1):
        lowest = start.minor if major == start.major else 0
        highest = end.minor if major == end.major else Version(rows["last_of_major"][str(major)]).minor
        yield from (f"{major}.{minor}" for minor in range(lowest, highest + 1))


def wanted(specifiers: SpecifierSet) -> tuple[str, ...]:
    """Return torch's minor versions that `specifiers` allow, oldest first: of the newest major alone.

    torch 1.x has no wheels for the Pythons of today: an open range never means it.
    """
    found = [minor for minor in minors(table("torch_builds")["oldest"], None) if allows(specifiers, minor)]
    return tuple(one for one in found if Version(one).major == Version(found[-1]).major)


def shown(specifiers: SpecifierSet) -> str:
    """Return the specifiers for a reader; of many that only leave minor versions out, what they leave."""
    if not any(one.operator == "!=" and one.version.endswith(".*") for one in specifiers):
        return str(specifiers)
    found = wanted(specifiers)
    return f"{found[0]} - {found[-1]}" if len(found) > FEW else ", ".join(found) or str(specifiers)


def allows(specifiers: SpecifierSet, minor: str) -> bool:
    """Tell whether some patch version of torch `minor` satisfies the specifiers, whatever its build."""
    public = SpecifierSet(",".join(str(one).split("+")[0] for one in specifiers))
    return any(public.contains(f"{minor}.{patch}", prereleases=True) for patch in range(PATCHES))


def newest(versions: Iterable[str]) -> str:
    """Return the newest of some versions."""
    return max(versions, key=Version)
