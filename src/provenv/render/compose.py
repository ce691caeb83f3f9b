"""An image target as a `compose.yaml` that stands without provenv: its command and the declared runs.

The keys: https://docs.docker.com/reference/compose-file/. Compose reads `$` in every value as the begin
of a variable, `$$` as the character itself.
"""

from __future__ import annotations

import json
import posixpath
import re
import shlex
from collections.abc import Iterator

from ..model.engine import Client
from ..model.image import ImageOptions, Volume
from ..model.spec import Run, Spec
from .conda import quoted, scalar
from .header import ORIGIN
from .image.shell import command_form

WHAT = "compose"
IDLE = ("sleep", "infinity")
"""What a service does where the declared file names no command: it waits for `docker compose exec`."""
SECRETS = {"network": "BUILD_NETWORK", "ca": "BUILD_CA", "apt": "BUILD_APT"}
"""What the build may be told without keeping it: the secret's id -> the variable that names its file."""
GPU = "nvidia.com/gpu"
"""The kind of NVIDIA's devices in the Container Device Interface."""


def compose(
    spec: Spec,
    options: ImageOptions,
    *,
    target: str,
    dockerfile: str = "Dockerfile",
    root: str = ".",
    client: Client | None = None,
) -> str:
    """Return the text of a `compose.yaml` for an image target.

    `root` is the project's folder as it is reached from the file's. `client` is the engine that it is for,
    as far as it is known: it decides how GPUs are asked for.
    """
    runs = spec.runs.values()
    rows = [*_head(options, target, runs_named=[one.name for one in runs])]
    rows += [f"name: {scalar(_slug(spec.name))}", "", "x-image: &image"]
    rows += _indented(_shared(spec, options, dockerfile, root, client))
    rows += ["", "services:"]
    rows += _indented([f"{_main(spec, target)}:", *_indented(_service(options))])
    for run in runs:
        rows += ["", *_indented([f"{scalar(run.name)}:", *_indented(_run(run, options))])]
    rows += ["", "secrets:", *_indented(_secrets())]
    named = sorted({one.source for one in options.volumes if one.named})
    if named:
        rows += ["", "# the engine's volumes of just these names, not of this file's alone", "volumes:"]
        rows += [f"  {scalar(one)}: {{ name: {scalar(one)} }}" for one in named]
    return "\n".join(rows) + "\n"


def _head(options: ImageOptions, target: str, *, runs_named: list[str]) -> Iterator[str]:
    yield f"# {ORIGIN} {WHAT}"
    yield f"# target: {target}"
    yield "#"
    yield "#   docker compose up --build --wait"
    if not options.command:
        yield "#   docker compose exec SERVICE python"
    for name in runs_named:
        yield f"#   docker compose run --build --rm {name}"
    yield "#"
    yield "# Behind a mirror, a proxy or an authority of your own, files tell the build; no layer keeps them:"
    yield "# BUILD_NETWORK=FILE (shell: export UV_DEFAULT_INDEX=...), BUILD_CA=FILE (certificates, PEM),"
    yield "# BUILD_APT=FILE (a sources.list). The Dockerfile's head says more."


def _shared(
    spec: Spec, options: ImageOptions, dockerfile: str, root: str, client: Client | None
) -> Iterator[str]:
    """Yield what all services have: the image and how it is built, what a container of it may use."""
    yield f"image: {_value(options.repository)}"
    yield "build:"
    yield f"  context: {_value(root)}"
    if dockerfile != "Dockerfile":
        yield f"  dockerfile: {_value(dockerfile)}"
    if options.network == "host":
        yield "  network: host"
    yield f"  secrets: [{', '.join(SECRETS)}]"
    if options.platform:
        yield f"platform: {_value(options.platform)}"
    if options.network in ("host", "none"):
        yield f"network_mode: {options.network}"
    if spec.passed:
        yield "# the values are those of your shell or of a file `.env`; not set there, not set here"
        yield "environment:"
        yield from (f"  - {_value(name)}" for name in spec.passed)
    if any(not one.named and not one.read_only for one in options.volumes):
        user = options.user
        yield '# files in mounted folders belong to this user; for yours: RUN_AS="$(id -u):$(id -g)"'
        yield f'user: "${{RUN_AS:-{user}:{user}}}"'
    if options.volumes:
        yield "volumes:"
        for volume in options.volumes:
            yield from _indented(_volume(volume, root))
    yield from _limits(options, client)
    yield "# passes signals on, and takes care of processes whose parent has ended"
    yield "init: true"
    yield "# nothing here needs more than an ordinary user may do"
    yield "cap_drop: [ALL]"
    yield 'security_opt: ["no-new-privileges:true"]'
    yield "# with this `read_only: true` works too; exec, because compilers run what they write there"
    yield 'tmpfs: ["/tmp:exec,mode=1777"]'


def _limits(options: ImageOptions, client: Client | None) -> Iterator[str]:
    limits = options.limits
    if limits.shm:
        yield "# /dev/shm, where data loaders' workers leave their batches: 64m where nothing is said"
        yield f"shm_size: {_size(limits.shm)}"
    devices = list(_gpus(limits.gpus, client))
    if client is not None and client.kind == "podman" and devices:
        yield "devices:"
        yield from (f"  - {_value(one)}" for one in _cdi(limits.gpus))
        devices = []
    if not (limits.memory or limits.cpus or devices):
        return
    yield "deploy:"
    yield "  resources:"
    if limits.memory or limits.cpus:
        yield "    limits:"
        if limits.memory:
            yield f"      memory: {_size(limits.memory)}"
        if limits.cpus:
            yield f'      cpus: "{limits.cpus:g}"'
    if devices:
        yield "    reservations:"
        yield "      devices:"
        yield from (f"        {one}" for one in devices)


def _gpus(gpus: str, client: Client | None) -> Iterator[str]:
    """Yield the reservation of GPUs: by a driver, or by the Container Device Interface."""
    if not gpus:
        return
    if client is not None and client.gpu == "cdi":
        yield "- driver: cdi"
        yield f"  device_ids: {_flow(_cdi(gpus))}"
    else:
        yield "- driver: nvidia"
        if gpus == "all" or gpus.isdecimal():
            yield f"  count: {gpus}"
        else:
            yield f"  device_ids: {_flow(gpus.split(','))}"
    yield "  capabilities: [gpu]"


def _cdi(gpus: str) -> list[str]:
    """Return the devices' names in the interface's grammar, `vendor/class=name`; a count takes the first."""
    names = [str(one) for one in range(int(gpus))] if gpus.isdecimal() else gpus.split(",")
    return [f"{GPU}={one}" for one in names]


def _volume(volume: Volume, root: str) -> Iterator[str]:
    if volume.named:
        yield f"- {_value(':'.join([volume.source, volume.path, *(['ro'] if volume.read_only else [])]))}"
        return
    yield "- type: bind"
    yield f"  source: {_value(_from(root, volume.source))}"
    yield f"  target: {_value(volume.path)}"
    if volume.read_only:
        yield "  read_only: true"
    yield "  # a folder that the engine made would be root's"
    yield "  bind: { create_host_path: false }"


def _from(root: str, source: str) -> str:
    """Return a folder of the host as compose finds it: relative ones from the file's own folder."""
    if source.startswith(("/", "~")):
        return source
    path = posixpath.normpath(posixpath.join(root, source))
    return path if path.startswith(".") else f"./{path}"


def _service(options: ImageOptions) -> Iterator[str]:
    """Yield the service that runs the image's own command."""
    yield "<<: *image"
    if options.command:
        yield "# after a failure and after a reboot, not after `docker compose stop`"
        yield "restart: unless-stopped"
    else:
        yield "# waits for `docker compose exec`"
        yield f"command: {_flow(IDLE)}"
    published = options.network in ("", "bridge")
    if options.ports and published:
        yield "# an address in front says who may connect: 127.0.0.1 is this machine alone"
        yield "ports:"
        yield from (f'  - "{one.address}:{one.host}:{one.container}"' for one in options.ports)
    if options.health:
        yield "# as in the image; said again for images in OCI's format, which have none"
        yield "healthcheck:"
        yield f"  test: {_flow(['CMD', *json.loads(command_form(options.health))])}"
        yield "  interval: 10s"
        yield "  timeout: 10s"
        yield "  # failures before that do not count: a large model takes its time to load"
        yield "  start_period: 2m"


def _run(run: Run, options: ImageOptions) -> Iterator[str]:
    """Yield a declared run: it is started when it is named, not by `up`."""
    yield "<<: *image"
    yield f"profiles: [{scalar(run.name)}]"
    yield f"command: {_flow(shlex.split(run.command))}"
    if run.retries:
        yield f"restart: on-failure:{run.retries}"
    if options.health:
        yield "# the image's check is about its own command"
        yield "healthcheck: { disable: true }"


def _secrets() -> Iterator[str]:
    yield "# an empty file is as good as none"
    for name, variable in SECRETS.items():
        yield f"{name}:"
        yield f"  file: ${{{variable}:-/dev/null}}"


def _main(spec: Spec, target: str) -> str:
    """Return the name of the image's own service: the project's, or another where a run is called that."""
    taken = {one.lower() for one in spec.runs}
    return next(one for one in (_slug(spec.name), _slug(target), "main", "image-command") if one not in taken)


def _slug(name: str) -> str:
    """Return a name as compose takes one: small letters, digits, `-` and `_`, a letter or digit in front."""
    return re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-_") or "project"


def _value(words: str) -> str:
    return scalar(words.replace("$", "$$"))


def _flow(words: list[str] | tuple[str, ...]) -> str:
    return "[" + ", ".join(quoted(one.replace("$", "$$")) for one in words) + "]"


def _size(size: int) -> str:
    for unit, step in (("g", 2**30), ("m", 2**20), ("k", 2**10)):
        if size % step == 0:
            return f"{size // step}{unit}"
    return f"{size}b"


def _indented(rows: Iterator[str] | list[str]) -> list[str]:
    return [f"  {one}" if one else one for one in rows]
