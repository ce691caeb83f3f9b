"""What the user declared, complete and checked: the Spec."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ..errors import Place, Problem

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
    """`[mirrors]` of the declared file; None where nothing was said."""

    pypi: str | None = None
    torch: str | None = None
    python: str | None = None
    apt: str | None = None
    images: str | None = None
    huggingface: str | None = None


@dataclass(frozen=True)
class Run:
    """`[run.NAME]`: a command of the user's and how it is launched."""

    name: str
    command: str
    processes: int | Literal["auto"] = 1
    retries: int = 0


@dataclass(frozen=True)
class Target:
    """`[target.NAME]`: a destination; `here` needs no entry."""

    name: str
    kind: str
    options: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Spec:
    """The declared file (or what stands in for it), complete.

    `file` and `files` are relative to `root`: the one that leads, and all that were read.
    `digest` is a sha256 over everything that decides what is built, and
    `proof_digest` one over what else decides whether it is proven (`[prove]`, `[env]`).
    `expanded` names the environment variables that the requirements refer to as
    `${NAME}`; the values are never in here.
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
    runs: Mapping[str, Run] = field(default_factory=dict)
    targets: Mapping[str, Target] = field(default_factory=dict)
    findings: tuple[Problem, ...] = ()
    proof_digest: str = ""
    expanded: tuple[str, ...] = ()
    schema: int = 1
