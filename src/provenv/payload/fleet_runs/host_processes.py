"""Processes of this host: by proc(5) where there is one, by what can be signalled elsewhere."""

import glob
import os
import shutil
import signal
from contextlib import suppress


def send(by, pid, number):
    """Signal a process, or with `os.killpg` its group, where it is there."""
    with suppress(OSError):
        by(pid, number)


def state_of(pid):
    """Return the state of a process, and with what code it has ended, by proc(5)."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return "", None
    status = int(fields[-1])
    code = -(status & 0x7F) if status & 0x7F else status >> 8
    return fields[0].decode(), code


def members(group):
    """Return the processes of a group that live; without /proc those that can be signalled count."""
    if not os.path.isdir("/proc/self"):
        try:
            os.killpg(group, 0)
        except OSError:
            return []
        return [group]
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    state, _parent, its_group, *_ = file.read().rpartition(b")")[2].split()
            except (OSError, ValueError):
                continue
            if int(its_group) == group and state not in (b"Z", b"X"):
                found.append(int(name))
    return found


def catches(pid, number):
    """Tell whether a process has a handler for a signal (SigCgt, proc(5))."""
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.startswith("SigCgt:"):
                    return bool(int(line.split()[1], 16) >> (number - 1) & 1)
    except OSError:
        pass
    return False


def kill_marked(start):
    """Kill every process that was started with this folder, by its words or its variables; not ourselves."""
    folder = os.fsencode(start)
    mark = b"PROVENV_RUN_SEEN=" + folder
    if not os.path.isdir("/proc/self"):
        return
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) == os.getpid():
            continue
        with suppress(OSError):
            words = [*_words(f"/proc/{name}/environ"), *_words(f"/proc/{name}/cmdline")]
            if any(word.startswith((mark, folder)) for word in words):
                os.kill(int(name), signal.SIGKILL)


def _words(path):
    with open(path, "rb") as file:
        return file.read().split(b"\0")


def sweep(start):
    """End what an agent that was killed has left here, and its folders, whose names begin so."""
    kill_marked(start)
    for path in glob.glob(glob.escape(start) + "*"):
        shutil.rmtree(path, ignore_errors=True)
