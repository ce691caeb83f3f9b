"""The words of an engine's client that start a container: limits, mounts, ports, GPUs, variables."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator, Mapping, Sequence

from ..environ import PATH
from ..errors import Failure, Hint, problem, text
from ..hosts.holder import holder
from ..model.engine import Client, Starting
from ..model.image import Limits, Port, Volume
from .engine import Engine

HOLDER = "dev.provenv.holder"
"""The label that says which process of which machine a container belongs to (see `holder`)."""

HELPERS = (
    "/usr/local/libexec/podman",
    "/usr/local/lib/podman",
    "/usr/libexec/podman",
    "/usr/lib/podman",
)
OF_THE_CLIENT = ("DOCKER_", "BUILDX_", "BUILDKIT_", "CONTAINER", "XDG_", "SSH_", "GODEBUG", "LD_", "PODMAN_")
OF_THE_CLIENT_WHOLE = frozenset({"PATH", "HOME", "TMPDIR", "USER", "LISTEN_FDS", "LISTEN_PID"})
"""Variables that an engine's client reads for itself: another value would make it another client."""


def words(
    engine: Engine, starting: Starting, *, terminal: bool, name: str = "", shell: bool = False
) -> tuple[str, ...]:
    """Return the client's argv for one command that ends with its container.

    Signals that the client gets reach the command (an init hands them on, and takes in what the
    command leaves behind); its exit code is the client's, 125 to 127 being the engine's own as in
    POSIX shells. With `terminal` the command gets one. Run it with the environment of `variables`.
    `shell`: `starting.command` replaces the image's entry point too.
    Raises Failure PV1070 where GPUs are asked of an engine that has none to hand out.
    """
    return (
        engine.client.program,
        *("run", "--rm", "--interactive", "--pull=never"),
        *(("--tty",) if terminal else ()),
        *(("--name", name) if name else ()),
        *options(engine, starting),
        *command(starting, instead=shell),
    )


def options(engine: Engine, starting: Starting) -> tuple[str, ...]:
    """Return the options of `run` and `create` that a container's values mean. Raises as `words` does."""
    return tuple(_options(engine, starting))


def has_init(engine: Engine) -> bool:
    """Tell whether the engine has an init for its containers.

    Docker's package brings one; podman's only recommends `catatonit`, which it looks for in these folders
    (containers/common, pkg/config/config_linux.go) and refuses `--init` without.
    """
    if engine.client.kind == "docker":
        return True
    search = [*HELPERS, *engine.environment.get(PATH.name, os.defpath).split(os.pathsep)]
    return any(os.access(os.path.join(folder, "catatonit"), os.X_OK) for folder in search if folder)


def command(starting: Starting, *, instead: bool = False) -> tuple[str, ...]:
    """Return the image and what runs in it; `instead` of its entry point, or as that is given arguments."""
    if instead and starting.command:
        return ("--entrypoint", starting.command[0], starting.image, *starting.command[1:])
    return (starting.image, *starting.command)


def variables(engine: Engine, starting: Starting) -> dict[str, str]:
    """Return the whole environment in which the client starts the container: values go in by their names."""
    given = {name: value for name, value in starting.environment.items() if not _is_clients(name)}
    return {**engine.environment, **given, **engine.client.variables}


def _options(engine: Engine, starting: Starting) -> Iterator[str]:
    client = engine.client
    if has_init(engine):
        yield "--init"
    yield from ("--label", f"{HOLDER}={holder()}")
    for name, value in sorted(starting.labels.items()):
        yield from ("--label", f"{name}={value}")
    if starting.platform and starting.platform != client.platform:
        yield from ("--platform", starting.platform)
    if starting.network:
        yield from ("--network", starting.network)
    if starting.network not in ("host", "none"):
        for port in starting.ports:
            yield from ("--publish", published(port))
    for volume in starting.mounts:
        yield from ("--mount", mounted(volume))
    if starting.user:
        yield from ("--user", starting.user)
    if starting.workdir:
        yield from ("--workdir", starting.workdir)
    if starting.read_only:
        yield from ("--read-only", "--tmpfs", "/tmp:rw,exec,nosuid,nodev,mode=1777")  # noqa: S108 - its own
    yield from _limits(client, starting.limits)
    yield from _environment(engine.environment, starting.environment)


def _limits(client: Client, limits: Limits) -> Iterator[str]:
    if limits.gpus:
        yield from gpus(client, limits.gpus)
    if limits.shm:
        yield from ("--shm-size", str(limits.shm))
    if limits.memory:
        # the same for memory and swap together: a limit that swaps is none
        yield from ("--memory", str(limits.memory), "--memory-swap", str(limits.memory))
    if limits.cpus:
        yield from ("--cpus", f"{limits.cpus:g}")


def gpus(client: Client, wanted: str) -> tuple[str, ...]:
    """Return the options that hand out GPUs: `all`, the first so many, or those of these indices or names.

    By the runtime's hook (docs.docker.com, "docker run --gpus"), or as devices of the Container
    Device Interface (`nvidia.com/gpu=...`, as `nvidia-ctk cdi list` names them). Raises Failure PV1070.
    """
    if not client.gpu:
        hints = (Hint(text("PV1070.hint")), Hint(None, "provenv doctor"))
        raise Failure(
            problem("PV1070", why=text("PV1070.why", program=client.kind), hints=hints, gpus=wanted)
        )
    counted = wanted.isdigit()
    if client.gpu == "hook":
        return ("--gpus", wanted if wanted == "all" or counted else _row(f"device={wanted}"))
    names = [str(number) for number in range(int(wanted))] if counted else wanted.split(",")
    return tuple(word for name in names for word in ("--device", f"nvidia.com/gpu={name}"))


def published(port: Port) -> str:
    """Return a port as `--publish` takes it: `127.0.0.1:8000:8000`."""
    return f"{port.address}:{port.host}:{port.container}"


def mounted(volume: Volume) -> str:
    """Return a mount as `--mount` takes it, one CSV row: paths may hold colons, and commas too."""
    kind = "volume" if volume.named else "bind"
    fields = [f"type={kind}", f"source={volume.source}", f"target={volume.path}"]
    return _row(*fields, *(("readonly",) if volume.read_only else ()))


def _row(*fields: str) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="").writerow(fields)
    return written.getvalue()


def _environment(own: Mapping[str, str], given: Mapping[str, str]) -> Sequence[str]:
    """Return `--env NAME` for each variable; with its value only where that must not become the client's own.

    What has the client's own value (all that `[env] pass` hands in) never needs that.
    """
    row: list[str] = []
    for name, value in sorted(given.items()):
        by_name = not _is_clients(name) or own.get(name) == value
        row += ("--env", name if by_name else f"{name}={value}")
    return row


def _is_clients(name: str) -> bool:
    return name in OF_THE_CLIENT_WHOLE or name.startswith(OF_THE_CLIENT)
