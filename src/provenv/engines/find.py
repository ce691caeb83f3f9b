"""The engine that answers and can build: docker by whichever of its clients can, else podman.

Docker's client is asked once: `docker info` tells the engine, its runtimes and its devices, and the client's
own version, context and plugins (docker/cli, `cli/command/system/info.go`). A client since 23.0 builds by its
buildx plugin alone; an older one has the engine's BuildKit called by itself.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ..environ import BUILDX_BUILDER, CONTAINER_HOST, DOCKER_CONTEXT, DOCKER_HOST, PATH
from ..errors import Exit, Failure, Hint, Problem, Text, problem, text
from ..model.channel import Completed, Host
from ..model.engine import Builder, Client
from ..model.image import EngineName
from .engine import Engine
from .failures import denied, failure, last_words
from .features import features_of, numbers
from .remedies import installing, starting

LIMIT = 20.0
"""Seconds: an engine that does not answer in these is not one to build with now."""
MACHINES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm/v7", "i686": "386"}
"""The kernel's names of processors, and those of images (containerd/platforms, `database.go`)."""
BUILDKIT_SINCE = (18, 9)
"""Engines since 18.09 have BuildKit inside (docs.docker.com, "Docker Engine 18.09 release notes")."""
CDI_FOLDERS = ("/etc/cdi", "/var/run/cdi")
"""Where CDI's descriptions of devices lie (CNCF's Container Device Interface, SPEC.md)."""
DEFAULT_SOCKET = "unix:///var/run/docker.sock"
# how much the reason says: a client that cannot build tells of an engine that answers
RANK = ("PV1042", "PV1044", "PV1047", "PV1043", "PV1045", "PV1041", "PV1046", "PV1040")


@dataclass(frozen=True)
class _Asked:
    """What a client said of its engine."""

    program: str
    done: Completed
    said: Mapping[str, Any]


def find(host: Host, wanted: EngineName, environment: Mapping[str, str]) -> Engine:
    """Return the engine that answers and can build.

    `auto` is docker where one answers and can build, else podman. Every client on PATH is tried in its
    order, until one can. Raises Failure: PV1040 none is installed; PV1041 the daemon does not run; PV1042
    no client can build; PV1043 the address leads nowhere; PV1044 this user may not (exit code 4); PV1045
    no answer in time; PV1046 podman's machine does not run; PV1047 client and engine are too far apart.
    """
    kinds: tuple[Literal["docker", "podman"], ...] = ("docker", "podman") if wanted == "auto" else (wanted,)
    failures: list[Failure] = []
    for kind in kinds:
        for program in programs(kind, environment):
            found = _docker(host, program, environment) if kind == "docker" else None
            found = found or _podman(host, program, environment)
            if isinstance(found, Engine):
                return found
            failures.append(found)
            if found.problems[0].code not in ("PV1042", "PV1047"):
                break  # another client finds the same engine in the same state
    if failures:
        raise min(failures, key=lambda one: RANK.index(one.problems[0].code))
    raise _absent(wanted, environment)


def programs(name: str, environment: Mapping[str, str]) -> Iterator[str]:
    """Yield every program of this name on PATH, in its order, each once."""
    seen = set()
    ending = ".exe" if sys.platform == "win32" else ""
    for folder in environment.get(PATH.name, os.defpath).split(os.pathsep):
        path = os.path.join(folder or ".", name + ending)
        real = os.path.realpath(path)
        if real not in seen and os.path.isfile(real) and os.access(real, os.X_OK):
            seen.add(real)
            yield path


def _docker(host: Host, program: str, environment: Mapping[str, str]) -> Engine | Failure | None:
    """Return the engine of a docker client; None where the program is podman under docker's name."""
    done = host.exec([program, "info", "--format", "{{json .}}"], environment=environment, limit=LIMIT)
    asked = _Asked(program, done, _document(done))
    said = asked.said
    if "host" in said and "ServerVersion" not in said:
        return None
    version = str(said.get("ServerVersion") or "")
    if not version:
        return _silent(asked, environment)
    client = _mapping(said, "ClientInfo")
    plugins = {str(one.get("Name")): one for one in client.get("Plugins") or () if not one.get("Err")}
    own = str(client.get("Version") or "")
    builder: Builder
    if "buildx" in plugins:
        builder = "buildx"
    elif not own and numbers(version) >= BUILDKIT_SINCE:
        # clients tell their version since 23.0: this one is older, and calls the engine's BuildKit itself
        builder = "buildkit"
    else:
        return _no_builder(program, own, version)
    machine = str(said.get("Architecture") or "")
    cdi = tuple(str(one) for one in said.get("CDISpecDirs") or ())
    variables = {"DOCKER_BUILDKIT": "1"}
    if builder == "buildx" and not environment.get(BUILDX_BUILDER.name):
        # buildx may have been told to build elsewhere; images and bases are in this engine
        variables[BUILDX_BUILDER.name] = str(client.get("Context") or "default")
    found = Client(
        program,
        "docker",
        version,
        builder,
        platform=f"{said.get('OSType') or 'linux'}/{MACHINES.get(machine, machine)}",
        features=features_of("docker", version, builder, cdi=bool(cdi)),
        gpu=_gpu(said, cdi, environment),
        rootless="name=rootless" in " ".join(str(one) for one in said.get("SecurityOptions") or ()),
        variables=variables,
        root=str(said.get("DockerRootDir") or ""),
    )
    return Engine(found, host, environment)


def _gpu(
    said: Mapping[str, Any], folders: tuple[str, ...], environment: Mapping[str, str]
) -> Literal["hook", "cdi", ""]:
    """Return how a docker hands GPUs out: what is described for it by CDI wins, as it needs no runtime."""
    devices = [str(_mapping({"one": one}, "one").get("ID")) for one in said.get("DiscoveredDevices") or ()]
    if any(one.startswith("nvidia.com/gpu") for one in devices) or (folders and described(folders)):
        return "cdi"
    hook = shutil.which("nvidia-container-runtime-hook", path=environment.get(PATH.name))
    return "hook" if "nvidia" in (said.get("Runtimes") or {}) or hook else ""


def described(folders: tuple[str, ...] = CDI_FOLDERS) -> bool:
    """Tell whether NVIDIA's GPUs are described for CDI in one of these folders of this machine."""
    for folder in folders:
        for path in [*Path(folder).glob("*.json"), *Path(folder).glob("*.yaml")]:
            try:
                if "nvidia.com/gpu" in path.read_text("utf-8", "replace"):
                    return True
            except OSError:
                continue
    return False


def _podman(host: Host, program: str, environment: Mapping[str, str]) -> Engine | Failure:
    done = host.exec([program, "version", "--format", "json"], environment=environment, limit=LIMIT)
    said = _document(done)
    # without a server of its own the client is the engine
    told = _mapping(said, "Server") or _mapping(said, "Client")
    version = str(told.get("Version") or "")
    if done.timed_out:
        return _late("podman", done)
    if not version or done.code:
        host_variable = environment.get(CONTAINER_HOST.name, "")
        if host_variable:
            return _nowhere("podman", CONTAINER_HOST.name, host_variable, last_words(done))
        hints = (
            tuple(starting("podman")) if _machine(done) else (Hint(text("doctor.engine.why"), "podman info"),)
        )
        return _failed("PV1046", "podman", last_words(done), hints)
    found = Client(
        program,
        "podman",
        version,
        "buildah",
        platform=str(told.get("OsArch") or "linux/amd64"),
        features=features_of("podman", version, "buildah"),
        gpu="cdi" if described() else "",
        rootless=sys.platform != "linux" or os.geteuid() != 0,
    )
    return Engine(found, host, environment)


def _machine(done: Completed) -> bool:
    return "podman machine" in done.err or sys.platform != "linux"


def _silent(asked: _Asked, environment: Mapping[str, str]) -> Failure:
    """Return why a docker's engine did not answer."""
    errors = [str(one).strip() for one in asked.said.get("ServerErrors") or ()]
    words = (errors or [last_words(asked.done, 3)])[0]
    if asked.done.timed_out:
        return _late("docker", asked.done)
    if re.search(r"context \S+ (?:does not exist|not found)|context not found", words):
        return _context(asked, environment, words)
    if re.search(r"client version \S+ is too (?:new|old)", words, re.IGNORECASE):
        return _failed("PV1047", "docker", words, (Hint(text("PV1047.hint")),), name=asked.program)
    address = _address(words, environment)
    if "permission denied" in words.lower():
        return _forbidden(address, words)
    variable = environment.get(DOCKER_HOST.name, "")
    if variable and not variable.startswith(("unix://", "npipe://", "fd://")):
        return _nowhere("docker", DOCKER_HOST.name, variable, words)
    if variable and not os.path.exists(variable.partition("://")[2]):
        return _nowhere("docker", DOCKER_HOST.name, variable, words)
    context = str(_mapping(asked.said, "ClientInfo").get("Context") or "default")
    if not variable and context != "default":
        return _context(asked, environment, words, context)
    return _failed("PV1041", "docker", words, tuple(starting("docker", address)), place=address)


def _context(asked: _Asked, environment: Mapping[str, str], words: str, name: str = "") -> Failure:
    name = name or environment.get(DOCKER_CONTEXT.name) or _named(words)
    hints = [
        Hint(text("PV1043.hint_list"), "docker context ls"),
        Hint(
            text("PV1043.hint_default"),
            "unset DOCKER_CONTEXT" if environment.get(DOCKER_CONTEXT.name) else "docker context use default",
        ),
    ]
    return Failure(
        problem("PV1043", why=_words(words), hints=tuple(hints), engine="docker", name=f"context {name}")
    )


def _nowhere(engine: str, variable: str, value: str, words: str) -> Failure:
    hint = Hint(text("PV1043.hint_here"), f"unset {variable}")
    return Failure(
        problem("PV1043", why=_words(words), hints=(hint,), engine=engine, name=f"{variable}={value}")
    )


def _forbidden(address: str, words: str) -> Failure:
    hints = (*denied("docker"), Hint(text("PV1044.hint_podman")))
    return Failure(
        problem("PV1044", why=_words(words), hints=hints, engine="docker", path=address),
        exit_code=Exit.DENIED,
    )


def _late(engine: str, done: Completed) -> Failure:
    hints = (
        tuple(starting(engine))
        if engine == "podman"
        else (
            Hint(text("PV1045.hint"), "docker info"),
            Hint(text("doctor.engine.log"), "journalctl -u docker --no-pager -n 30"),
        )
    )
    return _failed("PV1045", engine, last_words(done), hints, seconds=f"{done.seconds:.0f}")


def _no_builder(program: str, own: str, version: str) -> Failure:
    if not own or numbers(version) < BUILDKIT_SINCE:
        what = text("PV1042.old", program=program, version=version)
        return Failure(Problem("PV1042", what, hints=tuple(installing("docker"))))
    hints = (*installing_buildx(), Hint(text("PV1042.hint_older")))
    return Failure(
        problem("PV1042", why=text("PV1042.why", version=own), hints=hints, program=program, version=own)
    )


def installing_buildx() -> Iterator[Hint]:
    """Yield how the plugin gets to a client that lacks it."""
    yield from (one for one in installing("docker") if one.command is None or "buildx" in one.command)
    yield Hint(text("PV1042.hint_plugin"))


def _absent(wanted: EngineName, environment: Mapping[str, str]) -> Failure:
    other = {"docker": "podman", "podman": "docker"}.get(wanted, "")
    hints = list(installing("docker" if wanted == "auto" else wanted))
    if other and next(programs(other, environment), None):
        hints.append(Hint(text("PV1040.hint_other", name=other)))
    what = text("PV1040") if wanted == "auto" else text("PV1040.named", name=wanted)
    return Failure(Problem("PV1040", what, hints=tuple(hints)))


def _failed(code: str, engine: str, words: str, hints: tuple[Hint, ...], **what: str) -> Failure:
    made = failure(code, engine, words, **what).problems[0]
    return Failure(Problem(code, made.what, why=_words(words), hints=hints))


def _words(words: str) -> Text | None:
    return text("engine.words", words=words) if words else None


def _address(words: str, environment: Mapping[str, str]) -> str:
    found = re.search(r"(?:unix|tcp|ssh|npipe|https?)://\S+?(?=[:.,]? |[:.,]?$)", words)
    return environment.get(DOCKER_HOST.name) or (found[0] if found else DEFAULT_SOCKET)


def _named(words: str) -> str:
    found = re.search(r'context "([^"]+)"', words)
    return found[1] if found else ""


def _document(done: Completed) -> Mapping[str, Any]:
    """Return what a client printed as JSON; nothing where it printed something else."""
    start = done.out.find("{")
    try:
        found = json.loads(done.out[start:]) if start >= 0 else None
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _mapping(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = values.get(name)
    return found if isinstance(found, dict) else {}
