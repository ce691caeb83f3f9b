"""What doctor looks at outside the project: native libraries, network, caches, credentials, services.

Nothing in here is a secret: of a credential only where it lies, since when and until when.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .mirrors import Cause, State


@dataclass(frozen=True)
class Lacking:
    """A library that native files need and the loader does not find. `users` are (package, file).

    `imported`: what Python imports needs it, at once or through other files; else a plug-in may.
    """

    name: str
    users: tuple[tuple[str, str], ...] = ()
    imported: bool = False


@dataclass(frozen=True)
class Outdated:
    """A library (`there`) that is too old: it has not the symbol version that a file of `package` asks for.

    `by` names the variable through which the old one is found, empty where it is the system's own.
    """

    library: str
    version: str
    file: str
    package: str
    there: str
    by: str = ""


@dataclass(frozen=True)
class Native:
    """What the native files of an environment lack on this machine, by their headers alone.

    `proven`: imports worked with what was there when the environment was proven; what was missing then is
    left out.
    """

    venv: str
    files: int = 0
    musl: bool = False
    lacking: tuple[Lacking, ...] = ()
    outdated: tuple[Outdated, ...] = ()
    proven: bool = False


@dataclass(frozen=True)
class Addressed:
    """One address that this project needs, as it was asked. `address` has no credentials.

    `issuer` is who signed a certificate that is not trusted here, `begins` and `ends` its validity in
    seconds since 1970; `through` the variable of the proxy that it was asked through.
    """

    kind: Literal["pypi", "extra", "torch", "huggingface", "images"]
    address: str
    origin: str
    state: State
    status: int = 0
    seconds: float | None = None
    detail: str = ""
    cause: Cause = ""
    through: str = ""
    issuer: str = ""
    begins: float | None = None
    ends: float | None = None


ProxyState = Literal["answers", "malformed", "unresolved", "refused", "timeout", "login", "plain", "refuses"]


@dataclass(frozen=True)
class Proxied:
    """A proxy by the variable (or file of pip's) that names it; `address` without credentials.

    `plain`: it is named with `https://` and speaks no TLS; `login`: it wants one, or another.
    """

    variable: str
    address: str
    state: ProxyState
    detail: str = ""
    seconds: float | None = None


@dataclass(frozen=True)
class Authorities:
    """A file or folder of certificate authorities by the variable that names it."""

    variable: str
    path: str
    state: Literal["good", "missing", "unreadable", "no-certificate", "expired"]
    certificates: int = 0
    expired: tuple[str, ...] = ()


@dataclass(frozen=True)
class Network:
    """How the network answers from here.

    `ahead` is how many seconds this machine's clock is ahead of a server's (`clock` names it).
    `login` is what the hub said to the token that it was shown, empty where it was not asked.
    """

    asked: tuple[Addressed, ...] = ()
    proxies: tuple[Proxied, ...] = ()
    authorities: tuple[Authorities, ...] = ()
    disagreeing: tuple[str, ...] = ()
    local_proxied: bool = False
    ahead: float | None = None
    clock: str = ""
    login: Literal["", "accepted", "refused"] = ""


@dataclass(frozen=True)
class Store:
    """A folder that tools keep downloads in. `owner` is a name where it is another user's than ours.

    `foreign` is the first thing inside that another user owns and we cannot change.
    """

    name: Literal["uv", "pip", "huggingface", "torch", "engine"]
    path: str
    exists: bool = True
    writable: bool = True
    owner: str = ""
    foreign: str = ""
    same_device: bool = True
    filesystem: str = ""
    free: int | None = None
    total: int | None = None


@dataclass(frozen=True)
class Leftover:
    """A download that did not end, in the Hugging Face cache."""

    repository: str
    files: int
    size: int


@dataclass(frozen=True)
class Poisoned:
    """An unpacked wheel in uv's cache whose files are not what its RECORD says."""

    package: str
    version: str
    files: tuple[str, ...]
    folder: str


@dataclass(frozen=True)
class Stores:
    """The caches, and what is wrong in them. `uv` is the program that cleans its own."""

    stores: tuple[Store, ...] = ()
    leftovers: tuple[Leftover, ...] = ()
    pointers: tuple[tuple[str, str], ...] = ()
    poisoned: tuple[Poisoned, ...] = ()
    user: str = ""
    uv: str = "uv"


SecretState = Literal[
    "present", "expired", "malformed", "missing", "exposed", "helper-missing", "differs", "unreadable"
]


Service = Literal[
    "huggingface", "aws", "gcp", "azure", "docker", "netrc", "ssh", "kaggle", "kubernetes", "token"
]


@dataclass(frozen=True)
class Secret:
    """A credential: whose it is, where it lies, what is wrong with it, until when it was good.

    `exposed`: others than its owner can read it. `detail` never holds any of it.
    """

    service: Service
    where: str
    state: SecretState
    until: str = ""
    detail: str = ""
    path: str = ""


@dataclass(frozen=True)
class Containers:
    """What the engines' own `info` does not say, or not in the facts.

    `groups_now` are the groups of this process, `groups_listed` those that the user database gives the user.
    `cdi` are the device specifications of NVIDIA, each with the driver that it was written for.
    """

    socket: str = ""
    socket_group: str = ""
    user: str = ""
    groups_now: tuple[str, ...] = ()
    groups_listed: tuple[str, ...] = ()
    data_root: str = ""
    free: int | None = None
    total: int | None = None
    cgroup_driver: str = ""
    char_links: bool = False
    cdi: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Virtualisation:
    """/dev/kvm tried for real: opened, asked for its version, told to make a machine.

    `group` is the node's; `capable`: the processor tells of virtualisation.
    """

    exists: bool = False
    opens: bool = False
    version: int = 0
    makes: bool = False
    error: str = ""
    group: str = ""
    user: str = ""
    groups_now: tuple[str, ...] = ()
    groups_listed: tuple[str, ...] = ()
    capable: bool = False


ClusterState = Literal[
    "ready",
    "no-kubectl",
    "no-config",
    "no-context",
    "unreachable",
    "timeout",
    "login",
    "forbidden",
    "tls",
    "failed",
]


@dataclass(frozen=True)
class NodeResource:
    """An accelerator resource over all nodes that take pods: how many, on how many nodes, the most on one;
    how many pods have asked for, None where they could not be listed.
    """

    name: str
    allocatable: int
    nodes: int
    largest: int
    used: int | None = None


@dataclass(frozen=True)
class Quota:
    """What a namespace may have of a resource, and has."""

    name: str
    resource: str
    hard: int
    used: int


@dataclass(frozen=True)
class Cluster:
    """One declared Kubernetes target, asked with the user's own configuration.

    `nodes` and `resources` are None where they could not be listed; `until` is when a client certificate or
    a token ends.
    """

    target: str
    state: ClusterState
    context: str = ""
    contexts: tuple[str, ...] = ()
    namespace: str = ""
    server: str = ""
    detail: str = ""
    nodes: int | None = None
    gpu_labelled: int = 0
    resources: tuple[NodeResource, ...] | None = None
    quotas: tuple[Quota, ...] = ()
    requested: tuple[tuple[str, int], ...] = ()
    until: str = ""
    expired: bool = False


@dataclass(frozen=True)
class Surroundings:
    """Small things about the machine that the facts do not hold.

    `future` are files whose time lies ahead of the clock, with the seconds. `compiled` are locked packages
    that come as source alone; `headers` tells whether Python.h of the environment's interpreter is there
    (None: no environment yet), `compilers` what is on PATH. `instructions` are (package, version, feature,
    certain) that wheels for x86-64 use. `lacking` are declared system packages that are missing, `install`
    the command that brings them.
    """

    inotify_watches: int | None = None
    rdma: bool = False
    future: tuple[tuple[str, float], ...] = ()
    compiled: tuple[str, ...] = ()
    compilers: tuple[str, ...] = ()
    headers: bool | None = None
    python: str = ""
    instructions: tuple[tuple[str, str, str, bool], ...] = ()
    lacking: tuple[str, ...] = ()
    install: tuple[str, ...] = ()
