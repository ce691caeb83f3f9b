"""The ways to build one project's image that are measured, and how each is told of a change.

What is not timed: locks, and writing the Dockerfile anew from a lock. What is: what makes the image.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from image_project import PACKAGES, declared, edit, pyproject, write_project
from image_world import Place, world
from programs import program

DOCKERFILES = Path(__file__).resolve().parent / "dockerfiles"
SECRETS = ".provenv/box/secrets"


@dataclass(frozen=True)
class Way:
    """One way to build the image, with a folder and an engine of its own.

    `build` makes the image `image` of what lies in `folder`; `require` makes the project's requirements
    those named, locks included; `run` are the words before a command that is to run in a container.
    """

    name: str
    engine: Any
    folder: Path
    image: str
    build: Sequence[str]
    require: Callable[[Sequence[str]], None]
    run: Sequence[str]

    def make(self) -> float:
        """Build the image and return the seconds that it took. Ends the script where it failed."""
        os.sync()
        return self._timed(self.build)

    def edit(self, number: int) -> None:
        """Change one line of one module."""
        edit(self.folder, number)

    def forget(self) -> None:
        """Leave nothing that a build could use again, but the base image."""
        box = self.folder / ".provenv" / "box"
        for kept in box.iterdir() if box.is_dir() else ():
            if kept.name == "secrets":
                continue
            shutil.rmtree(kept) if kept.is_dir() and not kept.is_symlink() else kept.unlink()
        name = self.image.rpartition(":")[0]
        made = self.engine.call("image", "ls", "-q", "--filter", f"reference={name}").stdout.split()
        if made:
            self.engine.call("image", "rm", "-f", *dict.fromkeys(made))
        self.engine.call("image", "prune", "-f")
        self.engine.call("builder", "prune", "-a", "-f")

    def push(self, place: Place) -> int:
        """Push the image and return the bytes that the registry was sent."""
        place.counted.restart()
        self.engine.call("push", "-q", self.image)
        return place.counted.restart()

    def size(self) -> int:
        """Return the bytes of the image's files, layer by layer."""
        return int(self.engine.call("image", "inspect", "-f", "{{.Size}}", self.image).stdout)

    def start(self, *words: str) -> float:
        """Run a command in a new container and return the seconds until it has ended."""
        return self._timed([*self.run, *words])

    def _timed(self, words: Sequence[str]) -> float:
        began = time.perf_counter()
        call(words, self.folder, self.engine.variables)
        return time.perf_counter() - began

    def end(self) -> None:
        """End the engine and remove all that it kept."""
        world.stop_docker(self.engine.folder)


def by_dockerfile(place: Place, key: str, kind: str = "cpu") -> Way:
    """Return the way of a Dockerfile that lies in dockerfiles/; `kind` names the folder of wheels."""
    name = key if kind == "cpu" else f"{key}-{kind}"
    folder = place.folder / name
    write_project(folder)
    text = (DOCKERFILES / f"{key}.Dockerfile").read_text()
    (folder / "Dockerfile").write_text(text)
    address, image = place.simple(kind), f"{place.counted.address}/bench/{name}:latest"
    engine = place.engine(name)
    told = {"BASE": place.base, "UV": place.uv, "PIP_INDEX_URL": address}
    arguments = [f"--build-arg={one}={value}" for one, value in told.items() if f"ARG {one}" in text]
    build = [engine.client, "buildx", "build", "-q", "--network=host", *arguments, "-t", image, "."]

    def require(packages: Sequence[str]) -> None:
        if "uv.lock" in text:
            (folder / "pyproject.toml").write_text(pyproject(packages, address))
            call([program("uv"), "lock", "-q"], folder)
        else:
            (folder / "requirements.txt").write_text("".join(f"{one}\n" for one in packages))

    require(PACKAGES)
    return Way(name, engine, folder, image, build, require, _run(engine, image))


def by_rendered(place: Place) -> Way:
    """Return the way of the Dockerfile that provenv writes, built without it."""
    way = by_up(place, "rendered")
    secrets = [f"--secret=id={one},src={SECRETS}/{one}" for one in ("network", "ca")]
    build = [way.engine.client, "buildx", "build", "-q", "--network=host", *secrets, "-t", way.image, "."]
    render = [program("provenv"), "render", "dockerfile", "--on", "box", "-o", ".", "--secrets", SECRETS]

    def require(packages: Sequence[str]) -> None:
        way.require(packages)
        call([*render, "--force"], way.folder, way.engine.variables)

    require(PACKAGES)
    run = _run(way.engine, way.image)
    return Way(way.name, way.engine, way.folder, way.image, build, require, run)


def by_up(place: Place, name: str = "up") -> Way:
    """Return the way of `provenv up --on box`, the proof inside and all."""
    folder, engine = place.folder / name, place.engine(name)
    repository = f"{place.counted.address}/bench/{name}"
    write_project(folder)

    def require(packages: Sequence[str]) -> None:
        text = declared(packages, place.simple("cpu"), place.base, repository)
        (folder / "provenv.toml").write_text(text)
        call([program("provenv"), "lock", "--on", "box"], folder, engine.variables)

    require(PACKAGES)
    build = [program("provenv"), "up", "--on", "box", "--json"]
    run = [program("provenv"), "run", "--on", "box", "--"]
    return Way(name, engine, folder, f"{repository}:latest", build, require, run)


ENVD = """\
# syntax=v1


def build():
    base(image="{base}", dev=False)
    config.pip_index(url="{index}", trust=True)
    install.python_packages(name={packages})
    io.copy(source="train.py", target="/app/train.py")
    io.copy(source="trainer", target="/app/trainer")
    config.entrypoint(["python", "/app/train.py"])
"""


def by_envd(place: Place) -> Way:
    """Return the way of envd with the BuildKit inside the engine; its own needs an image from outside."""
    folder, engine = place.folder / "envd", place.engine("envd", bridge=True)
    image = f"{place.counted.address}/bench/envd:latest"
    base = f"{place.encrypted}/{place.base.partition('/')[2]}"
    gateway = ["network", "inspect", "bridge", "-f", "{{(index .IPAM.Config 0).Gateway}}"]
    host = engine.call(*gateway).stdout.strip()
    address = place.simple("cpu").replace("127.0.0.1", host)
    write_project(folder)
    own = {"HOME": str(place.folder / "envd-home"), "SSL_CERT_FILE": str(place.authority), "SSL_CERT_DIR": ""}
    engine = replace(engine, variables={**engine.variables, **own, "ENVD_ANALYTICS": "false"})
    Path(own["HOME"]).mkdir()
    program = str(place.envd)
    call([program, "bootstrap", "--buildkit=false", "--with-autocomplete=false"], folder, engine.variables)
    context = ["context", "create", "--name", "engine", "--builder", "moby-worker", "--use"]
    call([program, *context], folder, engine.variables)

    def require(packages: Sequence[str]) -> None:
        said = ENVD.format(base=base, index=address, packages=json.dumps(list(packages)))
        (folder / "build.envd").write_text(said)

    require(PACKAGES)
    return Way(
        "envd", engine, folder, image, [program, "build", "--tag", image], require, _run(engine, image)
    )


def _run(engine: Any, image: str) -> list[str]:
    # no image of these ways has an entry point of its own, but envd's
    return [engine.client, "run", "--rm", "--network=host", "--entrypoint=", image]


def clean() -> dict[str, str]:
    """Return the environment without anybody's settings of pip and uv."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PIP_", "UV_"))}
    return {**kept, "PIP_CONFIG_FILE": os.devnull, "UV_PYTHON_DOWNLOADS": "never"}


def call(words: Sequence[str], folder: Path, variables: Mapping[str, str] | None = None) -> str:
    """Run a command in the environment of all ways and return what it printed."""
    done = subprocess.run(
        words, cwd=folder, env={**clean(), **(variables or {})}, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(
            f"{' '.join(words)}: {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        )
    return done.stdout
