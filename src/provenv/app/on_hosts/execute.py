"""`exec` on the hosts of a target: side by side by whole lines, or on one as if it were here."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Literal, Protocol

from ...errors import Failure, Problem, problem
from ...hosts.ssh import SshHost
from ...model.channel import Host
from ...model.fleet import FleetRan, HostResult
from ...runs.program import Code
from ..fleet.each import on_each
from ..fleet.hosts import closing, hosts_of, options_of
from ..launch import as_ours
from ..project import Project
from . import scripts
from .ending import Ending
from .foreground import foreground


class Printed(Protocol):
    """Takes what commands print, also from several threads."""

    def take(self, host: str, stream: Literal["stdout", "stderr"], content: bytes) -> None:
        """Take a piece of a host's output, where there are several."""

    def close(self, host: str) -> None:
        """Hear that nothing more comes of a host."""

    def write(self, stream: Literal["stdout", "stderr"], content: bytes) -> None:
        """Take a piece of the output of the only host."""


class _Failed(Exception):
    """The first failure, where it is to stop the others."""


def execute(
    project: Project,
    argv: Sequence[str],
    *,
    printed: Printed,
    wanted: Sequence[str] = (),
    folder: str | None = None,
    at_once: int = 32,
    first_failure: bool = False,
) -> tuple[FleetRan, int]:
    """Run a command on the `wanted` hosts (none: all) and return how it ended on each, and the code of all.

    It runs in `folder`, or in the target's where a host has it, or at home. One host has this program's
    own standard input; of several none gets any. With `first_failure` the others are ended when one
    fails (PV1306).
    Raises Failure with exit code 125 where no host is meant (see app.fleet.hosts).
    """
    there = as_ours(lambda: options_of(project).folder) if folder is None else folder
    words = scripts.words(scripts.RUN if folder is None else scripts.RUN_IN, there, *argv)
    with closing(as_ours(lambda: hosts_of(project, wanted))) as hosts:
        if len(hosts) == 1:
            results: tuple[HostResult[int], ...] = (_on_one(*hosts[0], words, printed),)
        else:
            results = _on_several(hosts, words, printed, at_once, first_failure=first_failure)
    return FleetRan(project.target, results), code_of(results)


def code_of(results: Sequence[HostResult[int]]) -> int:
    """Return the code for all hosts: 0 where all have it, else the highest.

    A host on which the command could not be run counts as 125; one that was stopped for another's failure
    does not count.
    """
    return max((_code(one) for one in results if not _stopped(one.problem)), default=0)


def _code(one: HostResult[int]) -> int:
    return Code.OURS if one.value is None else one.value


def _stopped(found: Problem | None) -> bool:
    return found is not None and found.code == "PV1306"


def _on_one(name: str, host: SshHost, words: tuple[str, ...], printed: Printed) -> HostResult[int]:
    began = time.monotonic()
    try:
        code = foreground(host, words, printed.write)
    except Failure as failure:
        return HostResult(name, None, failure.problems[0], time.monotonic() - began)
    return HostResult(name, code, None, time.monotonic() - began)


def _on_several(
    hosts: Sequence[tuple[str, SshHost]],
    words: tuple[str, ...],
    printed: Printed,
    at_once: int,
    *,
    first_failure: bool,
) -> tuple[HostResult[int], ...]:
    endings = {name: Ending(host) for name, host in hosts}
    found: dict[str, HostResult[int]] = {}

    def act(name: str, _: Host) -> int:
        try:
            return endings[name].run(words, lambda stream, piece: printed.take(name, stream, piece))
        finally:
            printed.close(name)

    def ended(one: HostResult[int]) -> None:
        found[one.host] = one
        if first_failure and one.value != 0:
            raise _Failed

    try:
        return on_each(tuple(endings.items()), act, at_once=at_once, progress=ended)
    except _Failed:
        first = next(reversed(found))
        stopped = problem("PV1306", host=first)
        return tuple(found.get(name) or HostResult(name, None, stopped, 0.0) for name, _ in hosts)
