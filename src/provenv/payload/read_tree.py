"""Read a tree of files once: size, time and sha256 of each, and all of it made durable.

Sent to a place as one text (`python -I -S -`) with a last line `main(JOB)`. It decides nothing: what should
have been there is known at home. Python >= 3.6, standard library only.

A job is {"root", "workers", "unwatched", "sync", "above", "compiled"}: the folder, how many processes read,
the names of folders that are passed over, whether all is made durable, and the folders above whose names are
to last too. With `compiled` nothing is read: what imports have compiled is made durable, and that is all.

The answer is a line a file, in no order: size, time of change (ns), digest and path from the root, between
tabs. The digest is as in a RECORD: sha256, urlsafe base64 without padding. That of a link is `link:` and the
digest of what it says; of what is no file, `-`; of what cannot be read, `!` and the error's number. In a
path a backslash is `\\\\`, a newline `\\n`. The last line is `end`, how it was made durable (`whole`, `each`,
`not`) and the error's number where that failed, else 0.
"""

import base64
import errno
import hashlib
import os
import stat
import sys

WINDOWS = os.name == "nt"
CHUNK = 1 << 18
BATCH_FILES = 64
BATCH_BYTES = 4 << 20
BATCHES = 450  # and as many again: their tokens fit into the 4096 bytes that a pipe has at least
TOKEN = 4
SYNCING = 8
# more than this that others have yet to write, and a sync of the whole file system may wait for them
FOREIGN_DIRTY = 256 << 20
# where syncfs(2) makes data and names last: f_type of statfs(2), linux/magic.h; a FUSE is never told of it
WHOLE = {
    0xEF53: "ext",
    0x58465342: "xfs",
    0x9123683E: "btrfs",
    0xF2F52010: "f2fs",
    0x794C7630: "overlay",
    0x01021994: "tmpfs",
}


# -- what is there ----------------------------------------------------------------------------------------


def walk(root, unwatched):
    """Return (size, time, path, mode) of all that is no folder, the largest first; and the folders."""
    files, folders, left = [], [root], [root]
    while left:
        with os.scandir(left.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if entry.name not in unwatched:
                        left.append(entry.path)
                        folders.append(entry.path)
                    continue
                found = os.lstat(entry.path) if WINDOWS else entry.stat(follow_symlinks=False)
                files.append((found.st_size, found.st_mtime_ns, entry.path, found.st_mode))
    files.sort(reverse=True)
    return files, folders


def batches(files):
    """Return shares of the sorted files as (first, last): few large files or many small ones."""
    most = max(BATCH_FILES, len(files) // BATCHES)
    largest = max(BATCH_BYTES, sum(entry[0] for entry in files) // BATCHES)
    shares, first, total = [], 0, 0
    for place, entry in enumerate(files):
        total += entry[0]
        if total >= largest or place + 1 - first >= most:
            shares.append((first, place + 1))
            first, total = place + 1, 0
    if first < len(files):
        shares.append((first, len(files)))
    return shares


# -- what is in it ----------------------------------------------------------------------------------------


def coded(digest):
    return base64.urlsafe_b64encode(digest).rstrip(b"=")


def digest(path, mode, buffer):
    """Return the digest of what lies at `path`, read through `buffer`."""
    if stat.S_ISLNK(mode):
        return b"link:" + coded(hashlib.sha256(os.fsencode(os.readlink(path))).digest())
    if not stat.S_ISREG(mode):
        return b"-"
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0))
    try:
        content = os.read(handle, CHUNK)
        value = hashlib.sha256(content)
        if len(content) == CHUNK:
            with open(handle, "rb", buffering=0, closefd=False) as file:
                count = file.readinto(buffer)
                while count:
                    value.update(buffer[:count])
                    count = file.readinto(buffer)
    finally:
        os.close(handle)
    return coded(value.digest())


def told(entry, root, buffer):
    """Return the line of one file."""
    size, time, path, mode = entry
    try:
        found = digest(path, mode, buffer)
    except OSError as error:
        found = b"!%d" % (error.errno or 0)
    name = os.fsencode(path)[root:].replace(b"\\", b"/" if WINDOWS else b"\\\\").replace(b"\n", b"\\n")
    return b"%d\t%d\t%s\t%s\n" % (size, time, found, name)


def read_share(files, root):
    """Return the lines of some files."""
    buffer = memoryview(bytearray(CHUNK))
    return b"".join([told(entry, root, buffer) for entry in files])


# -- by several at once -----------------------------------------------------------------------------------


def write_all(handle, content):
    view = memoryview(content)
    while view:
        view = view[os.write(handle, view) :]


def child(files, shares, root, work, answer):
    """Take one share after another until there is none; never return."""
    code = 1
    try:
        while True:
            token = os.read(work, TOKEN)
            if not token:
                break
            first, last = shares[int.from_bytes(token, "little")]
            write_all(answer, read_share(files[first:last], root))
        code = 0
    finally:
        os._exit(code)


def collect(answers):
    """Return what comes through all of the pipes, until each is closed."""
    import selectors

    parts = {}
    with selectors.DefaultSelector() as waiting:
        for answer in answers:
            parts[answer] = []
            waiting.register(answer, selectors.EVENT_READ)
        while waiting.get_map():
            for key, _ in waiting.select():
                part = os.read(key.fd, 1 << 16)
                if part:
                    parts[key.fd].append(part)
                else:
                    waiting.unregister(key.fd)
                    os.close(key.fd)
    return [b"".join(each) for each in parts.values()]


def read_in_children(files, root, workers, meanwhile):
    """Read in forked processes; `meanwhile` runs here once they have begun."""
    shares = batches(files)
    work, fill = os.pipe()
    answers, children = [], []
    for _ in range(min(workers, len(shares))):
        mine, theirs = os.pipe()
        started = os.fork()
        if not started:
            os.close(fill)
            child(files, shares, root, work, theirs)
        os.close(theirs)
        answers.append(mine)
        children.append(started)
    os.close(work)
    # the pipe takes all of it at once: `batches` sees to that
    write_all(fill, b"".join(number.to_bytes(TOKEN, "little") for number in range(len(shares))))
    os.close(fill)
    meanwhile()
    parts = collect(answers)
    ended = [os.waitpid(one, 0)[1] for one in children]
    if any(ended):
        raise SystemExit(1)
    return parts


def read_here(files, root, workers, meanwhile):
    """Read in threads, where there is no fork."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(workers) as pool:
        reading = [pool.submit(read_share, files[first:last], root) for first, last in batches(files)]
        meanwhile()
        return [one.result() for one in reading]


# -- made durable -----------------------------------------------------------------------------------------


def waiting_bytes():
    """Return how much the whole machine has yet to write."""
    total = 0
    with open("/proc/meminfo", "rb") as file:
        for line in file:
            if line.startswith((b"Dirty:", b"Writeback:")):
                total += int(line.split()[1]) << 10
    return total


def sync_whole(folder, size):
    """Make all of a file system durable by one call; return False where that is not to be had, or not wise.

    Each fsync flushes the disk's own cache, 18,000 of them for seconds; this does it once. Raises OSError.
    """
    if not sys.platform.startswith("linux") or waiting_bytes() > size + FOREIGN_DIRTY:
        return False
    import ctypes

    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, "syncfs") or not hasattr(library, "fstatfs"):
        return False
    handle = os.open(folder, os.O_RDONLY)
    try:
        about = (ctypes.c_long * 32)()
        if library.fstatfs(handle, about) or (about[0] & 0xFFFFFFFF) not in WHOLE:
            return False
        if library.syncfs(handle):
            number = ctypes.get_errno()
            if number == errno.ENOSYS:
                return False
            raise OSError(number, os.strerror(number))
    finally:
        os.close(handle)
    return True


def sync_one(path, folder=False):
    """Make one file's content, or one folder's names, durable. Raises OSError."""
    how = os.O_RDWR | os.O_BINARY if WINDOWS else os.O_RDONLY | os.O_NOFOLLOW
    try:
        handle = os.open(path, how)
    except PermissionError:
        return  # it cannot be opened by us, so nor did we write it: the system writes it back in its time
    try:
        os.fsync(handle)
    except OSError as error:
        if not folder or error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(handle)


def sync_each(files, folders):
    """Make every file and folder durable; many small waits overlap in threads. Raises OSError."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(SYNCING) as pool:
        paths = [path for _, _, path, mode in files if stat.S_ISREG(mode)]
        for _ in pool.map(sync_one, paths, chunksize=64):
            pass
        if not WINDOWS:
            # names after what they name
            for _ in pool.map(lambda path: sync_one(path, True), folders, chunksize=64):
                pass
    if sys.platform == "darwin" and paths:
        import fcntl

        handle = os.open(paths[0], os.O_RDONLY)
        try:
            fcntl.fcntl(handle, fcntl.F_FULLFSYNC)  # fsync alone leaves it in the disk's own cache there
        finally:
            os.close(handle)


def durable(folder, size, listed):
    """Make what lies below `folder` last; return how, and the error's number.

    `listed` returns the files and folders, for where one call does not do for all.
    """
    try:
        if sync_whole(folder, size):
            return "whole", 0
        sync_each(*listed())
    except OSError as error:
        return "each", error.errno or errno.EIO
    return "each", 0


def compiled(root):
    """Return what imports have compiled below `root`. No folder is among it: a lost name is no harm."""
    files = []
    for parent, _, names in os.walk(root, onerror=raised):
        if os.path.basename(parent) == "__pycache__":
            paths = [os.path.join(parent, name) for name in names]
            files += [(0, 0, path, os.lstat(path).st_mode) for path in paths]
    return files, []


def raised(error):
    raise error


# ---------------------------------------------------------------------------------------------------------


def main(job):
    root = job["root"]
    if job["compiled"]:
        answer = durable(root, 0, lambda: compiled(root))
        write_all(1, b"end\t%s\t%d\n" % (answer[0].encode(), answer[1]))
        return
    files, folders = walk(root, set(job["unwatched"]))
    answer = "not", 0

    def sync():
        nonlocal answer
        size = sum(entry[0] for entry in files)
        answer = durable(root, size, lambda: (files, folders + job["above"]))

    read = read_in_children if hasattr(os, "fork") else read_here
    start = len(os.fsencode(root)) + 1
    parts = read(files, start, max(1, job["workers"]), sync if job["sync"] else lambda: None)
    for part in parts:
        write_all(1, part)
    write_all(1, b"end\t%s\t%d\n" % (answer[0].encode(), answer[1]))
