"""What another tool says of an image or container, as the keys of `[target.image]`."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

from ...errors import Text, text
from ..references import GPUS, REFERENCE, read_size
from .adopted import Draft, Item
from .images import Image

KEYS = (
    "base", "platform", "user", "command", "health", "ports", "volumes", "gpus", "shm", "memory", "cpus",
    "network", "extensions",
)  # fmt: skip
"""The keys that are written, in order."""
LISTS = frozenset({"ports", "volumes", "extensions"})
NUMBERS = frozenset({"user", "cpus", "ports"})
"""Keys whose values stand without quotes where they are numbers."""
MOST_PORTS = 16
"""A longer range is no list of services."""
LONGEST = 300
_ROOT = frozenset({"root", "0"})
_EXTENSION = re.compile(r"[\w-]+\.[\w.-]+")
_PLATFORM = re.compile(r"linux/[a-z0-9]+(/v[0-9]+)?")
_PORT = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?(?:/(\w+))?")


def take_base(draft: Draft, name: str, image: Image, where: str, *, platform: str = "") -> None:
    """Carry over the image that is built on, with its digest; one that is not told by name is left out."""
    if name.lower() == "scratch":
        draft.leave(f"FROM {name}", where, text("adopt.left.scratch"))
    elif "$" in name:
        draft.leave(f"FROM {name}", where, text("adopt.left.base_argument"))
    elif re.fullmatch(REFERENCE, name):
        note = None
        if image.accelerator or image.requirements:
            minor = image.python or image.system_python
            slim = f"python:{minor}-slim" if minor else "python:slim"
            note = text("adopt.note.heavy_base", image=slim)
        elif not image.known:
            note = text("adopt.left.base")
        put(draft, "base", name, where, note)
    else:
        draft.leave(f"FROM {name}", where, text("adopt.left.not_understood"))
    if platform and _PLATFORM.fullmatch(platform):
        put(draft, "platform", platform, where)
    elif platform:
        draft.leave(f"--platform={platform}", where, text("adopt.left.base_argument"))


def take_port(draft: Draft, words: str, where: str) -> None:
    """Carry over a port, or a short range of them, that the container listens on."""
    match = _PORT.fullmatch(words.strip())
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if match is None or not 0 < first <= last < 65536 or last - first >= MOST_PORTS:
        draft.leave(f"EXPOSE {words}", where, text("adopt.left.not_understood"))
    elif (match[3] or "tcp").lower() != "tcp":
        draft.leave(f"EXPOSE {words}", where, text("adopt.left.protocol"))
    else:
        for port in range(first, last + 1):
            put(draft, "ports", str(port), where)


def take_volume(draft: Draft, path: str, where: str) -> None:
    """Carry over a folder whose content outlives the container, as a volume that is named after it."""
    path = posixpath.normpath(path)
    name = re.sub(r"[^a-z0-9]+", "-", posixpath.basename(path).lower()).strip("-")
    if not path.startswith("/") or not name or "$" in path or ":" in path:
        draft.leave(f"VOLUME {path}", where, text("adopt.left.not_understood"))
        return
    taken = {item.words.partition(":")[0] for item in draft.image.get("volumes", ())}
    if name in taken:
        name = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-")
    put(draft, "volumes", f"{name}:{path}", where)


def take_user(draft: Draft, user: str, where: str, numbers: dict[str, str]) -> None:
    """Carry over the user that everything runs as; `numbers` are those of users that the file makes."""
    name = user.partition(":")[0].strip()
    number = numbers.get(name, name)
    draft.image.pop("user", None)
    if name in _ROOT or number == "0":
        draft.leave(f"USER {user}", where, text("adopt.left.root"))
    elif number.isdecimal() and number.isascii():
        note = text("adopt.note.user", name=name) if number != name else None
        put(draft, "user", str(int(number)), where, note)
    else:
        draft.leave(f"USER {user}", where, text("adopt.left.user"))


def take_line(draft: Draft, key: str, words: str, where: str, note: Text | None = None) -> None:
    """Carry over a command line: `command` or `health`."""
    if words and "\n" not in words and len(words) <= LONGEST:
        put(draft, key, words, where, note)
    else:
        draft.leave(f"{key} {words}", where, text("adopt.left.not_understood"))


def take_limit(draft: Draft, key: str, words: str, where: str) -> None:
    """Carry over what a container may use: `gpus`, `shm`, `memory`, `cpus`."""
    words = words.strip()
    try:
        if key in ("shm", "memory"):
            read_size(words)
        fits = {
            "gpus": re.fullmatch(GPUS, words) is not None,
            "cpus": re.fullmatch(r"\d+(?:\.\d+)?", words) is not None and float(words or 0) > 0,
        }.get(key, True)
    except ValueError:
        fits = False
    if fits:
        put(draft, key, words, where)
    else:
        draft.leave(f"{key} {words}", where, text("adopt.left.not_understood"))


def take_extensions(draft: Draft, names: Iterable[object], where: str) -> None:
    """Carry over an editor's extensions."""
    for name in names:
        if isinstance(name, str) and _EXTENSION.fullmatch(name):
            put(draft, "extensions", name, where)
        else:
            draft.leave(str(name), where, text("adopt.left.not_understood"))


def put(draft: Draft, key: str, words: str, where: str, note: Text | None = None) -> None:
    """Set a key; one that holds several gets one more, once."""
    item = Item(words, where, note)
    if key not in LISTS:
        draft.image[key] = [item]
    elif all(one.words != words for one in draft.image.get(key, ())):
        draft.image.setdefault(key, []).append(item)
