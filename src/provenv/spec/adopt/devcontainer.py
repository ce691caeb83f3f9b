"""devcontainer.json: the image, features, commands and variables of a development container.

The keys: https://containers.dev/implementors/json_reference/
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ...errors import Failure, Place, problem, text, verbatim
from ..source import Source, read_requirements
from . import compose
from .adopted import Draft, Item
from .dockerfile import finder
from .dockerfile import read as read_dockerfile
from .image_target import put, take_base, take_extensions, take_limit, take_port, take_user
from .images import read_image, take_image
from .installing import Setting, take_command, take_system
from .shell_words import commands
from .variables import take_variable

_COMMANDS = (
    "onCreateCommand",
    "updateContentCommand",
    "postCreateCommand",
    "postStartCommand",
    "postAttachCommand",
)
_USUAL_USERS = frozenset({"vscode", "node", "codespace"})
"""What the dev containers' own images call the user that an image of ours has anyway."""
_RUN_OPTIONS = {
    "--gpus": "gpus", "--shm-size": "shm", "--memory": "memory", "-m": "memory", "--cpus": "cpus",
    "--network": "network", "--net": "network",
}  # fmt: skip
_KNOWN = frozenset(
    {"name", "image", "build", "dockerFile", "context", "features", "containerEnv", "remoteEnv",
     "hostRequirements", "$schema", "customizations", "forwardPorts", "appPort", "runArgs", "mounts",
     "containerUser", "remoteUser", "dockerComposeFile", "service", *_COMMANDS}
)  # fmt: skip


def is_devcontainer(name: str) -> bool:
    """Return whether a file of this name describes a development container."""
    return name in ("devcontainer.json", ".devcontainer.json")


def read(draft: Draft, source: Source, folder: Path, reader: Callable[[Draft, Path], None]) -> None:
    """Read the description; `folder` is where it lies. Raises Failure PV152 where it is no JSON."""
    content = without_comments(source.text)
    try:
        data = json.loads(content)
    except ValueError as error:
        line = getattr(error, "lineno", 1)
        place = Place(source.name, line, getattr(error, "colno", 1), source.line(line))
        raise Failure(problem("PV152", file=source.name, where=place, why=verbatim(str(error)))) from None
    if not isinstance(data, dict):
        raise Failure(
            problem("PV152", file=source.name, where=Place(source.name, 1), why=text("adopt.broken.keys"))
        )
    place_of = _places(source)
    draft.about = text("adopt.about.image", file=source.name)
    setting = Setting(finder(draft, folder), reader)
    if isinstance(data.get("image"), str):
        _image(draft, data["image"], place_of("image"))
    _build(draft, data, folder, reader, place_of)
    _composed(draft, data, folder, reader, place_of)
    features = data.get("features")
    for name, options in features.items() if isinstance(features, dict) else ():
        _feature(draft, str(name), options if isinstance(options, dict) else {}, place_of(str(name)))
    _variables(draft, data, place_of)
    for key in _COMMANDS:
        for script in _scripts(data.get(key)):
            for command in commands(script):
                take_command(draft, command.words, place_of(key), setting)
    setting.finish(draft)
    requirements = data.get("hostRequirements")
    if isinstance(requirements, dict) and requirements.get("gpu"):
        where = place_of("hostRequirements")
        draft.accelerator = draft.accelerator or Item("auto", where, text("adopt.note.cuda_any"))
        if requirements["gpu"] is True:
            put(draft, "gpus", "all", where)
    _container(draft, data, place_of)
    for key in data:
        if key not in _KNOWN:
            draft.leave(key, place_of(key), text("adopt.left.container"))


def _image(draft: Draft, name: str, where: str) -> None:
    image = read_image(name)
    take_image(draft, image, name, where)
    take_base(draft, name, image, where)


def _build(
    draft: Draft,
    data: dict[str, Any],
    folder: Path,
    reader: Callable[[Draft, Path], None],
    place_of: Callable[[str], str],
) -> None:
    build = data.get("build")
    named = build.get("dockerfile") if isinstance(build, dict) else data.get("dockerFile")
    if not isinstance(named, str):
        return
    path = folder / named
    if path.is_file():
        read_dockerfile(draft, read_requirements(draft.root, path), path.parent, reader)
    else:
        draft.leave(
            named,
            place_of("dockerfile" if isinstance(build, dict) else "dockerFile"),
            text("adopt.left.no_file"),
        )


def _composed(
    draft: Draft,
    data: dict[str, Any],
    folder: Path,
    reader: Callable[[Draft, Path], None],
    place_of: Callable[[str], str],
) -> None:
    """Read the compose file that is named, of several the first."""
    named = data.get("dockerComposeFile")
    name = named[0] if isinstance(named, list) and named else named
    if not isinstance(name, str):
        return
    path = folder / name
    if path.is_file():
        source = read_requirements(draft.root, path)
        compose.read(draft, source, path, reader, service=str(data.get("service") or ""))
    else:
        draft.leave(name, place_of("dockerComposeFile"), text("adopt.left.no_file"))


def _container(draft: Draft, data: dict[str, Any], place_of: Callable[[str], str]) -> None:
    """Take what is said of the container itself: ports, extensions, volumes, user, options of `run`."""
    for key in ("forwardPorts", "appPort"):
        found = data.get(key)
        for port in found if isinstance(found, list) else [found] if found else ():
            take_port(draft, str(port).rpartition(":")[2], place_of(key))
    editor = _table(_table(data.get("customizations")).get("vscode"))
    extensions = editor.get("extensions")
    if isinstance(extensions, list):
        take_extensions(draft, extensions, place_of("extensions"))
    for key in _table(data.get("customizations")):
        if key != "vscode":
            draft.leave(f"customizations.{key}", place_of(key), text("adopt.left.container"))
    for one in data["mounts"] if isinstance(data.get("mounts"), list) else ():
        _mount(draft, one, place_of("mounts"))
    user = data.get("containerUser") or data.get("remoteUser")
    if isinstance(user, str) and user not in _USUAL_USERS:
        take_user(draft, user, place_of("containerUser" if data.get("containerUser") else "remoteUser"), {})
    if isinstance(data.get("runArgs"), list):
        _options(draft, [str(one) for one in data["runArgs"]], place_of("runArgs"))


def _mount(draft: Draft, one: object, where: str) -> None:
    said = dict(pair.partition("=")[::2] for pair in one.split(",")) if isinstance(one, str) else _table(one)
    source, goal = (
        str(said.get(key) or said.get(other) or "") for key, other in (("source", "src"), ("target", "dst"))
    )
    words = f"{source}:{goal}"
    if said.get("type") == "volume" and re.fullmatch(r"[A-Za-z0-9][\w.-]*:/[^:$]*", words):
        put(draft, "volumes", words, where)
    else:
        draft.leave(str(one), where, text("adopt.left.container"))


def _options(draft: Draft, words: list[str], where: str) -> None:
    """Take the options of `docker run` that an image target has a key for."""
    values = iter(words)
    for word in values:
        name, equals, value = word.partition("=")
        key = _RUN_OPTIONS.get(name)
        if key is None:
            draft.leave(word, where, text("adopt.left.container"))
            continue
        value = value if equals else next(values, "")
        if key != "network":
            take_limit(draft, key, value, where)
        elif value in ("host", "none", "bridge"):
            put(draft, "network", value, where)


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _variables(draft: Draft, data: dict[str, Any], place_of: Callable[[str], str]) -> None:
    for key in ("containerEnv", "remoteEnv"):
        table = data.get(key)
        for name, value in table.items() if isinstance(table, dict) else ():
            if isinstance(value, str):
                take_variable(draft, str(name), value, place_of(str(name)))


def _feature(draft: Draft, name: str, options: dict[str, Any], where: str) -> None:
    bare = posixpath.basename(name).partition(":")[0]
    version = str(options.get("version", ""))
    if bare in ("python", "anaconda", "miniconda", "conda"):
        if found := re.match(r"3\.\d+", version):
            draft.python = Item(found[0], where, text("adopt.note.feature", feature=bare))
        return
    if bare in ("nvidia-cuda", "cuda"):
        cuda = str(options.get("cudaVersion", ""))
        note = text("adopt.note.cuda", version=cuda) if cuda else text("adopt.note.cuda_any")
        draft.accelerator = Item("auto", where, note)
        return
    if bare in ("apt-packages", "apt-get-packages") and isinstance(options.get("packages"), str):
        for package in re.split(r"[,\s]+", options["packages"].strip()):
            take_system(draft, package, package, where)
        return
    draft.leave(name, where, text("adopt.left.feature"))


def _scripts(value: object) -> Iterator[str]:
    """Yield the scripts of a command: a string, an array of words, or a table of either."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        words = [str(one) for one in value]
        yield words[-1] if len(words) == 3 and words[1] == "-c" else " ".join(words)
    elif isinstance(value, dict):
        for one in value.values():
            yield from _scripts(one)


def _places(source: Source) -> Callable[[str], str]:
    """Return the function from a key to its place: the first line that has it in quotes."""

    def place_of(key: str) -> str:
        at = source.text.find(json.dumps(key, ensure_ascii=False))
        return f"{source.name}:{source.line_of(max(at, 0))}"

    return place_of


def without_comments(content: str) -> str:
    """Return JSON without comments and without trailing commas; lines stay where they are."""
    pieces = re.findall(r'"(?:[^"\\\n]|\\.)*"|//[^\n]*|/\*.*?\*/|[^"/]+|.', content, re.DOTALL)
    bare = "".join("\n" * piece.count("\n") if piece.startswith(("//", "/*")) else piece for piece in pieces)
    tokens = re.findall(r'"(?:[^"\\\n]|\\.)*"|,(?=\s*[}\]])|[^",]+|.', bare, re.DOTALL)
    return "".join(token for number, token in enumerate(tokens) if not _trails(tokens, number))


def _trails(tokens: list[str], number: int) -> bool:
    if tokens[number] != ",":
        return False
    following = "".join(tokens[number + 1 : number + 2]).lstrip()
    return following.startswith(("}", "]"))
