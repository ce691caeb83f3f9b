"""System packages in a build: each package manager called so that no layer keeps what only it needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from ...errors import Failure, Hint, problem, text
from ...model.image import Base
from .shell import MOMENT, NETWORK, SECRETS

Need = Literal["pip", "python", "compilers", "headers", "git"]
NEEDS: dict[Need, dict[str, tuple[str, ...]]] = {
    "pip": {"apt": ("python3-pip",), "dnf": ("python3-pip",), "apk": ("py3-pip",)},
    "python": {"apt": ("python3",), "dnf": ("python3",), "apk": ("python3",)},
    "headers": {"apt": ("python3-dev",), "dnf": ("python3-devel",), "apk": ("python3-dev",)},
    "compilers": {
        "apt": ("build-essential",),
        "dnf": ("gcc", "gcc-c++", "make"),
        "apk": ("build-base", "linux-headers"),
    },
    "git": {"apt": ("ca-certificates", "git"), "dnf": ("git",), "apk": ("git",)},
}
_SUITES = {
    # https://www.debian.org/releases/, https://releases.ubuntu.com/; 2026-01
    "debian": {"11": "bullseye", "12": "bookworm", "13": "trixie", "14": "forky"},
    "ubuntu": {
        "20.04": "focal",
        "22.04": "jammy",
        "24.04": "noble",
        "25.04": "plucky",
        "25.10": "questing",
        "26.04": "resolute",
    },
}
_SECURITY = {"debian": "debian-security", "ubuntu": "ubuntu"}
_PARTS = {"debian": "main", "ubuntu": "main universe"}


@dataclass(frozen=True)
class Installing:
    """A part of a RUN: its mounts and its lines; nothing of both where nothing is installed."""

    mounts: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()


def needed(base: Base, *needs: Need) -> tuple[str, ...]:
    """Return what the packages are called that bring something, where the base has a manager."""
    return tuple(name for one in needs for name in NEEDS[one].get(base.manager, ()))


def installing(base: Base, names: Iterable[str]) -> Installing:
    """Return how the base's manager installs `names`, in the network of whoever builds.

    Raises Failure PV1014 where the base has none.
    """
    wanted = tuple(sorted(set(names)))
    if not wanted:
        return Installing()
    if not base.manager:
        hint = Hint(text("PV1014.hint"))
        why = text("PV1014.why")
        raise Failure(problem("PV1014", base=base.declared, names=", ".join(wanted), why=why, hints=(hint,)))
    kept, mounts, lines = {"apt": _apt, "dnf": _dnf, "apk": _apk}[base.manager](" ".join(wanted))
    began = f"{kept}/.began"
    return Installing(
        # what is below /run ends with the build, the places of the secrets too
        (*mounts, "type=tmpfs,target=/run", *SECRETS),
        (
            *NETWORK,
            f"touch {began}",
            *lines,
            # what the installation itself wrote, not what was in the packages: no logs, one time
            f"find /var/log /var/cache/ldconfig -type f -newer {began} -exec truncate -s 0 {{}} +",
            f"find / -xdev -newer {began} ! -path '/proc*' ! -path '/sys*' ! -path '/dev*'"
            f" -exec touch -h -d @{MOMENT} {{}} +",
            # the engine puts files of its own there for as long as this runs
            f"touch -d @{MOMENT} /etc",
        ),
    )


def apt_sources(base: Base, mirrors: Mapping[str, str]) -> str:
    """Return the base's distribution on a mirror, as sources.list(5) has it; empty where it isn't known.

    `mirrors` are the addresses of the archives by their names (`debian`, `debian-security`, `ubuntu`).
    """
    name, version = base.facts.platform.distribution, base.facts.platform.distribution_version
    suite, archive = _SUITES.get(name, {}).get(version, ""), mirrors.get(name, "")
    security = mirrors.get(_SECURITY.get(name, ""), archive)
    if base.manager != "apt" or not suite or not archive:
        return ""
    rows = ((archive, suite), (archive, f"{suite}-updates"), (security, f"{suite}-security"))
    return "".join(f"deb {address} {one} {_PARTS[name]}\n" for address, one in rows)


def _apt(names: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    mounts = (
        "type=cache,target=/var/cache/apt,sharing=locked",
        "type=cache,target=/var/lib/apt/lists,sharing=locked",
        "type=secret,id=apt",
    )
    lines = (
        "export DEBIAN_FRONTEND=noninteractive",
        # images for containers are set to throw away what lies in apt's usual folder
        "mkdir -p /var/cache/apt/kept/partial",
        'apt="apt-get -qq -o APT::Sandbox::User=root -o Dir::Cache::archives=/var/cache/apt/kept"',
        '[ ! -s /run/secrets/ca ] || apt="$apt -o Acquire::https::CAInfo=/run/secrets/ca"',
        '[ ! -s /run/secrets/apt ] || apt="$apt -o Dir::Etc::sourcelist=/run/secrets/apt'
        ' -o Dir::Etc::sourceparts=/dev/null"',
        "$apt update",
        f"$apt install --no-install-recommends {names}",
    )
    return "/var/cache/apt", mounts, lines


def _dnf(names: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    mounts = (
        "type=cache,target=/var/cache/dnf,sharing=locked",
        "type=cache,target=/var/cache/libdnf5,sharing=locked",
    )
    lines = (
        "dnf=$(command -v dnf || command -v microdnf)",
        '[ ! -s /run/secrets/ca ] || dnf="$dnf --setopt=sslcacert=/run/secrets/ca"',
        f"$dnf -y --setopt=install_weak_deps=0 --setopt=keepcache=1 install {names}",
    )
    return "/var/cache/dnf", mounts, lines


def _apk(names: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    mounts = ("type=cache,target=/var/cache/apk,sharing=locked",)
    return "/var/cache/apk", mounts, (f"apk add --cache-dir /var/cache/apk {names}",)
