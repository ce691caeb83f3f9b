"""What killed processes left in a project beside what they wrote: found by its name, and taken away."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..hosts.files import left_beside
from .held import hold, open_held
from .layout import Layout
from .lease import leased

WRITTEN = re.compile(r"pylock(\..+)?\.toml|(provenv|pyproject)\.toml|requirements[\w.-]*\.(txt|lock)|\.venv")
"""What we write in the user's own folder, where no other file is ours to remove."""
PROOF = ".prove-"
"""How a proof's own folder in `.provenv` begins (payload/prove.py)."""
SCRIPT = "prove.py"
"""The script in it, which its runner holds while it lives."""


def sweep(layout: Layout) -> None:
    """Remove what writers, proofs and leases of processes that are gone left behind.

    The caller holds the target's guard. What cannot be removed stays for the next time.
    """
    generations = _folders(layout.generations)
    left = [*left_beside(layout.root, WRITTEN)]
    for folder in (layout.home, layout.base, *generations):
        left += left_beside(folder)
    for path in left:
        with suppress(OSError):
            path.unlink()
    with suppress(OSError), _nobody_begins(layout.home):
        for path in _folders(layout.home):
            if path.name.startswith(PROOF):
                with suppress(OSError):
                    _sweep_proof(path)
    for folder in generations:
        with suppress(OSError):
            leased(folder)


@contextmanager
def _nobody_begins(home: Path) -> Iterator[None]:
    """Hold the folder that whoever begins a proof holds until its script is there. Raises BlockingIOError."""
    if sys.platform == "win32":
        yield
        return
    handle = os.open(home, os.O_RDONLY)
    try:
        if not hold(handle, wait=False):
            raise BlockingIOError
        yield
    finally:
        os.close(handle)


def _sweep_proof(folder: Path) -> None:
    script = folder / SCRIPT
    if not script.is_file():
        # ended before its first file was there, while it cleared up, or by a power cut that kept other files
        shutil.rmtree(folder)
        return
    handle = open_held(script)
    try:
        if hold(handle, wait=False):
            shutil.rmtree(folder, ignore_errors=sys.platform == "win32")
    finally:
        os.close(handle)


def _folders(folder: Path) -> list[Path]:
    try:
        return [Path(entry) for entry in os.scandir(folder) if entry.is_dir(follow_symlinks=False)]
    except FileNotFoundError:
        return []
