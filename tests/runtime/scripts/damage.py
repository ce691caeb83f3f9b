"""Damages a checkpoint in every way that matters: each file cut short, and one bit of it turned."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path


def damaged(kept: Path, place: Path) -> Iterator[tuple[str, Path]]:
    """Yield copies of a folder of checkpoints whose newest one is damaged, each time in another way."""
    newest = max(one.name for one in kept.iterdir() if one.name.startswith("step-"))
    for file in sorted(one.name for one in (kept / newest).iterdir()):
        content = (kept / newest / file).read_bytes()
        middle = len(content) // 2
        flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        for way, changed in (("flipped", flipped), ("cut", content[:middle]), ("empty", b"")):
            copy = place / f"{file}-{way}"
            shutil.copytree(kept, copy)
            (copy / newest / file).write_bytes(changed)
            yield f"{file} {way}", copy
            shutil.rmtree(copy)
