"""Where the threads of a process stand: it is asked to write it, and the kernel is asked as well."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from .living import PROC, catches, members, send
from .ranks import ASKING

ANSWERING = 5.0
"""Seconds that a process gets to write its stacks: it may be short of processor time."""
ALL = 15.0
"""Seconds after which no more processes are asked."""
STEP = 0.02
STATUS = ("Name", "State", "Threads", "VmRSS", "voluntary_ctxt_switches")
THREADS = 64
OTHERS = 32
"""Processes that one has started (workers of its data loader) and that are asked too, at most."""


@dataclass(frozen=True)
class Asked:
    """A process that trains, the group that it is of, and the file for the stacks of both."""

    rank: int
    pid: int
    group: int
    file: Path


@dataclass(frozen=True)
class Dump:
    """What a process of a rank answered, empty if it didn't; `state` is the kernel's (`D (disk sleep)`)."""

    rank: int
    pid: int
    words: str
    state: str = ""


def write_stacks(asked: Sequence[Asked]) -> tuple[Dump, ...]:
    """Write where each process and all others of its group stand into its file; return what they answered.

    A process is signalled only if payload/watching is at work there: it opens the file and registers a
    handler that writes Python's stacks into it. Another process would be ended by the signal, or take it for
    something else. What the kernel tells of each (Linux) is put behind.
    """
    until = time.monotonic() + ALL
    dumps = _round([(one, one.pid) for one in asked])
    groups = [tuple(pid for pid in members(one.group) if pid != one.pid) for one in asked]
    listening = [
        [(one, pid) for pid in pids if _holds(pid, one.file)][:OTHERS]
        for one, pids in zip(asked, groups, strict=True)
    ]
    # one after the other where they share a file, else what they write would mingle
    for row in zip_longest(*listening):
        if time.monotonic() < until:
            dumps += _round([one for one in row if one is not None])
    for one, pids in zip(asked, groups, strict=True):
        told = "".join(f"\n{_told(pid)}" for pid in (one.pid, *pids))
        with suppress(OSError), one.file.open("a", encoding="utf-8") as out:
            out.write(told)
    return tuple(dumps)


def _round(asked: Sequence[tuple[Asked, int]]) -> list[Dump]:
    """Ask one process for each file."""
    sizes: dict[Path, int] = {}
    for one, pid in asked:
        if ASKING and one.file.exists() and catches(pid, _number()) is not False:
            with suppress(OSError), one.file.open("a", encoding="utf-8") as out:
                out.write(f"\nprocess {pid}, rank {one.rank}:\n")
            sizes[one.file] = _size(one.file)
            send(pid, _number())
    _await(sizes)
    return [
        Dump(one.rank, pid, _since(one.file, sizes[one.file]) if one.file in sizes else "", _state(pid))
        for one, pid in asked
    ]


def _number() -> int:
    return int(getattr(signal, ASKING))


def _holds(pid: int, file: Path) -> bool:
    """Return whether a process has the file open, for which the signal is meant."""
    try:
        wanted, folder = file.stat(), PROC / str(pid) / "fd"
        for entry in os.listdir(folder):
            with suppress(OSError):
                if os.path.samestat(os.stat(folder / entry), wanted):
                    return True
    except OSError:
        return False
    return False


def _await(sizes: dict[Path, int]) -> None:
    """Wait until each has written and stopped to, but not for long."""
    deadline = time.monotonic() + ANSWERING
    before: dict[Path, int] = {}
    while time.monotonic() < deadline:
        now = {file: _size(file) for file in sizes}
        if all(now[file] > sizes[file] and now[file] == before.get(file) for file in sizes):
            break
        before = now
        time.sleep(STEP)


def _since(file: Path, size: int) -> str:
    try:
        with file.open("rb") as read:
            read.seek(size)
            return read.read().decode("utf-8", "replace")
    except OSError:
        return ""


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


def _state(pid: int) -> str:
    status = _read(PROC / str(pid) / "status").splitlines()
    return next((line.partition(":")[2].strip() for line in status if line.startswith("State")), "")


def _told(pid: int) -> str:
    """Return what the kernel tells of a process: its state, and in what each of its threads waits."""
    folder = PROC / str(pid)
    words = _read(folder / "cmdline").replace("\0", " ").strip()
    if not folder.is_dir():
        return ""
    lines = [f"process {pid}: {words or _read(folder / 'comm').strip()}"]
    lines += [f"  {line}" for line in _read(folder / "status").splitlines() if line.startswith(STATUS)]
    with suppress(OSError):
        for thread in sorted(os.listdir(folder / "task"), key=int)[:THREADS]:
            lines += _thread(folder / "task" / thread)
    return "\n".join(lines) + "\n"


def _thread(folder: Path) -> list[str]:
    name, waits = _read(folder / "comm").strip(), _read(folder / "wchan").strip()
    call = _read(folder / "syscall").split(" ")[0].strip()
    lines = [f"  thread {folder.name} {name}: waits in {waits or '?'}, system call {call or '?'}"]
    # the kernel's own stack: for root only
    return [*lines, *(f"    {line}" for line in _read(folder / "stack").splitlines())]


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
