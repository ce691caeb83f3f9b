"""An image target as `.devcontainer/devcontainer.json`: the image's environment, the user's own folder in it.

The keys: https://containers.dev/implementors/json_reference/. The file is JSON with `//` comments.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from ..model.image import ImageOptions, Volume
from ..model.spec import Spec
from .compose import GPU, SECRETS
from .header import ORIGIN

WHAT = "devcontainer"
PATH = ".devcontainer/devcontainer.json"
EXTENSIONS = ("ms-python.python", "ms-toolsai.jupyter")
PYTHON = "/opt/venv/bin/python"
NOTEBOOKS = 8888
"""The port of a notebook server, as Jupyter's documentation has it."""


@dataclass(frozen=True)
class Entry:
    """One key of the file, and the comment lines above it."""

    key: str
    value: object
    why: tuple[str, ...] = ()


def devcontainer(
    spec: Spec,
    options: ImageOptions,
    *,
    target: str,
    dockerfile: str = "Dockerfile",
    root: str = "..",
    app: str = "/app",
    user: str = "app",
    packages: frozenset[str] = frozenset(),
    sources: tuple[str, ...] = (),
    accelerator: str = "cpu",
) -> str:
    """Return the text of a `devcontainer.json` for an image target.

    `root` is the project's folder as it is reached from the file's. `app` is the folder in which the image
    has the project, `user` its user's name. `packages` are the names of those that are locked, `sources` the
    project's folders that hold modules of its own packages.
    """
    entries = [
        Entry("name", spec.name),
        Entry("build", _build(options, dockerfile, root), _NETWORK),
        *_workspace(app),
        *_user(user),
        *_machine(options, accelerator),
        *_variables(spec, options, app, sources),
        Entry("init", True),
    ]
    arguments = list(_arguments(spec, options))
    if arguments:
        entries.append(Entry("runArgs", arguments, _about_arguments(spec)))
    mounts = [_mount(one) for one in options.volumes if not _in_workspace(one, app)]
    if mounts:
        entries.append(Entry("mounts", mounts))
    entries += _ports(options, packages)
    entries.append(Entry("customizations", _customizations(options, packages)))
    head = [f"// {ORIGIN} {WHAT}", f"// target: {target}"]
    return "\n".join([*head, "{", *_written(entries), "}"]) + "\n"


_NETWORK = (
    "behind a mirror, a proxy or an authority of your own: BUILD_NETWORK names a file of lines such as",
    "`export UV_DEFAULT_INDEX=...`, BUILD_CA one of certificates (PEM), BUILD_APT a sources.list; no layer",
    "keeps them",
)


def _build(options: ImageOptions, dockerfile: str, root: str) -> dict[str, object]:
    network = ["--network=host"] if options.network == "host" else []
    secrets = [f"--secret=id={one},src=${{localEnv:{name}:/dev/null}}" for one, name in SECRETS.items()]
    built: dict[str, object] = {"dockerfile": posixpath.join(root, dockerfile), "context": root}
    platform = [f"--platform={options.platform}"] if options.platform else []
    return {**built, "options": [*network, *platform, *secrets]}


def _workspace(app: str) -> Iterator[Entry]:
    why = ("your folder lies where the image has its copy: every path is the same in both",)
    mount = f"source=${{localWorkspaceFolder}},target={app},type=bind"
    yield Entry("workspaceMount", mount, why)
    yield Entry("workspaceFolder", app)


def _user(user: str) -> Iterator[Entry]:
    why = ("on Linux this user gets your own number, so that what is written in the folder is yours",)
    yield Entry("remoteUser", user, why)
    yield Entry("userEnvProbe", "none", ("it has no login whose files could set variables",))


def _machine(options: ImageOptions, accelerator: str) -> Iterator[Entry]:
    needs: dict[str, object] = {}
    why: tuple[str, ...] = ()
    if options.limits.gpus or accelerator == "cuda":
        needs["gpu"] = "optional"
        why = (
            "GPUs where the machine has some; it works without. Where an engine hands them out by the",
            f"Container Device Interface alone, runArgs takes `--device={GPU}=all`",
        )
    if options.limits.cpus:
        needs["cpus"] = max(1, int(options.limits.cpus))
    if needs:
        yield Entry("hostRequirements", needs, why)


def _variables(spec: Spec, options: ImageOptions, app: str, sources: tuple[str, ...]) -> Iterator[Entry]:
    found, why = {}, []
    if sources:
        paths = [posixpath.normpath(posixpath.join(app, one)) for one in sources]
        found["PYTHONPATH"] = ":".join([*paths, *filter(None, [spec.variables.get("PYTHONPATH", "")])])
        why.append("your code comes before the copy of it that the image has installed")
    if "," in options.limits.gpus:
        found["CUDA_VISIBLE_DEVICES"] = options.limits.gpus
        why.append("of all GPUs these are seen")
    if found:
        yield Entry("containerEnv", found, tuple(why))


def _arguments(spec: Spec, options: ImageOptions) -> Iterator[str]:
    limits = options.limits
    if options.network in ("host", "none"):
        yield f"--network={options.network}"
    if limits.shm:
        yield f"--shm-size={limits.shm}b"
    if limits.memory:
        yield f"--memory={limits.memory}b"
    if limits.cpus:
        yield f"--cpus={limits.cpus:g}"
    if options.health:
        yield "--no-healthcheck"
    yield from (f"--env={name}" for name in spec.passed)


def _about_arguments(spec: Spec) -> tuple[str, ...]:
    if not spec.passed:
        return ()
    return ("`--env=NAME`: the value is that of your own shell; one that is not set there is not set here",)


def _mount(volume: Volume) -> str:
    source = volume.source
    if not volume.named and not source.startswith(("/", "~")):
        source = f"${{localWorkspaceFolder}}/{source.removeprefix('./')}".removesuffix("/.")
    source = f"${{localEnv:HOME}}{source[1:]}" if source.startswith("~") else source
    kind = "volume" if volume.named else "bind"
    read_only = ",readonly" if volume.read_only else ""
    return f"source={source},target={volume.path},type={kind}{read_only}"


def _in_workspace(volume: Volume, app: str) -> bool:
    """Tell whether a folder of the project is seen where the workspace has it anyhow."""
    relative = not volume.named and not volume.source.startswith(("/", "~"))
    return relative and posixpath.normpath(posixpath.join(app, volume.source)) == posixpath.normpath(
        volume.path
    )


def _ports(options: ImageOptions, packages: frozenset[str]) -> Iterator[Entry]:
    ports: list[object] = [one.container for one in options.ports]
    labels = {}
    if packages & {"jupyterlab", "notebook"} and NOTEBOOKS not in ports:
        ports.append(NOTEBOOKS)
        labels[str(NOTEBOOKS)] = {"label": "Jupyter", "onAutoForward": "silent"}
    if ports:
        yield Entry("forwardPorts", ports)
    if labels:
        yield Entry("portsAttributes", labels)


def _customizations(options: ImageOptions, packages: frozenset[str]) -> dict[str, object]:
    settings: dict[str, object] = {
        "python.defaultInterpreterPath": PYTHON,
        "terminal.integrated.defaultProfile.linux": "bash",
    }
    if "pytest" in packages:
        settings["python.testing.pytestEnabled"] = True
    # the environment is the image's: a generation of this machine's would only be searched and watched
    settings["files.watcherExclude"] = {"**/.provenv/**": True}
    settings["search.exclude"] = {"**/.provenv": True}
    extensions = list(dict.fromkeys([*EXTENSIONS, *options.extensions]))
    return {"vscode": {"extensions": extensions, "settings": settings}}


def _written(entries: list[Entry]) -> Iterator[str]:
    for entry in entries:
        yield from (f"    // {one}" for one in entry.why)
        value = _json(entry.value)
        comma = "" if entry is entries[-1] else ","
        yield f"    {json.dumps(entry.key)}: {value}{comma}"


def _json(value: object) -> str:
    """Return a value as JSON below a key: short lists and strings on one line."""
    if isinstance(value, list) and len(short := json.dumps(value, ensure_ascii=False)) < 90:
        return short
    return json.dumps(value, indent=4, ensure_ascii=False).replace("\n", "\n    ")
