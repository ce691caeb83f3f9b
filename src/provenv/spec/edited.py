"""An edit of a user's file, as a value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Edit:
    """An edit that is not written yet: the file (relative to `root`), its text before and after.

    Write `content`: it has the file's own encoding; line endings are as they were.
    """

    path: str
    old: str
    new: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    root: str = ""
    encoding: str = "utf-8"

    @property
    def content(self) -> bytes:
        """Return the new file's bytes."""
        return self.new.encode(self.encoding)
