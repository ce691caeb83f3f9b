"""What libraries, programs and packages are called by each distribution."""

from __future__ import annotations

import re

import pytest

from provenv.model.facts import Facts, Platform, Tool
from provenv.system import MANAGERS, manager_of, wanted
from provenv.system.managers import has_t64_names
from provenv.system.tables import table

PROGRAMS = {one.name: one.program for one in MANAGERS.values()}


def facts(distribution: str, version: str = "", manager: str = "") -> Facts:
    system = "darwin" if distribution == "macos" else "linux"
    tools = (Tool(PROGRAMS[manager], f"/usr/bin/{PROGRAMS[manager]}", ""),) if manager else ()
    platform = Platform(system, "x86_64", distribution=distribution, distribution_version=version)
    return Facts(platform, tools=tools)


MACHINES = [
    ("debian", "12", "apt", "apt", False),
    ("debian", "13", "apt", "apt", True),
    ("debian", "", "apt", "apt", True),
    ("ubuntu", "22.04", "apt", "apt", False),
    ("ubuntu", "24.04", "apt", "apt", True),
    ("ubuntu", "23.10", "apt", "apt", False),
    ("fedora", "42", "dnf", "dnf", False),
    ("openEuler", "24.03", "dnf", "dnf", False),
    ("opensuse-leap", "15.6", "zypper", "zypper", False),
    ("arch", "", "pacman", "pacman", False),
    ("alpine", "3.20", "apk", "apk", False),
    ("macos", "15.1", "brew", "brew", False),
    # Kylin is Debian's kin on a desk and Fedora's in a rack
    ("kylin", "V10", "dnf", "dnf", False),
    ("kylin", "V10", "apt", "apt", False),
    # a distribution that nobody has heard of, by what it has
    ("someos", "1", "zypper", "zypper", False),
]


@pytest.mark.parametrize(("distribution", "version", "there", "expected", "t64"), MACHINES)
def test_the_package_manager_of_a_machine(distribution, version, there, expected, t64):
    machine = facts(distribution, version, there)
    found = manager_of(machine)
    assert found is not None
    assert (found.name, has_t64_names(machine)) == (expected, t64)


@pytest.mark.parametrize("distribution", ["someos", "macos-of-old", ""])
def test_a_machine_without_any_is_told_so(distribution):
    assert manager_of(facts(distribution)) is None


NAMES = [
    # declared, distribution, version, manager -> kind, package
    ("libgl1", "debian", "12", "apt", "package", "libgl1"),
    ("libgl1", "fedora", "42", "dnf", "package", "libglvnd-glx"),
    ("libgl1", "arch", "", "pacman", "package", "libglvnd"),
    ("libgl1", "alpine", "3.20", "apk", "package", "mesa-gl"),
    ("libgl1", "opensuse-leap", "15.6", "zypper", "package", "libGL.so.1()(64bit)"),
    ("libglib2.0-0", "debian", "12", "apt", "package", "libglib2.0-0"),
    ("libglib2.0-0", "debian", "13", "apt", "package", "libglib2.0-0t64"),
    ("libglib2.0-0t64", "ubuntu", "22.04", "apt", "package", "libglib2.0-0"),
    ("libGL.so.1", "debian", "12", "apt", "library", "libgl1"),
    ("libGL.so.1", "opensuse-leap", "15.6", "zypper", "library", "libGL.so.1()(64bit)"),
    ("libavcodec.so.59", "debian", "12", "apt", "library", "libavcodec59"),
    ("libavcodec.so.61", "fedora", "42", "dnf", "library", "libavcodec.so.61()(64bit)"),
    ("libpython3.11.so.1.0", "debian", "12", "apt", "library", "libpython3.11"),
    ("libpython3.13.so.1.0", "debian", "13", "apt", "library", "libpython3.13t64"),
    ("libnobody.so.9", "alpine", "3.20", "apk", "library", "so:libnobody.so.9"),
    ("libnobody.so.9", "debian", "12", "apt", "library", ""),
    ("libcuda.so.1", "debian", "12", "apt", "driver", ""),
    ("libcudart.so.12", "ubuntu", "24.04", "apt", "toolkit", ""),
    ("nvcc", "ubuntu", "24.04", "apt", "toolkit", ""),
    ("ffmpeg", "debian", "12", "apt", "program", "ffmpeg"),
    ("ffmpeg", "fedora", "42", "dnf", "program", "ffmpeg-free"),
    ("dot", "alpine", "3.20", "apk", "program", "graphviz"),
    ("graphviz", "arch", "", "pacman", "package", "graphviz"),
    ("tesseract-ocr", "macos", "15.1", "brew", "package", "tesseract"),
    ("libomp.dylib", "macos", "15.1", "brew", "library", "libomp"),
    ("libgl1:i386", "debian", "12", "apt", "package", "libgl1:i386"),
    ("no-such-thing", "debian", "12", "apt", "package", "no-such-thing"),
]


@pytest.mark.parametrize(("name", "distribution", "version", "manager", "kind", "package"), NAMES)
def test_a_name_as_this_machine_calls_it(name, distribution, version, manager, kind, package):
    machine = facts(distribution, version, manager)
    found = wanted(name, manager_of(machine), machine)
    assert (found.name, found.kind, found.package) == (name, kind, package)


def test_the_table_names_each_library_once_and_says_where_it_is_from():
    content = table("system_packages")
    libraries = [name for row in content["libraries"] for name in row["libraries"]]
    programs = [name for row in content["programs"] for name in row["programs"]]
    outside = [*content["driver"], *content["toolkit"]]
    for names in (libraries, programs, outside):
        assert len(names) == len(set(names))
    assert not set(libraries + programs) & set(outside)
    assert len(libraries) >= 60
    assert len(programs) >= 10
    assert {"apt", "zypper"} <= set(content["source"])
    keys = {"libraries", "programs", "apt", "apt_t64", "dnf", "zypper", "pacman", "apk", "brew"}
    for row in [*content["libraries"], *content["programs"]]:
        assert set(row) <= keys
        assert len(row) > 1, row
        # Debian's policy 5.6.1: at least two characters, small letters, digits, plus, minus, full stop
        names = [row[key].replace("{n}", "1") for key in ("apt", "apt_t64") if key in row]
        assert all(re.fullmatch(r"[a-z0-9][a-z0-9+.-]+", name) for name in names)
    assert all(re.search(r"\.so|\.dylib", name) for name in libraries)
