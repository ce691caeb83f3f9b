"""Where a thread stands, from what `faulthandler` writes: the line of its own code, what that waits in."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["collective", "backward", "loader", "idle", "lock", "queue", "network", "child", "call", "own"]
"""What a thread waits in: a collective; a backward pass (which holds those of DDP); the data loader's next
batch; as its worker, the next task; a lock or a thread; a queue; an answer from the network; a program that
it started; another function of a library; nothing but its own code."""

_FRAME = re.compile(r'^  File "(?P<file>.*)", line (?P<line>\d+|\?\?\?) in (?P<function>.*)$')
_THREAD = re.compile(r"^(?:Current thread|Thread) 0x")
_ESCAPED = re.compile(r"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8}))")
_NOT_OWN = re.compile(
    r"(?:^|/)(?:(?:site|dist)-packages|lib(?:64)?/python3\.\d+t?|provenv_watching)/|^<(?!string|stdin)|/multiprocessing-fork$"
)
_COLLECTIVE = re.compile(r"/(?:torch/distributed|horovod)/|/torch/nn/parallel/distributed\.py$")
_NAMED = re.compile(r"/torch/distributed/(?:distributed_c10d|_functional_collectives)\.py$|/horovod/")
_BACKWARD = re.compile(r"/torch/(?:_tensor|autograd/graph|autograd/__init__)\.py$")
_LOADER = re.compile(r"/torch/utils/data/dataloader\.py$")
_WORKER = re.compile(r"/torch/utils/data/_utils/worker\.py$")
_KINDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("network", re.compile(r"/(?:socket|ssl)\.py$|/(?:http|urllib|urllib3|requests|httpx|httpcore)/")),
    ("child", re.compile(r"/subprocess\.py$|/multiprocessing/popen_\w+\.py$")),
    ("queue", re.compile(r"/(?:queue|selectors)\.py$|/multiprocessing/(?:queues|connection)\.py$")),
    ("lock", re.compile(r"/(?:threading|logging/__init__)\.py$|/multiprocessing/synchronize\.py$")),
)


@dataclass(frozen=True)
class Frame:
    """A line of a stack: file, line, function."""

    file: str
    line: str
    function: str


@dataclass(frozen=True)
class Stand:
    """Where a thread stands: the place (`file:line`) and function of its own code, and the call made there.

    `call` is the function that does not return, empty where the own code itself is at it. `worker` says that
    it is a data loader's worker.
    """

    place: str
    function: str
    kind: Kind
    call: str = ""
    worker: bool = False


def main_thread(dumped: str) -> tuple[Frame, ...]:
    """Return the stack of a process's first thread, innermost frame first; `faulthandler` writes it last."""
    frames: list[Frame] = []
    for line in dumped.splitlines():
        if _THREAD.match(line):
            frames.clear()
        elif found := _FRAME.match(line):
            file = _ESCAPED.sub(lambda one: chr(int(one[1] or one[2] or one[3], 16)), found["file"])
            frames.append(Frame(file.replace("\\\\", "\\"), found["line"], found["function"]))
    return tuple(frames)


def stand(frames: tuple[Frame, ...], folder: str) -> Stand | None:
    """Return where a thread stands; paths below `folder` are told from there. None where it has no frames."""
    # what watches stands in between, and is nobody's call
    frames = tuple(one for one in frames if "/provenv_watching/" not in one.file)
    if not frames:
        return None
    own = next((at for at, one in enumerate(frames) if not _NOT_OWN.search(one.file)), None)
    if own is None:
        own = len(frames) - 1
    worker = any(_WORKER.search(one.file) for one in frames)
    below = frames[:own]
    kind, call = _waits(below)
    # a worker without a frame of its own code has no task
    if worker and not any(one.function == "fetch" for one in frames):
        kind = "idle"
    here = frames[own]
    return Stand(f"{_shown(here.file, folder)}:{here.line}", here.function, kind, call, worker)


def _waits(below: tuple[Frame, ...]) -> tuple[Kind, str]:
    """Return in what the frames that the own code called (innermost first) wait, and its name."""
    if not below:
        return "own", ""
    called = _public(below)
    inner = below[0]
    if _COLLECTIVE.search(inner.file):
        named = [one for one in below if _NAMED.search(one.file)]
        return "collective", _public(tuple(named)) if named else called
    if any(_BACKWARD.search(one.file) for one in below[:3]):
        return "backward", "backward"
    if any(_LOADER.search(one.file) for one in below):
        return "loader", "DataLoader"
    return next((kind for kind, files in _KINDS if files.search(inner.file)), "call"), called


def _public(frames: tuple[Frame, ...]) -> str:
    """Return the outermost function that has a name for its callers, not a wrapper's."""
    names = [one.function for one in reversed(frames)]
    public = (name for name in names if not name.startswith(("_", "<")) and name != "wrapper")
    return next(public, names[0] if names else "")


def _shown(file: str, folder: str) -> str:
    below = os.path.join(folder, "")
    return file[len(below) :] if file.startswith(below) else file
