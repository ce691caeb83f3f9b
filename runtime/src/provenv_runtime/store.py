"""The folder of a training's checkpoints: which there are, how one comes in whole, which may go."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from . import overrides
from .checkpoint import sync_folder, verify
from .errors import CheckpointError

NAME = re.compile(r"step-(\d{8,})")
BESIDE = re.compile(r"\.step-(\d{8,})\.(?:tmp|old)-\w+")
PAUSE = 0.01


class Store:
    """A folder of checkpoints, `step-00001200` each. One training at a time writes there: its rank 0."""

    def __init__(self, folder: str | os.PathLike[str], keep: int) -> None:
        self.folder = overrides.folder(folder)
        self.keep = keep
        self.good: set[Path] = set()
        self._held: int | None = None

    def path(self, step: int) -> Path:
        """Return the directory of a step's checkpoint."""
        return self.folder / f"step-{step:08d}"

    def beside(self, step: int, attempt: str) -> Path:
        """Return the directory in which a step's checkpoint is made."""
        return self.folder / f".step-{step:08d}.tmp-{attempt}"

    def found(self) -> list[Path]:
        """Return the checkpoints that are there, whole or not, newest first."""
        if not self.folder.is_dir():
            return []
        named = [(int(match[1]), one) for one in self.folder.iterdir() if (match := NAME.fullmatch(one.name))]
        return [one for _, one in sorted(named, reverse=True)]

    def hold(self) -> None:
        """Make the folder this process's. Raises CheckpointError if another training has it."""
        if self._held is not None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.folder / ".held", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # unlike flock, workers do not inherit it
        except (BlockingIOError, PermissionError) as error:
            os.close(descriptor)
            raise CheckpointError(
                f"another training that runs now saves in {self.folder}: give each its own folder"
            ) from error
        except OSError:  # a file system without locks
            pass
        self._held = descriptor

    def clean(self, step: int | None = None, attempt: str = "") -> None:
        """Remove what saves that were cut off have left: up to a step, and not what this attempt makes.

        Only whoever holds the folder may.
        """
        for one in self.folder.iterdir():
            match = BESIDE.fullmatch(one.name)
            begun = attempt and one.name.endswith(f".tmp-{attempt}")
            if match and not begun and (step is None or int(match[1]) <= step):
                shutil.rmtree(one, ignore_errors=True)

    def forget(self, rank: int, attempt: str) -> None:
        """Take back parts of this rank that an attempt of the same name has left."""
        for part in self.folder.glob(f".step-*.tmp-{attempt}/rank-{rank}.part"):
            part.unlink(missing_ok=True)

    def commit(self, made: Path, step: int) -> Path:
        """Give a finished directory its name, for good; return it. Raises OSError."""
        path = self.path(step)
        if path.exists():  # a damaged one that was passed over, or the same step done again
            old = self.folder / f".step-{step:08d}.old-{os.getpid()}"
            shutil.rmtree(old, ignore_errors=True)
            path.rename(old)
        made.rename(path)
        sync_folder(self.folder)
        self.good.add(path)
        return path

    def prune(self) -> list[Path]:
        """Remove what is older than the newest `keep` verified ones; return what was removed."""
        kept = 0
        removed = []
        for path in self.found():
            if kept >= self.keep:
                removed.append(path)
                continue
            if path not in self.good and not verify(path):
                self.good.add(path)
            kept += path in self.good
        for path in removed:
            beside = self.folder / f".{path.name}.old-{os.getpid()}"
            path.rename(beside)  # a removal that is cut off leaves no half of a checkpoint under its name
            shutil.rmtree(beside, ignore_errors=True)
            self.good.discard(path)
        return removed


def wait_until(ready: Callable[[], bool], seconds: float) -> bool:
    """Ask until it is so, at most this long; return whether it became so."""
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            return False
        time.sleep(PAUSE)
    return True
