"""From a raw look at native files to needs: what matters, what is optional, what is one and the same."""

from __future__ import annotations

from provenv.model.facts import Facts, Platform, Tool
from provenv.model.system import SystemNeed
from provenv.system import (
    MANAGERS,
    Asked,
    command_line,
    declared_needs,
    library_needs,
    merged,
    to_install,
    wanted,
)

DEBIAN = Facts(
    Platform("linux", "x86_64", distribution="debian", distribution_version="12"),
    tools=(Tool("apt-get", "/usr/bin/apt-get", ""),),
)
APT = MANAGERS["apt"]


def entry(name: str, *files: tuple[str, str]) -> dict[str, object]:
    return {"name": name, "files": [list(file) for file in files]}


RAW = {
    "missing": [
        entry("libGL.so.1", ("cv2/cv2.abi3.so", "opencv-python"), ("vtk/a.so", "vtk")),
        entry("libgthread-2.0.so.0", ("cv2/cv2.abi3.so", "opencv-python")),
        entry("libtbb.so.12", ("numba/tbbpool.so", "numba")),
        entry("libcuda.so.1", ("triton/libtriton.so", "triton")),
        entry("libX11.so.6", ("vtk/a.so", "vtk")),
    ],
    "imports": [
        ["opencv-python", "cv2", "ImportError: libGL.so.1: cannot open shared object file: No such file\n"],
        ["numba", "numba", "ImportError: something else entirely\n"],
    ],
}


def test_only_what_an_import_fails_for_is_needed():
    needs = {need.name: need for need in library_needs(RAW, APT, DEBIAN)}
    assert {name for name, need in needs.items() if not need.optional} == {
        "libGL.so.1",
        "libgthread-2.0.so.0",
    }
    assert needs["libgthread-2.0.so.0"].package == "libglib2.0-0"
    assert (needs["libcuda.so.1"].kind, needs["libcuda.so.1"].package) == ("driver", "")
    # vtk lacks libGL too, but its import is fine: what else its file lacks is not asked for
    assert needs["libX11.so.6"].optional
    assert to_install(needs.values()) == ("libgl1", "libglib2.0-0")


def test_a_declared_package_and_the_library_that_files_need_are_one():
    things = [wanted(name, APT, DEBIAN) for name in ("libgl1", "ffmpeg")]
    asked = Asked(frozenset({("program", "ffmpeg")}), answered=True)
    needs = merged((*declared_needs(things, asked), *library_needs(RAW, APT, DEBIAN)))
    first = next(need for need in needs if need.name == "libgl1")
    assert (first.present, first.declared, first.optional) == (False, True, False)
    assert ("opencv-python", "cv2/cv2.abi3.so") in first.users
    assert "libGL.so.1" not in {need.name for need in needs}
    assert to_install(needs) == ("libgl1", "libglib2.0-0")


def test_the_command_is_what_a_user_would_type():
    assert command_line(APT, ["libgl1"]) == (
        "sudo", "apt-get", "install", "--yes", "--no-install-recommends", "libgl1",
    )  # fmt: skip
    assert command_line(MANAGERS["brew"], ["libomp"]) == ("brew", "install", "libomp")
    assert command_line(APT, []) == ()
    assert command_line(None, ["libgl1"]) == ()


def test_what_cannot_be_told_is_not_installed():
    assert to_install([SystemNeed("libgl1", "package", "libgl1", present=None)]) == ()
