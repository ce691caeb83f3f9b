"""One formation: how each host is told to begin, which rank is where, and the record of what comes."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from ...runs.folder import RunFolder
from ...runs.last_words import kept
from ...runs.ports import Ports
from ...runs.ranks import ATTEMPT, GRACE, RUN, Share, ranks_of_hosts
from ...runs.steps import Steps
from ...runs.torchrun import Meeting, torchrun
from .parts import HostOf, Part, RankOn
from .rank_files import RankFiles


@dataclass(frozen=True)
class How:
    """What is launched on each host of `order`, and how.

    `folder` is relative to the project's on each. `torch` has torch's elastic agent start the ranks. `port`
    is what all hosts reach on the first, if that is known. `generation` is the environment's number.
    """

    run: str
    argv: tuple[str, ...]
    folder: str
    order: tuple[str, ...]
    torch: bool
    generation: int
    grace: float
    retries: int = 0
    port: int = 0


@dataclass
class Formation:
    """What is known of one formation; its files are open until `close`."""

    paths: RunFolder
    number: int
    ports: dict[str, tuple[int, ...]] = field(default_factory=dict)
    steps: dict[int, Steps] = field(default_factory=dict)
    hosts: dict[int, str] = field(default_factory=dict)
    complained: bool = False
    _files: dict[int, RankFiles] = field(default_factory=dict)
    _logs: dict[str, int] = field(default_factory=dict)

    def has_ports(self, members: Sequence[HostOf]) -> bool:
        """Tell whether every host has told its ports."""
        return all(one.name in self.ports for one in members)

    def began(self, host: HostOf, local: int, rank: int) -> str:
        """Hear that a process has begun, and what its rank is; return what it is called."""
        host.ranks[local].rank = rank
        self.hosts[rank] = label = host.name if len(host.ranks) == 1 else f"{host.name}:{local}"
        self.files(rank)
        self.steps[rank] = Steps(self.paths.seen(self.number, rank))
        with suppress(OSError):
            path = self.paths.hosts(self.number)
            beside = path.with_suffix(".new")
            names = {str(one): name for one, name in sorted(self.hosts.items())}
            beside.write_text(json.dumps(names), encoding="utf-8")
            os.replace(beside, path)
        return label

    def rank(self, host: HostOf, local: int) -> int | None:
        """Return the rank of a process, None where it has not told."""
        found = host.ranks.get(local)
        return None if found is None else found.rank

    def number_of(self, host: HostOf, one: RankOn) -> int:
        """Return a process's rank, or -1 for one that never began."""
        return -1 if one.rank is None else one.rank

    def files(self, rank: int) -> RankFiles:
        """Return the files of a rank."""
        found = self._files.get(rank)
        if found is None:
            paths, number = self.paths, self.number
            found = self._files[rank] = RankFiles(
                paths.log(number, rank), paths.seen(number, rank), paths.stacks(number, rank)
            )
        return found

    def stacks(self, rank: int) -> Path:
        """Return the file of where a rank's threads stood."""
        return self.paths.stacks(self.number, rank)

    def host_log(self, host: HostOf) -> Path:
        """Return the file of what torchrun, and whatever began no rank, said on a host."""
        return self.paths.host_log(self.number, host.name)

    def complain(self, host: HostOf, words: bytes) -> None:
        """Keep what was said on a host beside its ranks."""
        with suppress(OSError):
            handle = self._logs.get(host.name)
            if handle is None:
                flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
                handle = self._logs[host.name] = os.open(self.host_log(host), flags, 0o666)
            os.write(handle, words)

    def last_words(self, host: HostOf, one: RankOn) -> bytes:
        """Return what a process had printed."""
        return b"" if one.rank is None else kept(self.paths.log(self.number, one.rank))

    @property
    def lost_log(self) -> bool:
        """Tell whether something could not be written here."""
        return any(one.lost for one in self._files.values())

    def close(self) -> None:
        """Let the files go."""
        for one in self._files.values():
            one.close()
        for handle in self._logs.values():
            with suppress(OSError):
                os.close(handle)
        self._logs.clear()


def ports_of(part: Part, how: How, *, is_head: bool) -> Mapping[str, int]:
    """Return what a host is asked for: the head's store and coordinator, a worker's port for each process."""
    if how.torch:
        return {"count": 1, "first": how.port if is_head else 0}
    return {"count": part.processes + (2 if is_head else 0), "first": how.port if is_head else 0}


def start(members: Sequence[HostOf], how: How, formation: Formation, number: int) -> None:
    """Tell every host to begin; the first is the head."""
    parts = [one.part for one in members if one.part is not None]
    head, *rest = (formation.ports[one.place.name] for one in parts)
    meeting = Meeting(f"{how.run}-{number}", len(parts), parts[0].address, head[0])
    plain: tuple[tuple[dict[str, str], ...], ...] = tuple(() for _ in parts)
    if not how.torch:
        own = (head[2:], *rest)
        shares = [
            Share(one.processes, one.address, ports, one.devices)
            for one, ports in zip(parts, own, strict=True)
        ]
        plain = ranks_of_hosts(
            shares, port=Ports(head[0], head[1], ()), run_id=how.run, attempt=number, retries=how.retries
        )
    for place, (part, ranks) in enumerate(zip(parts, plain, strict=True)):
        python = part.place.python(how.generation)
        launcher = (
            torchrun(python, meeting, processes=part.processes, is_head=place == 0, address=part.address)
            if how.torch
            else ()
        )
        part.agent.tell(
            "start",
            number=number,
            launcher=launcher,
            ranks=ranks,
            command=how.argv,
            environment=_told(part, how, number),
            folder=f"{part.place.root}/{how.folder}" if how.folder else part.place.root,
            count=part.processes,
            starter=f"{payload(part)}/fleet_runs/rank.py",
            hooks=f"{payload(part)}/watching",
        )


def payload(part: Part) -> str:
    """Return the folder of our own programs on a host."""
    return payload_at(part.place.base)


def payload_at(base: str) -> str:
    """Return the folder of our own programs in a target's folder on a host."""
    return f"{base}/payload"


def _told(part: Part, how: How, number: int) -> dict[str, str]:
    told = {**part.environment, RUN: how.run, ATTEMPT: str(number), GRACE: f"{how.grace:g}"}
    # what was printed before a kill is in the log then, and can be followed
    told.setdefault("PYTHONUNBUFFERED", "1")
    told.setdefault("TORCH_NCCL_ASYNC_ERROR_HANDLING", "1")
    return told
