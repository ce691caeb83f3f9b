"""The platform and the Python that a lock is made for, in uv's words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from ..errors import Failure, Hint, problem, text
from ..model.facts import Facts, Platform
from ..model.lock import Choice, Refusal
from .versions import version as version_of

# what `uv pip compile --python-platform` offers (uv 0.13)
GLIBC = (17, 28, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40)
UNKNOWN_GLIBC = 28
OLDEST = Version("3.9")
KNOWN = ("3.12", "3.13", "3.11", "3.10", "3.14", "3.9")
MACHINES = {"amd64": "x86_64", "x64": "x86_64", "arm64": "aarch64"}
MACOS = "14.0"


@dataclass(frozen=True)
class PythonChoice:
    """`version` is what is locked for (`3.11`), `path` the interpreter that may build packages meanwhile."""

    version: str
    choice: Choice
    path: str | None = None


def machine_of(platform: Platform) -> str:
    """Return the processor as uv and the tables call it: `x86_64`, `aarch64`..."""
    machine = platform.machine.lower()
    return MACHINES.get(machine, machine)


def python_platform(platform: Platform) -> str:
    """Return uv's name for the platform: the newest manylinux that its glibc still satisfies.

    Raises Failure PV311 for a system that uv can't resolve for.
    """
    machine = machine_of(platform)
    if platform.system == "darwin":
        return f"{machine}-apple-darwin"
    if platform.system == "windows":
        return f"{machine}-pc-windows-msvc"
    if platform.system == "linux" and platform.libc == "musl":
        return f"{machine}-unknown-linux-musl"
    if platform.system == "linux" and machine in ("x86_64", "aarch64"):
        return f"{machine}-manylinux_2_{_glibc(platform.libc_version)}"
    if platform.system == "linux" and machine == "riscv64":
        return "riscv64-unknown-linux"
    raise Failure(problem("PV311", system=platform.system, machine=platform.machine))


def _glibc(version: str) -> int:
    match = re.match(r"2\.(\d+)", version)
    minor = int(match[1]) if match else UNKNOWN_GLIBC
    return max((one for one in GLIBC if one <= minor), default=GLIBC[0])


def deployment_target(platform: Platform) -> str:
    """Return the macOS whose wheels are taken: the machine's own where it is older than 14.0.

    A newer one does not count, so that a lock runs on the macOS versions before it.
    """
    match = re.match(r"(\d+)(?:\.(\d+))?", platform.distribution_version)
    if match is None:
        return MACOS
    major, minor = int(match[1]), int(match[2] or 0)
    if (major, minor) >= (14, 0):
        return MACOS
    # from macOS 11 on wheels are tagged by the major version alone
    return f"{major}.0" if major >= 11 else f"{major}.{minor}"


def runs_on(locked: str, platform: Platform) -> bool:
    """Tell whether a lock for `locked` runs on the platform: the same kind, a glibc that is not older."""
    here = python_platform(platform)
    if locked == here or not locked:
        return True
    ours, theirs = (re.fullmatch(r"(.+-manylinux)_2_(\d+)", one) for one in (here, locked))
    return bool(ours and theirs) and ours[1] == theirs[1] and int(theirs[2]) <= int(ours[2])  # type: ignore[index]  # both matched


def choose_python(declared: str | None, facts: Facts, *, foreign: bool) -> PythonChoice:
    """Return the Python to lock for: the machine's first that `declared` allows, else one that uv fetches.

    Raises Failure PV312 where `declared` is neither a version nor a specifier set.
    """
    wanted = specifiers(declared)
    refused = []
    for python in facts.pythons:
        version = version_of(python.version)
        if version is None or python.implementation != "cpython" or version < OLDEST:
            refused.append(Refusal(python.path, text("lock.python.unfit", version=python.version)))
        elif version not in wanted:
            refused.append(
                Refusal(
                    python.path, text("lock.python.unwanted", version=python.version, declared=declared or "")
                )
            )
        else:
            minor = _locked(declared, version)
            key = "lock.python.declared" if declared else "lock.python.first"
            why = text(key, version=python.version, path=python.path, declared=declared or "")
            path = None if foreign else python.path
            return PythonChoice(minor, Choice("python", minor, why, tuple(refused)), path)
    fetched = next(_fetched(declared, wanted), None)
    if fetched is None:
        raise Failure(problem("PV312", declared=declared or "", hints=(Hint(text("PV312.hint")),)))
    why = text("lock.python.fetched", version=fetched, declared=declared or "")
    return PythonChoice(fetched, Choice("python", fetched, why, tuple(refused)))


def specifiers(declared: str | None) -> SpecifierSet:
    """Return the declared Python as a specifier set: `3.11` means any 3.11. Raises Failure PV312."""
    words = (declared or "").strip()
    if re.fullmatch(r"\d+(\.\d+)*", words):
        words = f"=={words}" if words.count(".") >= 2 else f"=={words}.*"
    try:
        return SpecifierSet(words, prereleases=True)
    except InvalidSpecifier as error:
        raise Failure(problem("PV312", declared=declared or "", hints=(Hint(text("PV312.hint")),))) from error


def _locked(declared: str | None, version: Version) -> str:
    """Return the minor version, so that other patch releases can use the lock; all of it if declared."""
    if declared and re.fullmatch(r"\d+\.\d+\.\d+", declared.strip()):
        return declared.strip()
    return f"{version.major}.{version.minor}"


def _fetched(declared: str | None, wanted: SpecifierSet) -> Iterator[str]:
    if declared and re.fullmatch(r"\d+\.\d+(\.\d+)?", declared.strip()):
        yield declared.strip()
    for minor in KNOWN:
        # some patch release has to be allowed; there are no more than 40 of any
        if any(f"{minor}.{patch}" in wanted for patch in range(40)):
            yield minor
