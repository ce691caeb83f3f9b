"""What an engine can do, by its version: a table with its sources."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from ..model.engine import Builder, Feature

SINCE: Mapping[tuple[str, Feature], tuple[int, int]] = {
    # The Dockerfile frontend that lies inside of an engine: 20.10 has BuildKit 0.8, 23.0 has 0.10 with
    # Dockerfile 1.4 (moby's vendor.mod at each tag; docs.docker.com, "Dockerfile release notes", 1.3 and 1.4;
    # 20.10 and 26.1 tried). With buildx the engine still builds: its own BuildKit decides.
    ("docker", "heredoc"): (23, 0),
    ("docker", "link"): (23, 0),
    ("docker", "run-network"): (23, 0),
    ("docker", "build-context"): (23, 0),
    # "Docker Engine 25.0 release notes"; it may be switched off, which `docker info` tells by CDISpecDirs
    ("docker", "cdi"): (25, 0),
    # `docker` has no "timestamps": `rewrite-timestamp=true` (BuildKit 0.13) changes nothing where images lie
    # in the engine's own store, and is refused by containerd's ("conflicts with unpack"); 26.1 tried
    # buildah's changelog, by the release that each podman has (4.3: 1.28, 4.5: 1.30, 4.8: 1.33, 5.5: 1.40)
    ("podman", "build-context"): (4, 2),
    ("podman", "run-network"): (4, 5),
    ("podman", "heredoc"): (4, 8),
    ("podman", "link"): (5, 6),
    ("podman", "timestamps"): (3, 0),
    ("podman", "cdi"): (4, 1),
}


def features_of(
    kind: Literal["docker", "podman"], version: str, builder: Builder, *, cdi: bool = True
) -> frozenset[Feature]:
    """Return what an engine of this version can do when `builder` builds for it.

    `cdi` tells whether the engine was found to hand devices out so.
    """
    number = numbers(version)
    found = {feature for (of, feature), since in SINCE.items() if of == kind and number >= since}
    if builder == "buildkit":
        # the classic client has no option for it
        found.discard("build-context")
    if not cdi:
        found.discard("cdi")
    return frozenset(found)


def numbers(version: str) -> tuple[int, int]:
    """Return the first two numbers of a version, (0, 0) where it has none."""
    found = re.match(r"v?(\d+)\.(\d+)", version)
    return (int(found[1]), int(found[2])) if found else (0, 0)
