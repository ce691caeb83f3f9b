"""What the machine itself refuses (room, permission, memory, locks) told as a problem with its remedy."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable

from ..errors import Exit, Failure, Hint, Problem, problem, text, verbatim

NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
NOT_ALLOWED = (errno.EACCES, errno.EPERM)
# what NFS without a lock service, some cluster file systems and FUSE answer to flock(2)
NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL)
BROKEN_DISK = (errno.EIO, errno.ENXIO, errno.ENODEV, getattr(errno, "ESTALE", errno.EIO))
LIMITS = {
    errno.EMFILE: ("files", "ulimit -n 4096"),
    errno.ENFILE: ("all_files", ""),
    errno.EFBIG: ("size", "ulimit -f unlimited"),
    errno.ENOMEM: ("memory", "ulimit -v unlimited"),
    errno.EAGAIN: ("processes", "ulimit -u unlimited"),
}
NO_ADDRESSES = "failed to map segment"
"""glibc's words where a library finds no room in the address space (also on a disk mounted noexec)."""
NO_THREAD = "can't start new thread"
"""CPython's words where pthread_create fails: a limit of memory or of processes."""


def refused(error: BaseException, path: str | None = None) -> Failure | None:
    """Return the failure that an error of the operating system is, or None where it is none of its refusals.

    `path` is what was worked on, where the error does not say so itself. Exit code 4 where a
    permission is missing, else 1.
    """
    if isinstance(error, MemoryError) or (isinstance(error, ImportError) and NO_ADDRESSES in str(error)):
        return _limit("memory", "ulimit -v unlimited")
    if isinstance(error, RuntimeError) and NO_THREAD in str(error):
        return _limit("threads", "ulimit -v unlimited")
    if not isinstance(error, OSError) or error.errno is None:
        return None
    shown = _shown(error, path)
    if error.errno in LIMITS:
        return _limit(*LIMITS[error.errno])
    for numbers, tell in _TELLERS:
        if error.errno in numbers:
            denied = error.errno in (*NOT_ALLOWED, errno.EROFS)
            return Failure(tell(shown), exit_code=Exit.DENIED if denied else Exit.FAILED)
    return None


def unlockable(error: OSError, path: str) -> Failure:
    """Return the failure of a file that could not be locked."""
    if error.errno in NO_LOCKS:
        return Failure(_no_locks(path, error))
    return refused(error, path) or Failure(_no_locks(path, error))


def _limit(what: str, command: str) -> Failure:
    hints = (Hint(text("PV463.hint"), command),) if command else ()
    return Failure(problem("PV463", why=text(f"PV463.{what}"), hints=hints))


def _no_room(path: str) -> Problem:
    hints = (Hint(text("PV460.hint_gc"), "provenv gc"), Hint(text("PV460.hint")))
    try:
        free = shutil.disk_usage(_there(path)).free
    except OSError:
        return problem("PV460", path=path, hints=hints)
    return problem("PV460", path=path, why=text("PV460.why", free_bytes=free), hints=hints)


def _read_only(path: str) -> Problem:
    return problem("PV461", path=path, hints=(Hint(text("PV461.hint")),))


def _not_allowed(path: str) -> Problem:
    return problem("PV462", path=path, hints=(Hint(text("PV462.hint")),))


def _no_locks(path: str, error: OSError) -> Problem:
    hints = (Hint(text("PV464.hint")), Hint(text("PV464.hint_move")))
    return problem("PV464", path=path, why=verbatim(error.strerror or str(error)), hints=hints)


def _broken(path: str) -> Problem:
    return problem("PV465", path=path, hints=(Hint(text("PV465.hint")),))


_TELLERS: tuple[tuple[tuple[int, ...], Callable[[str], Problem]], ...] = (
    (NO_ROOM, _no_room),
    ((errno.EROFS,), _read_only),
    (NOT_ALLOWED, _not_allowed),
    (BROKEN_DISK, _broken),
)


def _shown(error: OSError, path: str | None) -> str:
    # a rename is told by where it should have led
    told = error.filename2 or error.filename
    name = told if isinstance(told, (str, bytes)) else None
    return os.fsdecode(name) if name is not None else path or os.curdir


def _there(path: str) -> str:
    """Return the nearest folder above that exists."""
    whole = os.path.abspath(path)
    while not os.path.exists(whole) and os.path.dirname(whole) != whole:
        whole = os.path.dirname(whole)
    return whole
