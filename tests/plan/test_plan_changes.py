from __future__ import annotations

import pytest

from provenv.model.lock import Artifact, Lock, Package
from provenv.model.plan import Change, Install, Keep, Remove
from provenv.plan.changes import changes, download_size


def lock(**versions: str) -> Lock:
    packages = tuple(
        Package(name, version, (Artifact(f"{name}-{version}-py3-none-any.whl", size=10),))
        for name, version in versions.items()
    )
    return Lock("here", ">=3.10", "linux-x86_64", packages, (), "identity")


@pytest.mark.parametrize(
    ("installed", "locked", "steps"),
    [
        ({}, {"numpy": "2.0"}, (Install("numpy", "2.0", 10),)),
        ({"numpy": "1.26"}, {"numpy": "2.0"}, (Change("numpy", "1.26", "2.0", 10),)),
        ({"numpy": "2.0"}, {"numpy": "2.0"}, (Keep("numpy", "2.0"),)),
        ({"numpy": "2.0"}, {}, (Remove("numpy", "2.0"),)),
        # a local version is another build of the same release
        ({"torch": "2.13.0"}, {"torch": "2.13.0+cpu"}, (Change("torch", "2.13.0", "2.13.0+cpu", 10),)),
        (
            {"zlib": "1", "attrs": "1"},
            {"mpmath": "1", "attrs": "2"},
            (Change("attrs", "1", "2", 10), Install("mpmath", "1", 10), Remove("zlib", "1")),
        ),
    ],
)
def test_a_step_for_each_package_by_name(installed, locked, steps):
    assert changes(installed, lock(**locked)) == steps


def test_the_size_is_the_largest_wheel_and_none_where_no_file_says():
    several = (
        Artifact("a-1.tar.gz", size=99),
        Artifact("a-1-cp311-cp311-linux_x86_64.whl", size=7),
        Artifact("a-1-cp311-cp311-linux_aarch64.whl", size=8),
    )
    assert download_size(Package("a", "1", several)) == 8
    assert download_size(Package("a", "1", several[:1])) == 99
    assert download_size(Package("a", "1", (Artifact("a-1.tar.gz"),))) is None
