"""Is a checkpoint whole after its writer was killed? A child saves in a loop and is killed while it writes.

Saved as it should be: to another name, flushed to the disk, then renamed.
"""

import os
import signal
import subprocess
import sys
import time

import torch

ROUNDS, AT_LEAST, LAST = 3, 2, 100000


def state(step):
    """Return the training state that belongs to a step; any process can compute it again."""
    generator = torch.Generator().manual_seed(step)
    weights = {"layer%d" % i: torch.randn(128, 256, generator=generator) for i in range(4)}
    return {
        "step": step,
        "model": weights,
        "optimizer": {"momentum": weights["layer0"] * 0.5, "lr": 0.1},
        "generator": generator.get_state(),
    }


def save(step, folder):
    path = os.path.join(folder, "step-%06d.pt" % step)
    with open(path + ".partial", "wb") as file:
        torch.save(state(step), file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(path + ".partial", path)


def save_forever(folder, first):
    parent = os.getppid()
    for step in range(first, LAST):
        save(step, folder)
        older = os.path.join(folder, "step-%06d.pt" % (step - 3))
        if os.path.exists(older):
            os.unlink(older)
        if os.getppid() != parent:
            break  # whoever was to end this is gone
    os._exit(0)


def complete(folder):
    return sorted(name for name in os.listdir(folder) if name.endswith(".pt"))


def equal(a, b):
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(equal(a[key], b[key]) for key in a)
    if isinstance(a, torch.Tensor):
        return isinstance(b, torch.Tensor) and a.dtype == b.dtype and torch.equal(a, b)
    return a == b


def start(folder, first):
    """Return the process id of a child that saves, and how to ask whether it is over."""
    if sys.platform.startswith("linux"):
        pid = os.fork()
        if pid == 0:
            save_forever(folder, first)
        return pid, lambda: os.waitpid(pid, os.WNOHANG)[0] != 0, lambda: os.waitpid(pid, 0)
    process = subprocess.Popen([sys.executable, "-I", os.path.abspath(__file__), folder, str(first)])
    return process.pid, lambda: process.poll() is not None, process.wait


def run(options):
    folder, rounds, first = options["scratch"], [], 1
    for _ in range(ROUNDS):
        pid, over, wait = start(folder, first)
        deadline = time.monotonic() + options["wait"]
        ended = in_the_middle = False
        while time.monotonic() < deadline and not ended and not in_the_middle:
            names = os.listdir(folder)
            steps = [int(name[5:11]) for name in names if name.endswith(".pt")]
            partial = [name for name in names if name.endswith(".partial")]
            in_the_middle = bool(partial) and bool(steps) and max(steps) >= first + AT_LEAST - 1
            ended = not in_the_middle and over()
        if not ended:
            os.kill(pid, signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
            wait()
        entry = {"partial": sum(name.endswith(".partial") for name in os.listdir(folder)), "ended": ended}
        names = complete(folder)
        if names:
            entry["newest"] = names[-1]
            step = int(names[-1][5:11])
            try:
                loaded = torch.load(os.path.join(folder, names[-1]), map_location="cpu", weights_only=True)
                entry["equal"] = equal(loaded, state(step))
            except Exception as error:  # a torn file shows as one of many errors
                entry["error"] = "%s: %s" % (type(error).__name__, error)
            first = step + 1
        rounds.append(entry)
        for name in os.listdir(folder):
            if name.endswith(".partial"):
                os.unlink(os.path.join(folder, name))
    return {"rounds": rounds, "saved": first - 1}


if __name__ == "__main__" and len(sys.argv) == 3:
    save_forever(sys.argv[1], int(sys.argv[2]))
