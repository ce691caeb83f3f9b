"""One process of the training on this host: who it is, its pipes and its files."""

import os
import time

from host_processes import members


class Rank:
    """One process of the training on this host."""

    def __init__(self, folder, local):
        self.local = local
        self.pid = 0
        self.rank = None
        self.child = None
        self.over = False
        self.code = None
        self.began = time.monotonic()
        self.speakers = []
        self.seen = os.path.join(folder, f"{local}.jsonl")
        self.stacks = os.path.join(folder, f"{local}.stacks")
        self.seen_at = self.stacks_at = 0
        self.pipes = {}
        for stream, name in ((1, "out"), (2, "err")):
            path = os.path.join(folder, f"{local}.{name}")
            os.mkfifo(path, 0o600)
            # held for writing too: it never ends while somebody may still come
            self.pipes[stream] = os.open(path, os.O_RDWR | os.O_NONBLOCK)

    def lives(self):
        """Tell whether anything of its group lives."""
        return bool(self.pid) and bool(members(self.pid))

    def speaker(self):
        """Return the process that trains: the first that told of itself and lives, or the one we started."""
        for pid in self.speakers:
            try:
                if os.getpgid(pid) == self.pid:
                    return pid
            except OSError:
                pass
        return self.pid


def new_lines(path, name, holder):
    """Return the whole lines of a file that were written since."""
    at = getattr(holder, name)
    try:
        with open(path, "rb") as file:
            file.seek(at)
            content = file.read(1 << 20)
    except OSError:
        return []
    whole, newline, _ = content.rpartition(b"\n")
    if not newline:
        return []
    setattr(holder, name, at + len(whole) + 1)
    return whole.split(b"\n")
