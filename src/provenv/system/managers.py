"""The package managers of the systems: how each installs, and which one a machine has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..model.facts import Facts


@dataclass(frozen=True)
class Manager:
    """One package manager: its program, its command lines, whether they need root.

    `library` is how it is asked for whatever brings a soname, where it knows
    (`{name}` is filled in). rpm and apk record the sonames that a package provides:
    rpm as `libGL.so.1()(64bit)`, apk as `so:libGL.so.1`.
    """

    name: str
    program: str
    install: tuple[str, ...]
    refresh: tuple[str, ...] = ()
    root: bool = True
    library: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)


MANAGERS: Mapping[str, Manager] = {
    one.name: one
    for one in (
        Manager(
            "apt",
            "apt-get",
            ("apt-get", "install", "--yes", "--no-install-recommends"),
            refresh=("apt-get", "update"),
            environment={"DEBIAN_FRONTEND": "noninteractive"},
        ),
        Manager("dnf", "dnf", ("dnf", "install", "--assumeyes"), library="{name}()(64bit)"),
        Manager("zypper", "zypper", ("zypper", "--non-interactive", "install"), library="{name}()(64bit)"),
        Manager("pacman", "pacman", ("pacman", "--sync", "--needed", "--noconfirm")),
        Manager("apk", "apk", ("apk", "add"), library="so:{name}"),
        Manager("brew", "brew", ("brew", "install"), root=False),
    )
}

# os-release's ID -> manager; other systems are told by the programs that they have
DISTRIBUTIONS: Mapping[str, str] = {
    "debian": "apt",
    "ubuntu": "apt",
    "linuxmint": "apt",
    "raspbian": "apt",
    "kali": "apt",
    "pop": "apt",
    "deepin": "apt",
    "uos": "apt",
    "kylin": "apt",
    "fedora": "dnf",
    "rhel": "dnf",
    "centos": "dnf",
    "rocky": "dnf",
    "almalinux": "dnf",
    "ol": "dnf",
    "amzn": "dnf",
    "openEuler": "dnf",
    "anolis": "dnf",
    "alinux": "dnf",
    "opencloudos": "dnf",
    "opensuse-leap": "zypper",
    "opensuse-tumbleweed": "zypper",
    "sles": "zypper",
    "arch": "pacman",
    "manjaro": "pacman",
    "endeavouros": "pacman",
    "alpine": "apk",
    "macos": "brew",
}


def manager_of(facts: Facts) -> Manager | None:
    """Return the package manager of a machine, or None where it has none that is known.

    What is installed wins over what the distribution usually has: kylin comes with apt or with dnf.
    """
    there = {tool.name for tool in facts.tools}
    found = [one for one in MANAGERS.values() if one.program in there]
    usual = MANAGERS.get(DISTRIBUTIONS.get(facts.platform.distribution, ""))
    if usual is not None and (usual in found or not found):
        return usual
    return found[0] if found else None


# the releases since which Debian's and Ubuntu's libraries carry `t64` in their names
T64_SINCE: Mapping[str, tuple[int, ...]] = {
    "debian": (13,),
    "ubuntu": (24, 4),
    "linuxmint": (22,),
    "pop": (24, 4),
}


def has_t64_names(facts: Facts) -> bool:
    """Tell whether this release names its libraries as since the change to 64-bit `time_t`."""
    since = T64_SINCE.get(facts.platform.distribution)
    numbers = tuple(int(part) for part in facts.platform.distribution_version.split(".") if part.isdigit())
    if facts.platform.distribution == "debian" and not numbers:
        return True  # testing and unstable tell no number
    return since is not None and numbers >= since
