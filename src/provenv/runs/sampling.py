"""One sample of a group of processes, again and again: what they use together, and what they used so far."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..model.resources import GpuSample, Sample
from ..model.runs import Peaks
from .memory_left import MemoryFiles, memory_files
from .network_bytes import Network
from .processes import Members, Process, age, moved, shared_once

SHM = "/dev/shm"  # noqa: S108 - it is asked for its size, not written to
FOR_SHARED = 0.0015
"""Seconds of processor time that one sample may spend on telling shared pages from a process's own."""
STALE = 16 << 20
"""Bytes by which a process's memory may have changed before it is looked at again for its shared pages."""
AGED = 1 << 20
"""Bytes of change that one sample of waiting for such a look is worth."""
SHARE = 0.002
"""The share of a core that looking at one large process may take."""
EARLIER = 1.0
"""Seconds by which a process may have begun before its group did, and have no past worth taking off."""
SHORTEST = 0.05
"""Seconds below which a rate would be noise: the kernel counts processor time in hundredths."""

Gpus = Callable[[Iterable[int]], tuple[GpuSample, ...]]


@dataclass(frozen=True)
class _Used:
    """What a process used since it belongs to us: processor seconds, bytes from and to storage."""

    seconds: float = 0.0
    read: int = 0
    written: int = 0

    def __add__(self, other: _Used) -> _Used:
        return _Used(self.seconds + other.seconds, self.read + other.read, self.written + other.written)

    def __sub__(self, other: _Used) -> _Used:
        return _Used(self.seconds - other.seconds, self.read - other.read, self.written - other.written)

    def at_least_nothing(self) -> _Used:
        """Return it without what is less than nothing."""
        return _Used(max(0.0, self.seconds), max(0, self.read), max(0, self.written))


NOTHING = _Used()


@dataclass
class _Member:
    """A process as it was seen last; `before` is what it had used before the group began."""

    process: Process
    used: _Used
    before: _Used = NOTHING
    resident: int = 0
    shared_once: int | None = None
    looked: int = 0
    at: float = 0.0
    cost: float = 0.0

    @property
    def own(self) -> _Used:
        """Return what it used for the group."""
        return (self.used - self.before).at_least_nothing()

    @property
    def memory(self) -> int:
        """Return its bytes now: those of the last look at shared pages, and what came since."""
        now = self.process.resident
        if self.shared_once is None:
            return now
        return min(now, max(0, self.shared_once + now - self.resident))


@dataclass
class Sampling:
    """Samples the trees of some processes since `began` (seconds since the epoch; now, if not given).

    `folder` is where the run writes, whose disk is looked at; `gpus` returns what is known of devices,
    without waiting. What processes used that ended between two samples is not lost: their parents' counters
    have it, and where those have not (nobody waited for them), what was seen last counts.
    """

    folder: Path | None = None
    gpus: Gpus | None = None
    began: float = field(default_factory=time.time)
    memory: MemoryFiles | None = None
    _members: Members = field(default_factory=Members)
    _network: Network = field(default_factory=Network)
    _seen: dict[int, _Member] = field(default_factory=dict)
    _ended: _Used = NOTHING
    _last: tuple[float, float] = (0.0, 0.0)
    _samples: int = 0
    _sharing: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        # rates by a clock that nobody sets
        self._last = time.monotonic() - max(0.0, time.time() - self.began), 0.0

    @property
    def seconds(self) -> float:
        """Return the processor time that the group used so far, of those that ended too."""
        return sum((one.own for one in self._seen.values()), self._ended).seconds

    def sample(self, roots: Iterable[int]) -> Sample:
        """Look once; `roots` are the processes that the group began with and that still live."""
        now = time.time()
        self._samples += 1
        found = self._members.look(roots)
        self._count(found, now)
        self._tell_shared()
        used = sum((one.own for one in self._seen.values()), self._ended)
        received, sent = self._network.passed(found)
        if self.memory is None:
            self.memory = memory_files()
        memory = self.memory.read()
        shm_total, shm_free = space(SHM) if sys.platform == "linux" else (None, None)
        alive = [one for one in self._seen.values() if one.process.state != "Z"]
        return Sample(
            t=now,
            cpu=round(self._cores(time.monotonic(), used.seconds), 3),
            memory=sum(one.memory for one in alive),
            processes=len(alive),
            threads=sum(one.process.threads for one in alive),
            workers={str(one.process.pid): one.memory for one in alive},
            left=memory.left if memory else None,
            shm=shm_total - shm_free if shm_total is not None and shm_free is not None else None,
            shm_total=shm_total,
            disk_free=space(self.folder)[1] if self.folder else None,
            read=used.read,
            written=used.written,
            received=received,
            sent=sent,
            gpus=self.gpus(found) if self.gpus else (),
        )

    def _cores(self, now: float, seconds: float) -> float:
        """Return how many cores were busy since the last sample, or since the group began."""
        then, before = self._last
        if now - then < SHORTEST:
            return 0.0
        self._last = now, seconds
        return max(0.0, seconds - before) / (now - then)

    def _count(self, found: Mapping[int, Process], now: float) -> None:
        """Take what every process used; keep what those used that are gone."""
        gone = {
            pid: one
            for pid, one in self._seen.items()
            if pid not in found or found[pid].started != one.process.started
        }
        self._sharing = {found[pid].parent for pid in found.keys() - self._seen.keys()}
        self._sharing |= {one.process.parent for one in gone.values()}
        lost: dict[int | None, _Used] = {}
        for one in gone.values():
            heir = self._heir(one.process, gone, found)
            lost[heir] = lost.get(heir, NOTHING) + one.own
        for pid, process in found.items():
            before = None if pid in gone else self._seen.get(pid)
            member = self._looked(process, before, now)
            if pid in lost and before is not None:
                # those that were waited for are in their parent's counters now
                inherited = _Used(
                    process.reaped - before.process.reaped,
                    member.used.read - before.used.read,
                    member.used.written - before.used.written,
                )
                self._ended += (lost[pid] - inherited).at_least_nothing()
            self._seen[pid] = member
        self._ended += lost.get(None, NOTHING)
        for pid in gone.keys() - found.keys():
            del self._seen[pid]

    def _heir(self, one: Process, gone: Mapping[int, _Member], found: Mapping[int, Process]) -> int | None:
        """Return the nearest ancestor of a process that is gone which lives, and lived before."""
        parent, passed = one.parent, set[int]()
        while parent in gone and parent not in passed:
            passed.add(parent)
            parent = gone[parent].process.parent
        return parent if parent in found and parent in self._seen and parent not in gone else None

    def _looked(self, process: Process, before: _Member | None, now: float) -> _Member:
        bytes_moved = moved(process.pid) if sys.platform == "linux" else None
        if bytes_moved is None:
            bytes_moved = (before.used.read, before.used.written) if before else (0, 0)
        used = _Used(process.seconds + process.reaped, *bytes_moved)
        if before is not None:
            return replace(before, process=process, used=used)
        lived = age(process)
        # who was there before the group began brings a past that is not the group's
        past = used if lived is not None and now - lived < self.began - EARLIER else NOTHING
        return _Member(process, used, past)

    def _tell_shared(self) -> None:
        """Look at the shared pages of who is new, then of whose memory changed most, while time is left.

        Whose child came or went shares other pages than before; where one changed much, what others share
        with it may have changed too. Who is very large is looked at less often: the kernel takes its time.
        """
        if sys.platform != "linux":
            return
        began, now = time.thread_time(), time.monotonic()
        changed = {pid: abs(one.process.resident - one.resident) for pid, one in self._seen.items()}
        order = sorted(
            self._seen,
            key=lambda pid: (not self._must(pid), -changed[pid] - self._since(pid) * AGED),
        )
        moving = bool(self._sharing) or max(changed.values(), default=0) >= STALE
        for pid in order:
            one = self._seen[pid]
            if not self._must(pid):
                if time.thread_time() - began > FOR_SHARED:
                    return
                if not moving and self._since(pid) < len(order):
                    continue
                if one.cost > FOR_SHARED and now - one.at < one.cost / SHARE:
                    continue
            before = time.thread_time()
            told = shared_once(pid)
            one.shared_once = one.shared_once if told is None else told
            one.resident, one.looked, one.at = one.process.resident, self._samples, now
            one.cost = time.thread_time() - before

    def _must(self, pid: int) -> bool:
        return not self._seen[pid].looked or pid in self._sharing

    def _since(self, pid: int) -> int:
        """Return how many samples ago a process was looked at for its shared pages."""
        return self._samples - self._seen[pid].looked


def space(path: Path | str) -> tuple[int | None, int | None]:
    """Return the size of the file system of `path` and what this user may still write, in bytes."""
    with suppress(OSError):
        if sys.platform != "win32":
            told = os.statvfs(path)
            return told.f_blocks * told.f_frsize, told.f_bavail * told.f_frsize
    return None, None


def peaks(samples: Iterable[Sample]) -> Peaks:
    """Return the most of each that the samples saw; of counters, what they came to in the end."""
    most = Peaks()
    for sample in samples:
        most = higher(most, sample)
    return most


def higher(most: Peaks, sample: Sample) -> Peaks:
    """Return `most` with what a further sample had more of."""
    return Peaks(
        memory=max(most.memory, sample.memory),
        cpu=max(most.cpu, sample.cpu),
        gpu_memory=max(most.gpu_memory, sum(gpu.memory for gpu in sample.gpus)),
        gpu=max(most.gpu, sum(gpu.utilisation or 0.0 for gpu in sample.gpus)),
        read=max(most.read, sample.read),
        written=max(most.written, sample.written),
        received=max(most.received, sample.received),
        sent=max(most.sent, sample.sent),
        shm=max(most.shm, sample.shm or 0),
    )
