"""The forms in which an image target's words are written, and what they mean: references, ports, sizes.

A reference is as distribution/reference's grammar has it; ports and volumes as docker's `--publish` and
`--volume` take them, with the difference that a port without an address is one of loopback.
"""

from __future__ import annotations

import re

from ..model.image import Port, Volume

REGISTRY = r"(?:localhost|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+|[A-Za-z0-9.-]+(?=:\d))(?::\d+)?"
PATH = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*"
TAG = r"[\w][\w.-]{0,127}"
DIGEST = r"sha256:[0-9a-f]{64}"
REPOSITORY = rf"(?:{REGISTRY}/)?{PATH}"
REFERENCE = rf"{REPOSITORY}(?::{TAG})?(?:@{DIGEST})?"
PORT = r"(?:(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-fA-F:]+\]):)?(?:\d{1,5}:)?\d{1,5}"
VOLUME = r"[^:]+:/[^:]*(?::(?:ro|rw))?"
GPUS = r"all|\d+(?:,\d+)*|(?:GPU|MIG)-[\w-]+(?:,(?:GPU|MIG)-[\w-]+)*"

_UNITS = {"": 1, "b": 1, "k": 2**10, "m": 2**20, "g": 2**30}


def read_size(words: str) -> int:
    """Return the bytes that `2g`, `512m`, `1.5GiB` mean. Raises ValueError for anything else."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmg]?)i?b?", words.strip().lower())
    if found is None:
        raise ValueError(words)
    return int(float(found[1]) * _UNITS[found[2]])


def read_port(words: int | str) -> Port:
    """Return the port that `8000`, `8080:8000` or `0.0.0.0:80:8000` means. Raises ValueError otherwise."""
    said = str(words)
    if re.fullmatch(PORT, said) is None:
        raise ValueError(said)
    found = re.fullmatch(r"(?:(\[[^\]]+\]|[\d.]+):)??(?:(\d+):)?(\d+)", said)
    if found is None:
        raise ValueError(said)
    container = int(found[3])
    host = int(found[2] or container)
    if not (0 < container < 65536 and 0 < host < 65536):
        raise ValueError(said)
    return Port(container, host, found[1] or "127.0.0.1")


def read_volume(words: str) -> Volume:
    """Return the volume that `SOURCE:PATH[:ro]` means. Raises ValueError otherwise."""
    if re.fullmatch(VOLUME, words) is None:
        raise ValueError(words)
    source, path, *mode = words.split(":")
    return Volume(source, path, mode == ["ro"])
