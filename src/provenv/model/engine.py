"""A container engine that can be worked with: which program, what it can do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from .image import Limits, Port, Volume

Builder = Literal["buildx", "buildkit", "buildah"]
"""Who builds: docker's buildx plugin, the BuildKit inside an engine (its classic client), podman itself."""

Feature = Literal[
    "heredoc",  # RUN <<EOF
    "link",  # COPY --link
    "run-network",  # RUN --network
    "build-context",  # a second folder for a build
    "timestamps",  # files of layers carry the time that the build is told
    "cdi",  # devices by the Container Device Interface
]


@dataclass(frozen=True)
class Client:
    """A client of an engine that answers, and what the two can do together.

    `program` is the client's path, `version` the engine's. `variables` are set for each of its calls on
    top of the user's own. `platform` is what its containers are (`linux/amd64`). `gpu` is how it hands out
    GPUs: by a runtime's hook (`--gpus`), by CDI (`--device nvidia.com/gpu=...`), or not at all. `root` is
    the folder in which the engine keeps its data, empty where it did not say.
    """

    program: str
    kind: Literal["docker", "podman"]
    version: str
    builder: Builder
    platform: str = "linux/amd64"
    features: frozenset[Feature] = frozenset()
    gpu: Literal["hook", "cdi", ""] = ""
    rootless: bool = False
    variables: Mapping[str, str] = field(default_factory=dict)
    root: str = ""


@dataclass(frozen=True)
class Inspected:
    """What an engine says of one of its images. `digests` are `repository@sha256:...`; sizes in bytes.

    `layers` are digests of uncompressed content, lowest first; `made` is ISO 8601.
    """

    id: str
    tags: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()
    platform: str = ""
    size: int = 0
    layers: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    made: str = ""


@dataclass(frozen=True)
class CacheUse:
    """How much an engine's build cache holds, and how much of it no build uses now; bytes."""

    size: int = 0
    reclaimable: int = 0


@dataclass(frozen=True)
class BuildRequest:
    """One build: a folder with the Dockerfile and all that it copies, secrets by files, what it is told.

    `secrets` are id -> path of a file that only this user can read. `tag` is empty for an image without a
    name: it gets one when it is proven. `pull` asks the registry for bases anew.
    """

    folder: str
    dockerfile: str = "Dockerfile"
    tag: str = ""
    platform: str = ""
    network: str = ""
    secrets: Mapping[str, str] = field(default_factory=dict)
    arguments: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    epoch: int | None = None
    no_cache: bool = False


@dataclass(frozen=True)
class Starting:
    """A container to start: of which image, with what. `environment` values never stand on a command line.

    `command` empty leaves it to the image; `user` and `workdir` empty are the image's own.
    """

    image: str
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    limits: Limits = Limits()
    mounts: tuple[Volume, ...] = ()
    ports: tuple[Port, ...] = ()
    network: str = ""
    user: str = ""
    workdir: str = ""
    platform: str = ""
    read_only: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
