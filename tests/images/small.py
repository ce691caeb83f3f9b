"""Small images for tests of engines, and what progress was told; no base image and no network."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from provenv.engines.engine import Engine
from provenv.engines.find import find
from provenv.errors import Text
from provenv.hosts.local import LocalHost
from provenv.model.progress import Silent, SilentTask


def as_user(engine: Any) -> Engine:
    """Return one of the tests' engines as the program finds it."""
    kind = "podman" if engine.name == "podman" else "docker"
    return find(LocalHost(), kind, {**engine.environment, "PROVENV_NETWORK_STALL": "3"})


def build(engine: Any, folder: Path, name: str, size: int = 10, *words: str) -> str:
    """Build an image from nothing, with two layers and a label; return its name."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "f").write_bytes(name.encode().ljust(size, b"."))
    (folder / "Dockerfile").write_text(
        f'FROM scratch\nLABEL org.example.of="{name}"\nCOPY f /first\nENV A=b\nCOPY f /second\n'
        'CMD ["/first"]\n'
    )
    load = ("--load",) if engine.name == "new" else ()
    done = engine.call(*words, "build", *load, "-t", name, str(folder))
    assert done.returncode == 0
    return name


@contextlib.contextmanager
def own_docker(world: Any, size: str = "") -> Iterator[Any]:
    """Run a docker for the block alone, its images on a disk of this size where one is said."""
    # paths of sockets have to be short
    with tempfile.TemporaryDirectory(prefix="pv-", dir="/tmp", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if size:
            (folder / "data").mkdir()
            mounted = subprocess.run(
                ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder / "data")], check=False
            )
            if mounted.returncode:
                pytest.skip("nothing can be mounted here")
        try:
            world.start_docker(folder, None)
            variables = {
                "DOCKER_HOST": f"unix://{folder}/docker.sock",
                "DOCKER_BUILDKIT": "1",
                "DOCKER_CONFIG": str(folder / "client"),
                "PATH": f"{Path(str(world.installed_docker())).parent}:{os.environ['PATH']}",
            }
            yield world.Engine("own", world.installed_docker(), variables, folder)
        except world.CannotStart as reason:
            pytest.skip(f"no engine here: {reason}")
        finally:
            # a daemon that was killed leaves its containerd behind
            below = folder / "exec" / "containerd" / "containerd.pid"
            number = int(below.read_text()) if below.is_file() else 0
            world.stop_docker(folder)
            if number and str(folder).encode() in world._command_line(number):
                os.kill(number, signal.SIGTERM)
                world._wait_for_end(number, 20)
            subprocess.run(["umount", "--lazy", str(folder / "data")], check=False, capture_output=True)


@dataclass
class Told(Silent):
    """Progress that remembers what it was told."""

    said: list[Text] = field(default_factory=list)

    def task(self, words: Text, total: float | None = None, unit: str = "items") -> ToldTask:
        """Begin a piece of work."""
        self.said.append(words)
        return ToldTask(self.said)

    @property
    def keys(self) -> list[str]:
        """Return the keys of what was told."""
        return [one.key for one in self.said]


class ToldTask(SilentTask):
    """A task of it."""

    def __init__(self, said: list[Text]) -> None:
        self._said = said

    def describe(self, words: Text) -> None:
        """Remember it."""
        self._said.append(words)

    def finish(self, words: Text) -> None:
        """Remember it."""
        self._said.append(words)

    def fail(self, words: Text) -> None:
        """Remember it."""
        self._said.append(words)
