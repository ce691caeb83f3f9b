"""Shared libraries outside of any environment: which are there, their versions, what the loader finds."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .raw import Found, Raw

ASKS: list[dict[str, object]] = [
    {"name": "libraries.loader", "kind": "command", "argv": ["ldconfig", "-p"], "systems": ["linux"]},
]


def versions(files: Iterable[Found]) -> dict[str, str]:
    """Return the newest version of each library by its name: `libnccl.so` of `libnccl.so.2.21.5`."""
    found: dict[str, str] = {}
    for file in files:
        for path in (file.path, file.real):
            match = re.search(r"([^/]+\.so)\.(\d+(?:\.\d+)*)$", path)
            if match and key(match[2]) > key(found.get(match[1], "")):
                found[match[1]] = match[2]
    return found


def key(version: str) -> tuple[tuple[int, ...], str]:
    """Return what orders versions: their numbers, then their words (`8.1.RC1`); empty is the least."""
    return tuple(int(number) for number in re.findall(r"\d+", version)), version


def loader(raw: Raw) -> frozenset[str]:
    """Return the paths in the loader's cache: `libcudnn.so.9 (libc6,x86-64) => /usr/lib/...`."""
    return frozenset(re.findall(r"=>\s*(\S+)\s*$", raw.out("libraries.loader"), re.M))
