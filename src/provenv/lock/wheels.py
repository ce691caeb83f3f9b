"""Which wheels run on a machine: tags of platform and Python (PEP 425, 600, 656), markers (PEP 508)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from packaging.tags import Tag, compatible_tags, cpython_tags, mac_platforms
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from ..model.facts import Facts, Platform
from .platforms import MACOS, UNKNOWN_GLIBC, machine_of

OLDEST_GLIBC = {"x86_64": 5, "i686": 5}
OLDEST_OTHER = 17
ALIASES = {5: "manylinux1", 12: "manylinux2010", 17: "manylinux2014"}
SYSTEMS = {
    # our name -> sys_platform, platform_system, os_name
    "linux": ("linux", "Linux", "posix"),
    "darwin": ("darwin", "Darwin", "posix"),
    "windows": ("win32", "Windows", "nt"),
}


@cache
def tags(python: str, platform: Platform) -> Mapping[Tag, int]:
    """Return every tag that CPython `python` (`3.11`) takes on the platform, with its rank: 0 fits best."""
    major, minor = (int(one) for one in python.split(".")[:2])
    interpreter = f"cp{major}{minor}"
    platforms = list(_platforms(platform))
    ordered = [
        *cpython_tags((major, minor), [interpreter], platforms),
        *compatible_tags((major, minor), interpreter, platforms),
    ]
    return {tag: rank for rank, tag in reversed(list(enumerate(ordered)))}


def rank(filename: str, accepted: Mapping[Tag, int]) -> tuple[int, int] | None:
    """Return how well a wheel fits (smaller is better; then the later build); None: it does not run."""
    try:
        _, _, build, found = parse_wheel_filename(filename)
    except InvalidWheelFilename:
        return None
    ranks = [accepted[tag] for tag in found if tag in accepted]
    return (min(ranks), -(build[0] if build else 0)) if ranks else None


def markers(python: str, facts: Facts) -> dict[str, str]:
    """Return the values of PEP 508's markers for CPython `python` on the machine.

    Of a minor version alone the machine's own patch release is taken, else its first, as uv does.
    """
    own = (one.version for one in facts.pythons if f"{one.version}.".startswith(f"{python}."))
    full = next(own, python if python.count(".") > 1 else f"{python}.0")
    sys_platform, system, os_name = SYSTEMS.get(facts.platform.system, ("", "", ""))
    return {
        "implementation_name": "cpython",
        "implementation_version": full,
        "os_name": os_name,
        "platform_machine": facts.platform.machine,
        "platform_python_implementation": "CPython",
        "platform_release": facts.platform.kernel,
        "platform_system": system,
        "platform_version": "",
        "python_full_version": full,
        "python_version": ".".join(full.split(".")[:2]),
        "sys_platform": sys_platform,
    }


def pythons(filenames: Iterable[str]) -> tuple[str, ...]:
    """Return which Pythons wheels were made for, as their names say it: `3.8`, `3.9+` (stable ABI), `3`."""
    found: set[str] = set()
    for name in filenames:
        try:
            parsed = parse_wheel_filename(name)[3]
        except InvalidWheelFilename:
            continue
        for tag in parsed:
            match = re.fullmatch(r"[a-z]+(\d)(\d*)", tag.interpreter)
            if match is not None:
                version = f"{match[1]}.{match[2]}" if match[2] else match[1]
                found.add(f"{version}+" if tag.abi == "abi3" else version)
    return tuple(sorted(found, key=lambda one: [int(part) for part in re.findall(r"\d+", one)]))


def _platforms(platform: Platform) -> Iterator[str]:
    machine = machine_of(platform)
    if platform.system == "darwin":
        version = re.match(r"(\d+)\.?(\d*)", platform.distribution_version or MACOS)
        major, minor = (int(version[1]), int(version[2] or 0)) if version else (14, 0)
        yield from mac_platforms((major, minor), "arm64" if machine == "aarch64" else machine)
    elif platform.system == "windows":
        yield {"x86_64": "win_amd64", "aarch64": "win_arm64"}.get(machine, "win32")
    elif platform.libc == "musl":
        newest = re.match(r"1\.(\d+)", platform.libc_version)
        for minor in range(int(newest[1]) if newest else 2, -1, -1):
            yield f"musllinux_1_{minor}_{machine}"
        yield f"linux_{machine}"
    else:
        found = re.match(r"2\.(\d+)", platform.libc_version)
        for minor in range(
            int(found[1]) if found else UNKNOWN_GLIBC, OLDEST_GLIBC.get(machine, OLDEST_OTHER) - 1, -1
        ):
            yield f"manylinux_2_{minor}_{machine}"
            if minor in ALIASES:
                yield f"{ALIASES[minor]}_{machine}"
        yield f"linux_{machine}"
