"""What the user declared, complete and checked: the Spec."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ..errors import Place, Problem
from .data import DataSet

ACCELERATORS = ("auto", "cpu", "cuda", "rocm", "xpu", "mps", "tpu", "ascend")
Accelerator = Literal["auto", "cpu", "cuda", "rocm", "xpu", "mps", "tpu", "ascend"]


@dataclass(frozen=True)
class Requirement:
    """One requirement as the user wrote it.

    `text` is one line that uv understands (PEP 508, a URL, or a path that is
    relative to the project's folder); `name` is normalised (PEP 503) and empty
    where only building it would tell.
    """

    text: str
    name: str
    where: Place
    editable: bool = False
    hashes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Indexes:
    """Where packages come from, as requirement files say it (`--index-url` and its like)."""

    index_url: str | None = None
    extra_index_urls: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    no_index: bool = False
    pre: bool = False
    no_binary: tuple[str, ...] = ()
    only_binary: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mirrors:
    """`[mirrors]` of the declared file, names of presets replaced by addresses; None where nothing was said.

    `preset` is the name that filled in what was not said. Addresses may refer to variables as `${NAME}`.
    `fallbacks` holds for each kind the mirrors that are used, in order, where the one before does not answer.
    """

    pypi: str | None = None
    torch: str | None = None
    python: str | None = None
    apt: str | None = None
    images: str | None = None
    huggingface: str | None = None
    preset: str | None = None
    fallbacks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def apt_of(self, distribution: str) -> str | None:
        """Return the address of a distribution's packages (`debian`, `debian-security`, `ubuntu`, ...).

        `{distribution}` in the address is replaced; an address without it is that of the folder above.
        """
        if self.apt is None:
            return None
        if "{distribution}" in self.apt:
            return self.apt.replace("{distribution}", distribution)
        return f"{self.apt.rstrip('/')}/{distribution}"

    def image_of(self, reference: str) -> str:
        """Return where an image comes from: a reference without a registry is taken from `images`.

        `python:3.11-slim` is `library/python:3.11-slim` there, as the reference grammar of
        distribution/reference has it; one that names its own registry stays as it is.
        """
        first, slash, _ = reference.partition("/")
        named = bool(slash) and ("." in first or ":" in first or first == "localhost")
        if self.images is None or (named and first not in ("docker.io", "index.docker.io")):
            return reference
        path = reference.partition("/")[2] if named else reference
        registry = self.images.partition("://")[2] or self.images
        return f"{registry.rstrip('/')}/{path if '/' in path else f'library/{path}'}"


@dataclass(frozen=True)
class Run:
    """`[run.NAME]`: a command of the user's and how it is launched.

    `stall` are the seconds that it may go on without a step, None where it is never ended for that.
    `min_hosts` is how many hosts of a target it can go on with, None where it needs all of them. `data`
    names the sets that it needs, None for all.
    """

    name: str
    command: str
    processes: int | Literal["auto"] = 1
    retries: int = 0
    stall: float | None = None
    min_hosts: int | None = None
    data: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Target:
    """`[target.NAME]`: a destination; `here` needs no entry.

    `requirements` are those of the dependency groups that it names under `groups`.
    """

    name: str
    kind: str
    options: Mapping[str, object] = field(default_factory=dict)
    requirements: tuple[Requirement, ...] = ()


@dataclass(frozen=True)
class Part:
    """A pyproject.toml that requirements come from (relative to the root); the extras and groups named."""

    file: str
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class Spec:
    """The declared file (or what stands in for it), complete.

    `file` and `files` are relative to `root`: the one that leads, and all that were read.
    `digest` is a sha256 over everything that decides what is built, and
    `proof_digest` one over what else decides whether it is proven (`[prove]`, `[env]`).
    `expanded` names the environment variables that the requirements refer to as
    `${NAME}`; the values are never in here. `parts` says which projects' own
    requirements are among them, so that a lock beside such a project can be found.
    """

    name: str
    root: str
    file: str
    files: tuple[str, ...]
    digest: str
    python: str | None = None
    requirements: tuple[Requirement, ...] = ()
    constraints: tuple[Requirement, ...] = ()
    indexes: Indexes = Indexes()
    accelerator: Accelerator = "auto"
    system: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    passed: tuple[str, ...] = ()
    mirrors: Mirrors = Mirrors()
    prove: Mapping[str, str] = field(default_factory=dict)
    prove_data: tuple[str, ...] = ()
    data: Mapping[str, DataSet] = field(default_factory=dict)
    runs: Mapping[str, Run] = field(default_factory=dict)
    targets: Mapping[str, Target] = field(default_factory=dict)
    findings: tuple[Problem, ...] = ()
    proof_digest: str = ""
    expanded: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    schema: int = 1
