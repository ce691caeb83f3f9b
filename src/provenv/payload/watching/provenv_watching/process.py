"""Decides which process of a run writes, and appends its lines to the run's file.

A rank may have many Python processes: a launcher, the training itself, workers that load data, tools. All
of them come here, one writes: the first one, until some other one trains. That one takes the place, once, by
a lock that ends with its process; workers never train and so never write.

    first      holds the first byte of FILE.lock: writes what is no training (begin, beats, seeds)
    candidate  any other: keeps its lines until it trains, and drops them if it may not
    writer     holds the second byte: it trains
    off        writes nothing any more
"""

import os
import sys
import time

from .lines import line

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

KEPT = 64
FIRST, TRAINS = 0, 1
HIGH = 200  # a script that closes what it inherited stops before this descriptor, as a rule


class Process:
    """This process, and where it stands."""

    def __init__(self):
        self.path = ""
        self.role = "off"
        self.kept = []
        self.lock = -1
        self.inode = None
        self.torn = False
        self.noted = set()
        self.began = time.perf_counter()
        self.on_claim = []
        self.on_end = []
        self.on_fork = []
        self.forked = False
        self.ended = False


THIS = Process()


def begin(path):
    """Take a role; the first process of a run writes its `begin` at once."""
    import atexit

    THIS.path = path
    THIS.role = "first" if _held(FIRST) else "candidate"
    if THIS.role == "first":
        _append(_begin_line())
    atexit.register(_end)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_forked)


def emit(*lines, training=True):
    """Write lines; those of a training make their process the writer, if no other one is."""
    if THIS.role == "off":
        return
    if THIS.role == "candidate" and not training:
        if len(THIS.kept) < KEPT:
            THIS.kept += lines
        return
    if training and THIS.role != "writer" and not claim():
        return
    _append(*lines)


def claim():
    """Become the writer; return whether this process is it."""
    if THIS.role in ("off", "writer"):
        return THIS.role == "writer"
    was = THIS.role
    if not _may_train() or not _held(TRAINS):
        THIS.role, THIS.kept = "off", []
        return False
    THIS.role = "writer"
    if was == "candidate":
        kept, THIS.kept = THIS.kept, []
        _append(_begin_line(), *kept)
    for act in THIS.on_claim:
        act()
    _end_as_a_child()
    return True


def note(words):
    """Write what could not be seen, once."""
    if words not in THIS.noted and len(THIS.noted) < KEPT:
        THIS.noted.add(words)
        emit(line("note", text=words), training=False)


def failed(what, error):
    """Note that a hook failed and was taken off."""
    note(f"{what}: no longer watched: {type(error).__name__}: {error}")


def silent():
    """Return whether this process leaves the word to another one, that trains or did."""
    if THIS.role == "first":
        return _trainer() not in (0, os.getpid())
    return THIS.role != "writer"


def _begin_line():
    ranked = os.environ.get("RANK", "0"), os.environ.get("WORLD_SIZE", "1")
    rank, world = (int(one) if one.isdigit() else None for one in ranked)
    python = ".".join(map(str, sys.version_info[:3]))
    argv = list(getattr(sys, "orig_argv", ()))[1:]
    return line("begin", pid=os.getpid(), python=python, argv=argv, rank=rank, world=world)


def _append(*lines):
    """Append whole lines by one write.

    The file is opened each time: a script that closes all descriptors and opens its own would else find our
    lines in its file.
    """
    data = "".join(lines).encode("ascii")
    if THIS.torn:
        data = b"\n" + data
    try:
        opened = os.open(THIS.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            THIS.torn = os.write(opened, data) < len(data)
        finally:
            os.close(opened)
    except FileNotFoundError:  # the record was removed
        THIS.role = "off"
    except OSError:  # a full disk: it may have room again by the next line
        pass


def _held(byte):
    """Take one byte of the lock; return whether we have it. Where nothing can be locked, we do."""
    if fcntl is None:
        return byte == TRAINS or not os.path.exists(THIS.path)
    try:
        _open_lock()
        fcntl.lockf(THIS.lock, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:  # a file system without locks
        return True
    try:
        if byte == FIRST:
            os.ftruncate(THIS.lock, 0)
            os.pwrite(THIS.lock, f"{os.getpid()} {_rank()}\n".encode(), 0)
        else:
            os.pwrite(THIS.lock, f"{os.getpid()}\n".encode(), os.fstat(THIS.lock).st_size)
    except OSError:
        pass
    return True


def _open_lock():
    if THIS.lock >= 0 and _inode(THIS.lock) == THIS.inode:
        return
    opened = os.open(THIS.path + ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    THIS.lock = fcntl.fcntl(opened, fcntl.F_DUPFD_CLOEXEC, HIGH)
    os.close(opened)
    THIS.inode = _inode(THIS.lock)


def _inode(descriptor):
    try:
        told = os.fstat(descriptor)
    except OSError:  # the script has closed it
        return None
    return told.st_dev, told.st_ino


def _told():
    """Return what is written in the lock: the first process and its rank, then who trained.

    Read through the descriptor that holds the lock: to close any other one of the file would let go of it.
    """
    try:
        _open_lock()
        return [row.split() for row in os.pread(THIS.lock, 4096, 0).decode("ascii").splitlines() if row]
    except (OSError, ValueError):
        return []


def _trainer():
    rows = _told()
    return int(rows[-1][0]) if len(rows) > 1 and rows[-1][0].isdigit() else 0


def _rank():
    """Return which rank this process says that it is, `-` if none."""
    distributed = sys.modules.get("torch.distributed")
    try:
        if distributed is not None and distributed.is_available() and distributed.is_initialized():
            return str(distributed.get_rank())
    except (AttributeError, RuntimeError, ValueError):
        pass
    return os.environ.get("RANK") or os.environ.get("LOCAL_RANK") or "-"


def _may_train():
    """Return whether a training here is what the file is about: the first process's rank, or rank 0."""
    if THIS.role == "first":
        return True
    rows, rank = _told(), _rank()
    first = rows[0][1] if rows and len(rows[0]) > 1 else "-"
    return rank == first or (first == "-" and rank == "0") or (rank == "-" and first != "-")


def _forked():
    """Begin anew in a forked child: what the parent holds and counts is not the child's."""
    # the parent keeps its lock: these locks are a process's own. The descriptor is left open: the script may
    # have closed it and got the same number for a file of its own
    THIS.lock, THIS.kept, THIS.noted, THIS.torn = -1, [], set(), False
    THIS.forked, THIS.ended = True, False
    if THIS.path:
        THIS.role = "candidate"
    for act in THIS.on_fork:
        act()


def _end_as_a_child():
    """Have multiprocessing call our end: its forked processes end without what `atexit` has."""
    util = sys.modules.get("multiprocessing.util")
    if THIS.forked and util is not None:
        util.Finalize(None, _end, exitpriority=0)


# what can't be counted from outside: who computes so, and why nothing was seen of it
UNSEEN = {
    "jax": "steps of JAX: compiled functions can't be counted from outside",
    "tensorflow": "steps of TensorFlow: a training loop of one's own can't be counted from outside",
}


def _end():
    if THIS.ended or silent():
        return
    THIS.ended = True
    try:
        for act in THIS.on_end:
            act()
        value = getattr(sys, "last_value", None)
        words = None if value is None else f"{type(value).__name__}: {value}"
        progress = sys.modules.get(__package__ + ".progress")
        steps = progress.STEPS.n if progress else 0
        for name, unseen in UNSEEN.items():
            if not steps and name in sys.modules:
                note(unseen + "; what it logs to TensorBoard, MLflow or Weights & Biases is seen")
        emit(line("end", exception=words, n=steps), training=False)
    except Exception as error:
        failed("end", error)
