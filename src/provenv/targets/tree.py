"""A tree of files read once, in processes, on its own place: sizes, times and digests; all made durable."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from os import strerror
from pathlib import Path
from typing import NamedTuple

from ..errors import Failure, problem, verbatim
from ..model.channel import Completed, Host

PAYLOAD = Path(__file__).resolve().parent.parent / "payload" / "read_tree.py"
UNWATCHED = ("__pycache__",)
ESCAPED = re.compile(rb"\\(.)")
MOST_READERS = 8
"""Processes that read at once, at most: no disk feeds more of them."""


class Seen(NamedTuple):
    """One file as it was read: size in bytes, time of change in ns, digest (see payload/read_tree.py).

    There are tens of thousands of them, and a tuple is made in a quarter of a frozen dataclass's time.
    """

    size: int
    time: int
    digest: str


Tree = Mapping[str, Seen]
"""Files by their path from the root, with `/` between its parts."""

Reader = Callable[[Path], Tree]
"""Reads a tree whole."""


def read_tree(
    root: Path, *, host: Host, python: str, cores: float, sync: bool = False, above: Path | None = None
) -> Tree:
    """Read every file below `root`, each once, with as many processes as `cores` grants.

    `python` is an interpreter (>= 3.6) of the place; with `sync` all of it is made durable, and the names
    of the folders from `root` up to `above`. Raises Failure: PV412 where the tree cannot be read, PV413
    where it cannot be made durable.
    """
    job = {
        "root": str(root),
        "workers": max(1, min(MOST_READERS, round(cores))),
        "unwatched": UNWATCHED,
        "sync": sync,
        "above": [str(one) for one in _between(root, above)],
        "compiled": False,
    }
    return dict(map(parse_line, _answered(job, root, host, python)))


def sync_bytecode(root: Path, *, host: Host, python: str) -> None:
    """Make durable what imports have compiled below `root`.

    Python writes bytecode without fsync and believes it by its header (PEP 552): torn by a power cut it
    would break the import. Raises Failure: PV412, PV413.
    """
    _answered({"root": str(root), "compiled": True}, root, host, python)


def _answered(job: Mapping[str, object], root: Path, host: Host, python: str) -> list[bytes]:
    """Return the lines that payload/read_tree.py tells of a job."""
    words = json.dumps(json.dumps(job))
    program = f"{PAYLOAD.read_text('utf-8')}\n\nimport json\n\nmain(json.loads({words}))\n"
    done = host.exec([python, "-I", "-S", "-"], stdin=program.encode())
    lines = done.stdout.split(b"\n")
    end = lines[-2].split(b"\t") if done.code == 0 and len(lines) > 1 else []
    if len(end) != 3 or end[0] != b"end":
        raise Failure(problem("PV412", path=str(root), why=verbatim(_last_words(done))))
    if end[2] != b"0":
        raise Failure(problem("PV413", path=str(root), why=verbatim(strerror(int(end[2])))))
    return lines[:-2]


def parse_line(line: bytes) -> tuple[str, Seen]:
    """Return the path and what is told of it."""
    size, time, digest, name = line.split(b"\t", 3)
    if b"\\" in name:
        name = unescaped(name)
    return name.decode("utf-8", "surrogateescape"), Seen(int(size), int(time), digest.decode("ascii"))


def unescaped(name: bytes) -> bytes:
    """Return a path as it is, from how payload/read_tree.py writes it."""
    return ESCAPED.sub(lambda found: b"\n" if found[1] == b"n" else found[1], name)


def line_of(path: str, seen: Seen) -> str:
    """Return the line that `parse_line` reads, with its newline."""
    name = path.replace("\\", "\\\\").replace("\n", "\\n") if "\\" in path or "\n" in path else path
    return f"{seen.size}\t{seen.time}\t{seen.digest}\t{name}\n"


def _between(root: Path, above: Path | None) -> list[Path]:
    """Return the folders above `root`, up to and with `above`."""
    if above is None:
        return []
    found = []
    for folder in root.parents:
        found.append(folder)
        if folder == above:
            break
    return found


def _last_words(done: Completed) -> str:
    return done.err.strip()[-500:] or str(done.code)
