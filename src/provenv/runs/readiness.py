"""Looks at the place where a run is about to begin: memory, disk, limits, ports, GPUs, the folder's clock."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from ..facts.raw import whole
from ..model.facts import Facts
from ..model.resources import Earlier, Readiness, Taken, Wanted
from .control_groups import folders, read_text
from .gpus import Told, ask, found, visible
from .memory_left import Memory, memory_files
from .processes import process
from .sampling import SHM, space

if sys.platform != "win32":
    import resource

GPU_LIMIT = 5.0
UNLIMITED = 1 << 31
HELD = 256 << 20
"""Bytes on a GPU that a desktop's programs may hold without being in the way."""


def look(
    folder: Path,
    wanted: Wanted,
    *,
    environment: Mapping[str, str],
    facts: Facts | None = None,
    earlier: Earlier | None = None,
) -> Readiness:
    """Return the state of the place for a run that writes to `folder`; `facts` are the generation's.

    It takes milliseconds, and at most a few seconds where a GPU's tool hangs. Nothing is left behind.
    """
    memory = memory_files().read() or Memory()
    shm_total, shm_free = space(SHM) if sys.platform == "linux" else (None, None)
    refusal, skew = _written(folder)
    soft, hard, tasks_limit = _limits()
    tasks, limit = _tasks(tasks_limit)
    taken, tool = _gpus(environment) if wanted.gpus else ((), "")
    return Readiness(
        folder=str(folder),
        system="darwin" if sys.platform == "darwin" else "windows" if sys.platform == "win32" else "linux",
        container=facts.container.kind if facts else "",
        writable=not refusal,
        refusal=refusal,
        shm_total=shm_total,
        shm_free=shm_free,
        memory_total=memory.total,
        memory_granted=memory.granted,
        memory_left=memory.left,
        disk_free=space(folder)[1],
        open_files=soft,
        open_files_hard=hard,
        tasks=tasks,
        tasks_limit=limit,
        cores=(facts.cpu.granted if facts else 0.0) or float(os.cpu_count() or 1),
        ports_taken=tuple(port for port in wanted.ports if not _is_free(port)),
        gpus_taken=taken,
        gpu_tool=tool,
        skew=skew,
        now=time.time(),
        earlier=earlier or Earlier(),
    )


def _written(folder: Path) -> tuple[str, float | None]:
    """Return why a file can't be written to a folder (empty: it can), and how far its clock is ahead."""
    trial = folder / f".provenv-{uuid.uuid4().hex[:12]}"
    try:
        handle = os.open(trial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        return error.strerror or str(error), None
    try:
        before = time.time()
        os.write(handle, b"provenv\n")
        told, after = os.fstat(handle).st_mtime, time.time()
    except OSError as error:
        return error.strerror or str(error), None
    finally:
        os.close(handle)
        with suppress(OSError):
            os.unlink(trial)
    # the kernel's own stamps lag by up to a tick
    return "", min(0.0, told - before) + max(0.0, told - after)


def _limits() -> tuple[int | None, int | None, int | None]:
    """Return the soft and hard limit of open files, and that of processes; None is unlimited or unknown."""
    if sys.platform == "win32":
        return None, None, None
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _finite(soft), _finite(hard), _finite(resource.getrlimit(resource.RLIMIT_NPROC)[0])


def _finite(limit: int) -> int | None:
    return None if limit < 0 or limit >= UNLIMITED else limit


def _is_free(port: int) -> bool:
    """Tell whether a program could listen at a port, on all addresses."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
        if sys.platform != "win32":
            # else the last run's closed connections would seem to hold it
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("", port))
            trial.listen(1)
        except PermissionError:
            return True
        except OSError:
            return False
    return True


def _tasks(limit: int | None) -> tuple[int, int | None]:
    """Return how many processes and threads count against the nearest limit, and that limit."""
    if sys.platform != "linux":
        return 0, limit
    limits: list[tuple[int, int]] = []
    for _, group in folders("pids", "pids.max", "pids.max"):
        most, now = whole(read_text(f"{group}/pids.max")), whole(read_text(f"{group}/pids.current"))
        if most is not None and now is not None:
            limits.append((now, most))
    # the superuser is not held to it (setrlimit(2), RLIMIT_NPROC)
    if limit is not None and os.geteuid() != 0:
        limits.append((_own_tasks(), limit))
    return min(limits, key=lambda one: one[1] - one[0], default=(0, None))


def _own_tasks() -> int:
    user, count = os.getuid(), 0
    for name in os.listdir("/proc"):
        if name.isdigit():
            with suppress(OSError):
                if os.stat(f"/proc/{name}").st_uid == user:
                    told = process(int(name))
                    count += told.threads if told else 0
    return count


def _gpus(environment: Mapping[str, str]) -> tuple[tuple[Taken, ...], str]:
    """Return what holds memory of the GPUs that the run would see, and the tool that told it."""
    tool = found(environment)
    if tool is None:
        return (), ""
    return tuple(taken(ask(tool, lambda words: _run(words, environment)), environment)), tool.program


def _run(words: Sequence[str], environment: Mapping[str, str]) -> str:
    with suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(words, capture_output=True, timeout=GPU_LIMIT, check=False, env=environment)
        return done.stdout.decode("utf-8", "replace")
    return ""


def taken(told: Told, environment: Mapping[str, str]) -> Iterator[Taken]:
    """Yield who holds much of a visible device; without a name where the tool sees no processes."""
    for card in visible(told.cards, environment):
        holders = [one for one in told.held if one.device in (str(card.index), card.uuid)]
        for one in holders:
            # WSL and Windows tell who, not how much
            if one.memory >= HELD or not one.memory:
                yield Taken(card.index, one.pid, os.path.basename(one.name), one.memory)
        if not holders and card.used >= max(HELD, card.total // 10):
            yield Taken(card.index, 0, "", card.used)
