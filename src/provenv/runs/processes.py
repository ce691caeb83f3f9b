"""What the kernel tells of processes: Linux's /proc (proc(5)), elsewhere what `ps` prints, or nothing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

PAGE = 4096 if sys.platform == "win32" else os.sysconf("SC_PAGE_SIZE")
TICKS = 100 if sys.platform == "win32" else os.sysconf("SC_CLK_TCK")
ALL_AGAIN = 30
"""Looks after which every stranger is looked at again: a process id may have come back as one of ours."""

ENOUGH = 1 << 14
PS = ("ps", "-A", "-o", "pid=,ppid=,pgid=,rss=,time=,lstart=")
PS_LIMIT = 5.0
PS_LINE = re.compile(r"\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S.*\S)\s*")
MOVED = re.compile(rb"^(read|write)_bytes: (\d+)", re.MULTILINE)
SHARED_ONCE = re.compile(rb"^Pss:\s+(\d+) kB", re.MULTILINE)
RESERVED = re.compile(r"(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+(?:[.,]\d+)?)")


@dataclass(frozen=True)
class Process:
    """One process at one moment.

    `started` tells it from another that got the same id later. `seconds` is its own processor time,
    `reaped` that of its children that ended and were waited for. `resident` counts shared pages in full.
    """

    pid: int
    parent: int
    session: int
    started: str
    seconds: float
    reaped: float
    threads: int
    resident: int
    state: str = ""

    @property
    def key(self) -> tuple[int, str]:
        """By what it is known again."""
        return self.pid, self.started


def process(pid: int) -> Process | None:
    """Return a process as /proc/PID/stat tells it; None where there is none (any more)."""
    content = _read(f"/proc/{pid}/stat")
    # the name stands in brackets and may hold anything, brackets too
    words = content[content.rfind(b")") + 2 :].split()
    if len(words) < 22:
        return None
    return Process(
        pid=pid,
        parent=int(words[1]),
        session=int(words[3]),
        started=words[19].decode(),
        seconds=(int(words[11]) + int(words[12])) / TICKS,
        reaped=(int(words[13]) + int(words[14])) / TICKS,
        threads=int(words[17]),
        resident=int(words[21]) * PAGE,
        state=words[0].decode(),
    )


def shared_once(pid: int) -> int | None:
    """Return a process's memory in bytes with its share of shared pages (PSS).

    None where it is gone, or another user's. The kernel walks all its page tables for it: a millisecond
    for some hundred megabytes.
    """
    found = SHARED_ONCE.search(_read(f"/proc/{pid}/smaps_rollup"))
    return int(found[1]) * 1024 if found else None


def moved(pid: int) -> tuple[int, int] | None:
    """Return the bytes that a process and its ended children read from and wrote to storage; None unknown."""
    found = dict(MOVED.findall(_read(f"/proc/{pid}/io")))
    return (int(found[b"read"]), int(found[b"write"])) if len(found) == 2 else None


def age(one: Process) -> float | None:
    """Return for how many seconds a process of /proc has run; None for one that `ps` told of."""
    if not one.started.isdigit() or not hasattr(time, "CLOCK_BOOTTIME"):
        return None
    return time.clock_gettime(time.CLOCK_BOOTTIME) - int(one.started) / TICKS


@dataclass
class Members:
    """Finds the processes of a group: those given, and all that descend from them, orphans too.

    An orphan is known by having been a member before, or by the session of a member that leads it. Who was
    seen to be a stranger is not looked at again for `ALL_AGAIN` looks, so that one look costs what the
    group has, not what the machine has.
    """

    _roots: dict[int, str] = field(default_factory=dict)
    _members: dict[int, str] = field(default_factory=dict)
    _strangers: set[int] = field(default_factory=set)
    _looks: int = 0

    def look(self, roots: Iterable[int]) -> dict[int, Process]:
        """Return the living processes of the group by id; `roots` are those that it began with.

        A root that ended and whose id another process got does not count, as long as it is still given.
        """
        wanted = set(roots)
        if wanted - self._roots.keys():
            # what it began before we heard of it was taken for a stranger's
            self._strangers.clear()
        found = self._told(wanted)
        self._roots = {pid: started for pid, started in self._roots.items() if pid in wanted}
        for pid in wanted & found.keys():
            self._roots.setdefault(pid, found[pid].started)
        known = {**self._members, **self._roots}
        members = {pid for pid, one in found.items() if known.get(pid) == one.started}
        leading = {pid for pid in members if found[pid].session == pid}
        leading |= {pid for pid in self._roots if pid not in found} & {one.session for one in found.values()}
        others = {pid for pid in self._roots.keys() & found.keys() if pid not in members}
        rest = {pid: one for pid, one in found.items() if pid not in members | others}
        grown = True
        while grown:
            joined = {pid for pid, one in rest.items() if one.parent in members or one.session in leading}
            grown = bool(joined)
            members |= joined
            leading |= {pid for pid in joined if found[pid].session == pid}
            for pid in joined:
                del rest[pid]
        self._members = {pid: found[pid].started for pid in members}
        self._strangers |= rest.keys()
        return {pid: found[pid] for pid in sorted(members)}

    def _told(self, wanted: set[int]) -> dict[int, Process]:
        """Return what is to be looked at now: members, roots, and whoever is new."""
        if sys.platform != "linux":
            return listed()
        if self._looks % ALL_AGAIN == 0:
            self._strangers.clear()
        self._looks += 1
        there = {int(name) for name in os.listdir("/proc") if name.isdigit()}
        self._strangers &= there
        looked = {pid: process(pid) for pid in there - (self._strangers - wanted)}
        return {pid: one for pid, one in looked.items() if one is not None}


def listed() -> dict[int, Process]:
    """Return all processes as `ps` tells them (POSIX's ps, with `lstart` of the BSDs); nothing without it."""
    if sys.platform == "win32":
        return {}
    plain = {**os.environ, "LC_ALL": "C"}
    with suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(PS, capture_output=True, timeout=PS_LIMIT, check=False, env=plain)
        return read_ps(done.stdout.decode("utf-8", "replace"))
    return {}


def read_ps(printed: str) -> dict[int, Process]:
    """Read what `PS` prints; lines that do not fit are passed over."""
    found = {}
    for line in printed.splitlines():
        match = PS_LINE.fullmatch(line)
        seconds = _seconds(match[5]) if match else None
        if match is None or seconds is None:
            continue
        pid, parent, group, resident = (int(match[number]) for number in range(1, 5))
        found[pid] = Process(pid, parent, group, match[6], seconds, 0.0, 1, resident * 1024)
    return found


def _seconds(written: str) -> float | None:
    """Return the seconds of `[[dd-]hh:]mm:ss[.cc]`."""
    match = RESERVED.fullmatch(written)
    if match is None:
        return None
    days, hours, minutes = (int(match[number] or 0) for number in range(1, 4))
    return days * 86400 + hours * 3600 + minutes * 60 + float(match[4].replace(",", "."))


def _read(path: str) -> bytes:
    """Return the beginning of a file of /proc; nothing where it is gone or closed to us."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return b""
    try:
        return os.read(handle, ENOUGH)
    except OSError:
        return b""
    finally:
        os.close(handle)
