"""A lock for many machines is read for one: Python, platform, markers, groups, and the file that is taken."""

from __future__ import annotations

import pytest

from provenv.errors import Failure
from provenv.lock.foreign.selection import Machine, select
from provenv.lock.pylock import parse
from provenv.lock.wheels import pythons, rank, tags
from provenv.model.facts import Facts, Platform, Python

LINUX = Platform("linux", "x86_64", kernel="6.8", libc="glibc", libc_version="2.31")
PLATFORMS = {
    "linux": LINUX,
    "old": Platform("linux", "x86_64", libc="glibc", libc_version="2.17"),
    "arm": Platform("linux", "aarch64", libc="glibc", libc_version="2.35"),
    "alpine": Platform("linux", "x86_64", libc="musl", libc_version="1.2.4"),
    "mac": Platform("darwin", "arm64", distribution_version="14.2"),
    "windows": Platform("windows", "AMD64"),
}
WHEELS = {
    "manylinux_2_17": ("cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64", {"linux", "old"}),
    "manylinux_2_28": ("cp311-cp311-manylinux_2_28_x86_64", {"linux"}),
    "manylinux_2_34": ("cp311-cp311-manylinux_2_34_x86_64", set()),
    "aarch64": ("cp311-cp311-manylinux_2_28_aarch64", {"arm"}),
    "musl": ("cp311-cp311-musllinux_1_2_x86_64", {"alpine"}),
    "mac": ("cp311-cp311-macosx_11_0_arm64", {"mac"}),
    "mac 15": ("cp311-cp311-macosx_15_0_arm64", set()),
    "windows": ("cp311-cp311-win_amd64", {"windows"}),
    "stable": ("cp38-abi3-manylinux_2_17_x86_64", {"linux", "old"}),
    "pure": ("py3-none-any", set(PLATFORMS)),
    "other Python": ("cp312-cp312-manylinux_2_17_x86_64", set()),
    "free-threaded": ("cp313-cp313t-manylinux_2_17_x86_64", set()),
}


def machine(name: str = "linux", python: str = "3.11") -> Machine:
    return Machine(python, Facts(PLATFORMS[name], pythons=(Python("/usr/bin/python3", "3.11.7"),)))


@pytest.mark.parametrize("wheel", WHEELS)
def test_a_wheel_runs_where_its_tags_say(wheel):
    tag, where = WHEELS[wheel]
    name = f"x-1.0-{tag}.whl"
    assert {
        one for one, platform in PLATFORMS.items() if rank(name, tags("3.11", platform)) is not None
    } == where


def test_the_newest_glibc_and_the_later_build_fit_best():
    accepted = tags("3.11", LINUX)
    ordered = [
        "x-1-cp311-cp311-manylinux_2_28_x86_64.whl",
        "x-1-2-cp311-cp311-manylinux_2_17_x86_64.whl",
        "x-1-cp311-cp311-manylinux_2_17_x86_64.whl",
        "x-1-cp38-abi3-manylinux_2_17_x86_64.whl",
        "x-1-py3-none-any.whl",
    ]
    shuffled = ordered[::-1]
    assert sorted(shuffled, key=lambda one: rank(one, accepted)) == ordered
    assert rank("no-wheel.txt", accepted) is None


def test_names_of_wheels_tell_their_pythons():
    names = ["x-1-cp39-cp39-win32.whl", "x-1-cp310-cp310-win32.whl", "x-1-cp36-abi3-win32.whl", "broken"]
    assert pythons(names) == ("3.6+", "3.9", "3.10")


def lock(packages: str, head: str = "") -> dict:
    return parse(f'lock-version = "1.0"\ncreated-by = "another"\n{head}\n{packages}', "pylock.toml")


def entry(name: str, version: str = "1.0", tag: str = "py3-none-any", more: str = "") -> str:
    wheel = f'{{ name = "{name}-{version}-{tag}.whl", path = "x", hashes = {{ sha256 = "00" }} }}'
    return f'[[packages]]\nname = "{name}"\nversion = "{version}"\n{more}\nwheels = [{wheel}]\n'


def names(selection) -> list[tuple[str, str]]:
    return [(one["name"], one["version"]) for one in selection.entries]


def test_markers_are_those_of_the_target_not_of_this_process():
    data = lock(
        entry("a", more="marker = \"sys_platform == 'win32'\"")
        + entry("b", "1.0", more="marker = \"python_full_version < '3.12'\"")
        + entry("b", "2.0", more="marker = \"python_full_version >= '3.12'\"")
        + entry("c", more="marker = \"platform_machine == 'aarch64'\"")
    )
    assert names(select(data, "f", machine())) == [("b", "1.0")]
    assert names(select(data, "f", machine("windows"))) == [("a", "1.0"), ("b", "1.0")]
    assert names(select(data, "f", machine("arm", "3.12"))) == [("b", "2.0"), ("c", "1.0")]


def test_groups_and_extras_are_asked_for_by_name():
    data = lock(
        entry("a", more="marker = \"'dev' in dependency_groups\"")
        + entry("b", more="marker = \"'docs' in dependency_groups\"")
        + entry("c", more="marker = \"'gpu' in extras\""),
        'dependency-groups = ["dev", "docs"]\ndefault-groups = ["dev"]\nextras = ["gpu"]',
    )
    assert names(select(data, "f", machine())) == [("a", "1.0")]
    assert names(select(data, "f", machine(), groups=["docs"], extras=["GPU"])) == [
        ("b", "1.0"),
        ("c", "1.0"),
    ]


def codes(data: dict, where: Machine) -> list[str]:
    with pytest.raises(Failure) as failed:
        select(data, "pylock.toml", where)
    return [one.code for one in failed.value.problems]


def test_another_python_and_another_platform_are_told_at_once():
    data = lock(entry("a"), 'requires-python = ">=3.12"\nenvironments = ["sys_platform == \'darwin\'"]')
    assert codes(data, machine()) == ["PV335", "PV336"]
    assert names(select(data, "f", Machine("3.13", Facts(PLATFORMS["mac"])))) == [("a", "1.0")]


def test_every_package_without_a_file_for_the_machine_is_named():
    data = lock(
        entry("a", tag="cp311-cp311-win_amd64")
        + entry("b", tag="cp312-cp312-manylinux_2_17_x86_64")
        + entry("c")
    )
    with pytest.raises(Failure) as failed:
        select(data, "pylock.toml", machine())
    first, second = failed.value.problems
    assert [one.what.args["name"] for one in (first, second)] == ["a", "b"]
    assert first.why.args == {"pythons": "3.11", "platforms": "win_amd64"}
    assert (first.code, second.why.args["pythons"]) == ("PV337", "3.12")


def test_two_entries_that_apply_at_once_are_refused():
    assert codes(lock(entry("a") + entry("a", "2.0")), machine()) == ["PV338"]


def test_a_marker_that_is_none_is_told_not_raised():
    assert codes(lock(entry("a", more='marker = "frogs == 3"')), machine()) == ["PV332"]


def test_a_source_stands_in_only_where_no_wheel_runs():
    source = 'sdist = { name = "a-1.0.tar.gz", path = "y", hashes = { sha256 = "11" } }'
    foreign = select(lock(entry("a", tag="cp39-cp39-win32", more=source)), "f", machine())
    assert (foreign.built, "sdist" in foreign.entries[0]) == (("a",), True)
    ours = select(lock(entry("a", more=source)), "f", machine())
    assert (ours.built, "sdist" in ours.entries[0]) == ((), False)
