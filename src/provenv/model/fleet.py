"""Several hosts behind one target: how each is addressed, and what each of them answered."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Generic, TypeVar

from ..errors import Problem
from .facts import Facts

T = TypeVar("T")
OWN = frozenset({"host", "address", "name"})
"""Arguments of problems that every host has its own of."""
_ADDRESS = r"\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]*:[0-9a-fA-F:]*:[0-9a-fA-F:]*"


@dataclass(frozen=True)
class Address:
    """One host as the user declared it: `name` is all of it; a port of None is OpenSSH's own choice."""

    name: str
    user: str = ""
    host: str = ""
    port: int | None = None

    @property
    def destination(self) -> str:
        """Return what `ssh` gets: the user, if one is named, and the host or its alias, without a port."""
        host = self.host or self.name
        return f"{self.user}@{host}" if self.user else host


@dataclass(frozen=True)
class SshOptions:
    """What an ssh target says: its hosts, and the folder of this project on each of them.

    `code` are patterns of the files that are sent there (empty: chosen, see context).
    """

    hosts: tuple[Address, ...]
    folder: str
    code: tuple[str, ...] = ()


@dataclass(frozen=True)
class HostResult(Generic[T]):
    """What one host answered, or the problem that kept it from that."""

    host: str
    value: T | None
    problem: Problem | None
    seconds: float

    @property
    def ok(self) -> bool:
        """Tell whether the host did what it was asked."""
        return self.problem is None


@dataclass(frozen=True)
class Clock:
    """How far a host's clock is ahead of ours, in seconds, and by how much that may be wrong."""

    ahead: float
    error: float


@dataclass(frozen=True)
class Alike:
    """The hosts that have one value in common."""

    value: str
    hosts: tuple[str, ...]


@dataclass(frozen=True)
class Differing:
    """In what hosts differ that should not: `libc`, `driver`, `clock`, ...; the most common value first."""

    what: str
    groups: tuple[Alike, ...]


@dataclass(frozen=True)
class FleetFacts:
    """The facts of every host of a target.

    `clocks` are those of the hosts that told their time, by name; `kept` names the hosts whose facts were
    read the last time and not now.
    """

    target: str
    hosts: tuple[HostResult[Facts], ...]
    clocks: tuple[tuple[str, Clock], ...] = ()
    differing: tuple[Differing, ...] = ()
    kept: tuple[str, ...] = ()


@dataclass(frozen=True)
class FleetRan:
    """The exit code of one command on every host."""

    target: str
    hosts: tuple[HostResult[int], ...]


@dataclass(frozen=True)
class FleetCopied:
    """How many bytes went to, or came from, every host."""

    target: str
    hosts: tuple[HostResult[int], ...]


def by_problem(
    results: tuple[HostResult[T], ...],
) -> tuple[tuple[HostResult[T], ...], ...]:
    """Return the results that are problems, alike ones together, the largest group first.

    Alike are those of one code that differ in nothing but the host's name.
    """
    groups: dict[object, list[HostResult[T]]] = {}
    for one in results:
        if one.problem is not None:
            groups.setdefault(_kind(one.host, one.problem), []).append(one)
    return tuple(tuple(group) for group in sorted(groups.values(), key=len, reverse=True))


def _kind(host: str, problem: Problem) -> object:
    """Return what problems of several hosts have in common: their words without names and addresses."""
    at = host.rpartition("@")[2]
    names = sorted({host, at, at.rpartition(":")[0] or at, at.partition(".")[0]}, key=len, reverse=True)
    own = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, names))})(?![\w-])|{_ADDRESS}")
    words: list[tuple[str, str]] = []
    for text in (problem.what, problem.why):
        for key, value in sorted(text.args.items()) if text is not None else ():
            if key not in OWN:
                words.append((key, own.sub("*", str(value))))
    return problem.code, problem.why.key if problem.why else "", tuple(words)
