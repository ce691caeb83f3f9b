"""The engines of the tests as provenv finds them, with the usual base image in each."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from provenv.engines.engine import Engine
from provenv.engines.find import find
from provenv.hosts.local import LocalHost
from provenv.model.image import EngineName

FIXTURES = {"new": "new_engine", "old": "old_engine", "podman": "podman"}


@dataclass(frozen=True)
class Found:
    """An engine as provenv found it, the tests' own handle on it, and the base image in it."""

    engine: Engine
    own: Any
    base: str

    @property
    def environment(self) -> Mapping[str, str]:
        """Return the whole environment of a process that works with this engine."""
        return cast("Mapping[str, str]", self.own.environment)

    def containers(self) -> list[str]:
        """Return the names of all containers of provenv's, running or not."""
        said = self.own.call("ps", "--all", "--format", "{{.Names}}").stdout
        return [name for name in said.split() if name.startswith("provenv-")]


def found(name: str, request: Any) -> Found:
    """Return that engine; what it needs is skipped or refused as its fixture does."""
    own = request.getfixturevalue(FIXTURES[name])
    tar: Path = request.getfixturevalue("base_tar")
    base = own.bring(tar, "localhost/building/base:1")
    wanted: EngineName = "podman" if name == "podman" else "docker"
    return Found(find(LocalHost(), wanted, own.environment), own, base)


def runs(words: str) -> bool:
    """Tell whether any process of this machine, also inside of a container, has these words."""
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if words in file.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"):
                return True
    return False
