"""What imports compile, made durable before a generation becomes current."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path


def sync_bytecode(folder: Path) -> None:
    """Make durable what imports have compiled below `folder`.

    Python writes bytecode without fsync and believes it by its header (PEP 552): torn by a power cut it
    would break the import. Where its name is lost it is compiled again, so folders are left out.
    """
    with ThreadPoolExecutor(8) as pool:
        for _ in pool.map(_sync_one, _bytecode(folder), chunksize=64):
            pass


def _bytecode(folder: Path) -> Iterator[str]:
    for parent, _, files in os.walk(folder, onerror=_raise):
        if os.path.basename(parent) == "__pycache__":
            yield from (os.path.join(parent, name) for name in files)


def _raise(error: OSError) -> None:
    raise error


def _sync_one(path: str) -> None:
    # another import may just put a newer file in its place
    with suppress(FileNotFoundError):
        # Windows syncs only what is open for writing
        handle = os.open(path, os.O_RDWR if sys.platform == "win32" else os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
