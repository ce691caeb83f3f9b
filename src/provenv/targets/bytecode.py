"""Bytecode that a proof's imports have compiled, made durable before the environment is used."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

FOLDER = "__pycache__"
AT_ONCE = 8
"""fsyncs under way at once: most file systems carry out several with one write of their journal."""


def sync_bytecode(folder: Path) -> None:
    """Make durable what was compiled below `folder`.

    Python writes bytecode without fsync and believes it by its header (PEP 552): torn by a power cut it
    would break the import. Where its name is lost it is compiled again, so the folders are left out.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in pool.map(_sync, _compiled(folder), chunksize=64):
            pass


def _compiled(folder: Path) -> Iterator[str]:
    for parent, _, files in os.walk(folder):
        if os.path.basename(parent) == FOLDER:
            yield from (os.path.join(parent, name) for name in files)


def _sync(path: str) -> None:
    # Windows syncs only what is open for writing; another import may just put a newer file in its place
    with suppress(FileNotFoundError):
        handle = os.open(path, os.O_RDWR if sys.platform == "win32" else os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
