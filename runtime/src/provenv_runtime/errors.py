"""What can go wrong with a checkpoint, as exceptions.

CheckpointError
    Unencodable   a value that can't be kept; its place in the structure is named
    Torn          a checkpoint that isn't whole, or whose bytes are not those that were written
    Mismatch      a whole checkpoint that does not fit what it is to be loaded into
    SaveFailed    a checkpoint that could not be written; the older ones are as they were
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


class CheckpointError(Exception):
    """The root of all that this library raises by itself."""


class Unencodable(CheckpointError):
    """A value that can't be kept: `place` is where it stands, as `optimizer.state[0].hook`."""

    def __init__(self, place: str, why: str) -> None:
        super().__init__(f"`{place}` can't be saved: {why}")
        self.place = place


class Torn(CheckpointError):
    """A checkpoint that must not be loaded: `wrong` lists everything that was found."""

    def __init__(self, path: Path, wrong: Sequence[str]) -> None:
        super().__init__(f"{path} is damaged: {'; '.join(wrong)}")
        self.path = path
        self.wrong = tuple(wrong)


class Mismatch(CheckpointError):
    """A whole checkpoint and a training that do not fit each other."""


class SaveFailed(CheckpointError):
    """A checkpoint that could not be written."""
