"""compose.yaml: one service's image or build, ports, volumes, variables, limits and GPUs.

The keys: https://github.com/compose-spec/compose-spec/blob/main/spec.md
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from ...errors import Failure, Place, problem, text
from ..references import read_port, read_volume
from ..source import Source, read_requirements, relative
from . import yaml_subset
from .adopted import Draft, Item
from .dockerfile import read as read_dockerfile
from .dockerfile_stages import quoted
from .image_target import put, take_base, take_limit, take_line, take_user
from .images import read_image, take_image
from .shell_words import expand
from .variables import take_variable
from .yaml_subset import Mapping, Node, Scalar, Sequence

_QUIET = frozenset({"build", "image", "container_name", "tty", "stdin_open", "restart", "init"})
"""Keys that were read before, or that say nothing of what is built and run."""
Reader = Callable[[Draft, Path], None]


def is_compose(words: str) -> bool:
    """Return whether a YAML text describes services."""
    return re.search(r"^services\s*:", words, re.MULTILINE) is not None


def read(draft: Draft, source: Source, path: Path, reader: Reader, *, service: str = "") -> None:
    """Read the named service, or else the one that asks for a GPU or is built; the others are named.

    `path` is the file, `reader` reads the project's own files. Raises Failure PV152 where it is no such YAML.
    """
    try:
        document = yaml_subset.read(source.text)
    except yaml_subset.NotUnderstood as error:
        line = source.line(error.line) if error.line else None
        where = Place(source.name, error.line, 1, line)
        raise Failure(
            problem("PV152", file=source.name, where=where, why=text("adopt.broken.compose"))
        ) from None
    services = _table(document).get("services")
    found = {name: one for name, one in _table(services).items() if isinstance(one, Mapping)}
    if not found:
        where = Place(source.name, 1)
        raise Failure(problem("PV152", file=source.name, where=where, why=text("adopt.broken.keys")))
    chosen = service if service in found else max(found, key=lambda name: _weight(found[name]))
    for name, one in found.items():
        if name != chosen:
            draft.leave(name, f"{source.name}:{max(one.line - 1, 1)}", text("adopt.left.service"))
    _service(draft, source, path, reader, found[chosen])
    draft.about = text("adopt.about.image", file=source.name)


def _weight(one: Mapping) -> int:
    return 2 * bool(_gpus(one)) + ("build" in one.entries)


def _service(draft: Draft, source: Source, path: Path, reader: Reader, one: Mapping) -> None:
    entries = one.entries

    def where(node: Node) -> str:
        return f"{source.name}:{node.line}"

    image = entries.get("image")
    if "build" in entries:
        _built(draft, path, reader, entries["build"], where(entries["build"]))
    elif isinstance(image, Scalar):
        name = expand(image.words, {})
        meant = read_image(name)
        take_image(draft, meant, name, where(image))
        take_base(draft, name, meant, where(image))
    for key, node in entries.items():
        act = _ACTS.get(key)
        if act is not None:
            act(draft, path, node, where)
        elif key == "deploy":
            _limits(draft, node, where)
        elif key not in _QUIET:
            draft.leave(key, where(node), text("adopt.left.unknown_key"))
    gpus = _gpus(one)
    if gpus is not None:
        take_limit(draft, "gpus", gpus.words, where(gpus))
        draft.accelerator = draft.accelerator or Item("auto", where(gpus), text("adopt.note.cuda_any"))


def _built(draft: Draft, path: Path, reader: Reader, node: Node, where: str) -> None:
    table = _table(node)
    context = _word(node) if isinstance(node, Scalar) else _word(table.get("context")) or "."
    name = _word(table.get("dockerfile")) or "Dockerfile"
    folder = path.parent / expand(context, {})
    file = folder / expand(name, {})
    if not file.is_file():
        draft.leave(name, where, text("adopt.left.no_file"))
        return
    read_dockerfile(draft, read_requirements(draft.root, file), folder, reader)
    if "target" in table:
        draft.leave(f"target: {_word(table['target'])}", where, text("adopt.left.build_target"))


Where = Callable[[Node], str]


def _ports(draft: Draft, path: Path, node: Node, where: Where) -> None:
    kept = draft.image.pop("ports", [])
    for one in _items(node):
        table = _table(one)
        words = expand(_word(one), {})
        if table:
            words = ":".join(filter(None, (_word(table.get("published")), _word(table.get("target")))))
        host, _, container = words.partition(":")
        words = host if host == container else words
        try:
            read_port(words)
        except ValueError:
            draft.leave(f"ports {words}", where(one), text("adopt.left.not_understood"))
            continue
        note = None if draft.image.get("ports") else text("adopt.note.loopback")
        put(draft, "ports", words, where(one), note)
    if kept and "ports" not in draft.image:
        draft.image["ports"] = kept


def _volumes(draft: Draft, path: Path, node: Node, where: Where) -> None:
    for one in _items(node):
        table = _table(one)
        words = expand(_word(one), {})
        if table:
            words = f"{expand(_word(table.get('source')), {})}:{expand(_word(table.get('target')), {})}"
            words += ":ro" if _word(table.get("read_only")) == "true" else ""
        first, _, rest = words.partition(":")
        if first.startswith(".") or (not first.startswith(("/", "~", "$")) and "/" in first):
            below = relative(draft.root, Path(os.path.normpath(path.parent / first)))
            if below == ".":
                draft.leave(words, where(one), text("adopt.left.code_mount"))
                continue
            first = below if below.startswith((".", "/")) else f"./{below}"
        words = f"{first}:{rest}".removesuffix(":rw")
        try:
            read_volume(words)
        except ValueError:
            draft.leave(f"volumes {words}", where(one), text("adopt.left.not_understood"))
            continue
        if "$" in words:
            draft.leave(f"volumes {words}", where(one), text("adopt.left.unknown_variable"))
        else:
            put(draft, "volumes", words, where(one))


def _variables(draft: Draft, path: Path, node: Node, where: Where) -> None:
    pairs = [(name, one) for name, one in _table(node).items()]
    for one in _items(node):
        name, equals, value = _word(one).partition("=")
        pairs.append((name, Scalar(value, one.line) if equals else Sequence((), one.line)))
    for name, one in pairs:
        if isinstance(one, Scalar) and one.words:
            take_variable(draft, name, expand(one.words, {}), where(one))
        elif re.fullmatch(r"[A-Za-z_]\w*", name):
            # without a value it is the shell's own
            draft.passed[name] = Item(name, where(one))


def _command(draft: Draft, path: Path, node: Node, where: Where) -> None:
    words = _line(node)
    if words in ("", "bash", "sh", "/bin/bash", "/bin/sh"):
        draft.leave(f"command {words}", where(node), text("adopt.left.start"))
    else:
        take_line(draft, "command", words, where(node))
        draft.runs["start"] = Item(words, where(node))


def _health(draft: Draft, path: Path, node: Node, where: Where) -> None:
    test = _table(node).get("test")
    if test is None:
        return
    if isinstance(test, Sequence) and test.items:
        first = _word(test.items[0])
        rest = Sequence(test.items[1:], test.line)
        words = " ".join(map(_word, rest.items)) if first == "CMD-SHELL" else _line(rest)
        if first == "NONE":
            return
    else:
        words = _line(test)
    note = text("adopt.note.health") if len(_table(node)) > 1 else None
    take_line(draft, "health", words, where(test), note)


def _user(draft: Draft, path: Path, node: Node, where: Where) -> None:
    take_user(draft, expand(_word(node), {}), where(node), {})


def _network(draft: Draft, path: Path, node: Node, where: Where) -> None:
    words = _word(node)
    if words in ("host", "none", "bridge"):
        put(draft, "network", words, where(node))
    else:
        draft.leave(f"network_mode {words}", where(node), text("adopt.left.unknown_key"))


def _platform(draft: Draft, path: Path, node: Node, where: Where) -> None:
    if re.fullmatch(r"linux/[a-z0-9]+(/v[0-9]+)?", _word(node)):
        put(draft, "platform", _word(node), where(node))


def _limit(key: str) -> Callable[[Draft, Path, Node, Where], None]:
    def act(draft: Draft, path: Path, node: Node, where: Where) -> None:
        take_limit(draft, key, expand(_word(node), {}), where(node))

    return act


def _limits(draft: Draft, node: Node, where: Where) -> None:
    limits = _table(_table(_table(node).get("resources")).get("limits"))
    for key in ("cpus", "memory"):
        if key in limits:
            take_limit(draft, key, expand(_word(limits[key]), {}), where(limits[key]))
    if "replicas" in _table(node):
        draft.leave("replicas", where(node), text("adopt.left.unknown_key"))


def _gpus(one: Mapping) -> Scalar | None:
    """Return which GPUs a service reserves, as our own key takes it."""
    resources = _table(_table(one.entries.get("deploy")).get("resources"))
    for device in _items(_table(resources.get("reservations")).get("devices")):
        table = _table(device)
        kinds = [_word(kind) for kind in _items(table.get("capabilities"))]
        if "gpu" not in kinds and _word(table.get("driver")) != "nvidia":
            continue
        names = [_word(name) for name in _items(table.get("device_ids"))]
        count = table.get("count")
        words = ",".join(names) or expand(_word(count), {}) or "all"
        return Scalar(words, count.line if count is not None else device.line)
    gpus, runtime = one.entries.get("gpus"), one.entries.get("runtime")
    if isinstance(gpus, Scalar):
        return gpus
    return Scalar("all", runtime.line) if runtime is not None and _word(runtime) == "nvidia" else None


_ACTS: dict[str, Callable[[Draft, Path, Node, Where], None]] = {
    "ports": _ports,
    "volumes": _volumes,
    "environment": _variables,
    "command": _command,
    "entrypoint": _command,
    "healthcheck": _health,
    "user": _user,
    "network_mode": _network,
    "platform": _platform,
    "shm_size": _limit("shm"),
    "mem_limit": _limit("memory"),
    "cpus": _limit("cpus"),
    "gpus": lambda draft, path, node, where: None,
    "runtime": lambda draft, path, node, where: None,
}
"""What is done with a service's keys; GPUs are read apart."""


def _table(node: Node | None) -> dict[str, Node]:
    return node.entries if isinstance(node, Mapping) else {}


def _items(node: Node | None) -> Iterator[Node]:
    yield from node.items if isinstance(node, Sequence) else ()


def _word(node: Node | None) -> str:
    return node.words if isinstance(node, Scalar) else ""


def _line(node: Node) -> str:
    """Return a command line that stands as a string or as a list of words."""
    if isinstance(node, Sequence):
        return " ".join(quoted(expand(_word(one), {})) for one in node.items)
    return " ".join(expand(_word(node), {}).split())
