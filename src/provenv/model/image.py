"""An image target: what the user says of it, what it is built from, and what was built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from ..errors import Problem

if TYPE_CHECKING:
    # what only looks after images does not pay for the facts
    from .facts import Facts
    from .lock import Package

EngineName = Literal["auto", "docker", "podman"]
Manager = Literal["apt", "dnf", "apk", ""]

APP = "/app"
"""Where a project's code lies in its image, and where its commands run."""


@dataclass(frozen=True)
class Port:
    """A port of the container that the host listens on; loopback's alone unless an address says otherwise."""

    container: int
    host: int
    address: str = "127.0.0.1"


@dataclass(frozen=True)
class Volume:
    """A folder of the host (a path, relative to the project's root) or a named volume, seen at `path`."""

    source: str
    path: str
    read_only: bool = False

    @property
    def named(self) -> bool:
        """Tell whether the engine keeps it under a name, rather than the host at a path."""
        return not self.source.startswith((".", "/", "~"))


@dataclass(frozen=True)
class Limits:
    """What a container may use. `gpus`: empty, `all`, a count, or indices and names with commas.

    `shm` and `memory` are bytes, 0 for the engine's own default; `cpus` in cores, 0 for all.
    """

    gpus: str = ""
    shm: int = 0
    memory: int = 0
    cpus: float = 0.0


@dataclass(frozen=True)
class ImageOptions:
    """`[target.NAME]` with `kind = "image"`, complete.

    `base` is the reference as the file says it, or Python's own slim image. `repository` is the image's
    name without a tag. `code` are patterns of the files that go into it (empty: chosen, see context).
    `command` is what runs where nothing else is said, `health` what tells that it works; both command
    lines, empty where there is none. `network` is the engine's network for builds and containers.
    """

    base: str
    repository: str
    engine: EngineName = "auto"
    platform: str = ""
    user: int = 1000
    code: tuple[str, ...] = ()
    command: str = ""
    health: str = ""
    ports: tuple[Port, ...] = ()
    volumes: tuple[Volume, ...] = ()
    limits: Limits = Limits()
    network: str = ""
    bytecode: bool = True
    extensions: tuple[str, ...] = ()
    system: tuple[str, ...] = ()


@dataclass(frozen=True)
class Base:
    """The image that ours stands on.

    `declared` is what the file says, `reference` what a Dockerfile names: with the registry's digest
    (`python@sha256:...`) where the image came from a registry, else as declared. `id` is the engine's own
    digest of it. `facts` were read inside. `python` is the path of an interpreter there that fits, `pip`
    tells whether it comes with pip and venv; empty where there is none and one has to be brought.
    `manager` installs its system packages.
    """

    declared: str
    reference: str
    id: str
    facts: Facts
    digest: str = ""
    platform: str = ""
    python: str = ""
    pip: bool = False
    manager: Manager = ""
    size: int = 0

    @property
    def distribution(self) -> str:
        """Return the distribution's name as its os-release has it."""
        return self.facts.platform.distribution


@dataclass(frozen=True)
class Layer:
    """Packages that get a layer of their own, and why they are together; bytes of their files where known."""

    name: str
    packages: tuple[Package, ...]
    size: int = 0


@dataclass(frozen=True)
class Context:
    """The project's files that go into an image: paths relative to its root, a digest of their content.

    `links` are those of the files that are symbolic links to folders. `left` is what lies beside the files
    and stays out, whole folders with a `/` at their end. `denied` are patterns of a .dockerignore: what the
    project's own ignore files leave out, now and later. `findings` say what a user may miss of it.
    """

    files: tuple[str, ...]
    digest: str
    size: int = 0
    links: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    findings: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class BuildSources:
    """Where a build gets packages from: what this place says of it, none of which may stay in a layer.

    `variables` are uv's, pip's and the network's own (indexes, proxies; they may hold logins), `certificates`
    a file of authorities here, empty where the usual ones do. `wheels` are locked files that no index has.
    `addresses` say for packages with an address of their own what a build asks for: its login is a
    reference to one of the variables. `apt` holds the addresses of archives of system packages by their
    names (`debian`, `debian-security`), where a mirror is declared.
    """

    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    wheels: tuple[str, ...] = ()
    certificates: str = ""
    addresses: Mapping[str, str] = field(default_factory=dict)
    apt: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Recipe:
    """All that an image is built from beside the project's own files.

    `files` are the build's own: the Dockerfile, `.dockerignore`, lists of requirements; name -> text.
    `wheels` are files of this machine that no registry has (absolute paths; they are offered as `wheels/`).
    `secrets` are what the build needs and no layer keeps: id -> text. `labels` name the chain's digests.
    `digest` is over everything that decides what is built; it names the image. `below` is the same but for
    the project's own files. `findings` are warnings: what is built all the same.
    """

    files: Mapping[str, str]
    wheels: tuple[str, ...] = ()
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    labels: Mapping[str, str] = field(default_factory=dict)
    digest: str = ""
    below: str = ""
    findings: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class ImageLayer:
    """One layer of a built image: the digest of its content, its bytes, the instruction that made it."""

    digest: str
    size: int
    made_by: str = ""


@dataclass(frozen=True)
class Pushed:
    """Where an image was pushed to: the repository and tag, the registry's digest, when (ISO 8601, UTC)."""

    reference: str
    digest: str
    at: str

    @property
    def pinned(self) -> str:
        """Return the reference that can never mean anything else: `repository@sha256:...`."""
        return f"{repository_of(self.reference)}@{self.digest}"


@dataclass(frozen=True)
class Image:
    """A built image. `id` is the engine's digest of it, `reference` its tag, made from what went in.

    `recipe` is the digest of everything that went in, `below` the digest of all but the project's own code:
    what two images share whose code alone differs. Sizes in bytes.
    """

    id: str
    reference: str
    engine: str
    base: str
    recipe: str
    below: str
    size: int = 0
    layers: tuple[ImageLayer, ...] = ()
    pushed: tuple[Pushed, ...] = ()
    seconds: float = 0.0
    schema: int = 1


def repository_of(reference: str) -> str:
    """Return a reference without its tag and digest (distribution/reference's grammar)."""
    name = reference.partition("@")[0]
    head, slash, last = name.rpartition("/")
    return f"{head}{slash}{last.partition(':')[0]}"
