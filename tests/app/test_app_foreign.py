"""A lock of ours that starts from another tool's versions: what is preferred, what is asked for outright."""

from __future__ import annotations

from provenv.app.foreign import Pins, preferring
from provenv.model.lock import Lock, Package
from provenv.model.spec import Spec

SPEC = Spec(name="p", root="/p", file="provenv.toml", files=("provenv.toml",), digest="0")


def lock(**versions: str) -> Lock:
    return Lock(
        "here", "3.11", "", tuple(Package(name, version) for name, version in versions.items()), (), ""
    )


def test_torchs_family_is_asked_for_by_version_whatever_its_build():
    pins = Pins("uv.lock", "d", lock(torch="2.7.1+cu126", torchvision="0.22.1", numpy="2.0"))
    spec, former = preferring(SPEC, pins, None)
    assert [one.text for one in spec.constraints] == ["torch==2.7.1", "torchvision==0.22.1"]
    assert {one.where.file for one in spec.constraints} == {"uv.lock"}
    assert {one.name: one.version for one in former.packages}["numpy"] == "2.0"


def test_the_other_tools_versions_go_before_those_of_our_former_lock():
    pins = Pins("poetry.lock", "d", lock(numpy="2.1"))
    _, former = preferring(SPEC, pins, lock(numpy="2.0", six="1.16"))
    assert {one.name: one.version for one in former.packages} == {"numpy": "2.1", "six": "1.16"}
