"""A Host: the channel by which commands and files reach a place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Patience:
    """How long a command may wait for the network.

    It is ended after `stall` seconds (infinite: never) in which it received less than `least_rate`
    bytes a second, wrote and computed nothing and said nothing; and after `total` seconds in any case.
    """

    stall: float
    least_rate: float = 256.0
    total: float | None = None


@dataclass(frozen=True)
class Stall:
    """A command that stood still for so many seconds: whom it was connected to, how many bytes they sent."""

    seconds: float
    received: int = 0
    peers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Completed:
    """How a command ended: its exit code (negative: the signal), and what it printed.

    `timed_out` is set when it was ended because its time was up; `stalled` says why, where that was
    because it had stood still.
    """

    argv: tuple[str, ...]
    code: int
    stdout: bytes = b""
    stderr: bytes = b""
    seconds: float = 0.0
    timed_out: bool = False
    stalled: Stall | None = None

    @property
    def out(self) -> str:
        """Return standard output as text."""
        return self.stdout.decode("utf-8", "replace")

    @property
    def err(self) -> str:
        """Return standard error as text."""
        return self.stderr.decode("utf-8", "replace")


@dataclass(frozen=True)
class Command:
    """A process to run: its arguments, its whole environment, and files (path -> text) to write before."""

    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    files: Mapping[str, str] = field(default_factory=dict)
    patience: Patience | None = None


class Host(Protocol):
    """Exec, put and get on a place. Nothing else reaches it."""

    def exec(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes = b"",
        environment: Mapping[str, str] | None = None,
        folder: str | None = None,
        limit: float | None = None,
        patience: Patience | None = None,
        on_stdout: Callable[[str], None] | None = None,
        on_stderr: Callable[[str], None] | None = None,
    ) -> Completed:
        """Run a command and wait for it.

        `environment` replaces the environment whole where it is given. `limit`
        is in seconds; the command and its children are ended when it is over,
        or when they have waited for the network longer than `patience` allows.
        `on_stdout` / `on_stderr` get each line as it comes (without its newline).
        Raises Failure where the place cannot be reached or the program is not there.
        """

    def put(self, content: bytes, path: str, *, mode: int = 0o644) -> None:
        """Write a file there, whole or not at all."""

    def get(self, path: str) -> bytes:
        """Return a file's content. Raises FileNotFoundError where it is missing."""
