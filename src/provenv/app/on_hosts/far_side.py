"""What is at a path of a host, and which files there are the same as ours."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from ...errors import Failure, Problem, problem, text, verbatim
from ...model.channel import Completed
from . import scripts
from .streams import Streams
from .tree import Entry, Tree, entry_of

LINE = re.compile(rb"(\\?)([0-9a-f]{64}) [ *](.*)", re.DOTALL)
NO_ROOM = re.compile(r"No space left|quota|Wrote only \d+ of \d+ bytes")
"""What tar says of a disk that takes no more; GNU's names the piece that did not fit."""
ESCAPED = {rb"\n": b"\n", rb"\r": b"\r", rb"\\": b"\\"}


@dataclass(frozen=True)
class Listing:
    """What a host has: `base` is the folder, `name` what was asked for in it (`.` for the folder itself)."""

    base: str
    name: str
    entries: Mapping[str, Entry]


def standing(host: Streams, name: str, folder: str, base: str, names: Collection[str]) -> dict[str, Entry]:
    """Return those of `names` that are in the folder `base` of the host called `name`.

    Raises Failure: PV1314 where `base` is no folder, PV1317 where the host can't tell.
    """
    done = host.exec(scripts.words(scripts.ASK, folder, base), stdin=between_nuls(names))
    if done.code == scripts.NOT_A_FOLDER:
        raise Failure(problem("PV1314", path=f"{name}:{base}"))
    _must(done, name, base)
    return dict(read_listing(done.stdout, name))


def listing(host: Streams, name: str, folder: str, path: str) -> Listing:
    """Return what is at a path of the host called `name`.

    Raises Failure: PV1312 where nothing is, PV1317 where the host can't tell.
    """
    done = host.exec(scripts.words(scripts.LIST, folder, path))
    if done.code == scripts.NOT_THERE:
        raise Failure(problem("PV1312", path=f"{name}:{path}"))
    _must(done, name, path)
    base, _, rest = done.stdout.partition(b"\0")
    own, _, rest = rest.partition(b"\0")
    entries = dict(read_listing(rest, name))
    return Listing(os.fsdecode(base), os.fsdecode(own).removeprefix("./"), entries)


def same(
    host: Streams, folder: str, base: str, ours: Tree, theirs: Mapping[str, Entry], called: Mapping[str, str]
) -> set[str]:
    """Return which of our entries are the same there: folders, and files with the same bytes.

    `called` is what each of our entries is called in `base`.
    """
    alike = {path: one for path, one in ours.entries.items() if one.like(_as(theirs.get(called[path]), path))}
    files = [path for path, one in alike.items() if one.kind == "file"]
    folders = {path for path, one in alike.items() if one.kind == "folder"}
    if not files:
        return folders
    names = between_nuls(called[path] for path in files)
    done = host.exec(scripts.words(scripts.HASH, folder, base), stdin=names)
    digests = read_digests(done.stdout)
    return folders | {path for path in files if digests.get(called[path], "-") == ours.digest(path)}


def read_listing(output: bytes, host: str) -> Iterable[tuple[str, Entry]]:
    """Yield names with what they are, from batches of names, an empty one, and a line for each.

    Raises Failure PV1317 where the names are none that a folder can hold.
    """
    rest = iter(output.split(b"\0"))
    names: list[bytes] = []
    for token in rest:
        if token:
            names.append(token)
            continue
        lines = next(rest, b"").split()
        if len(lines) != len(names):
            raise Failure(
                problem("PV1317", host=host, path=os.fsdecode(names[0]), why=text("PV1317.changed"))
            )
        for raw, line in zip(names, lines, strict=True):
            mode, _, size = line.partition(b".")
            name = os.fsdecode(raw).removeprefix("./")
            if name.startswith("/") or ".." in name.split("/"):
                raise Failure(problem("PV1317", host=host, path=name, why=text("PV1317.outside")))
            yield name, entry_of(name, int(mode, 16), int(size))
        names = []


def read_digests(output: bytes) -> dict[str, str]:
    """Return the digests of files by name, as `sha256sum` writes them."""
    found = {}
    for line in output.split(b"\n"):
        match = LINE.fullmatch(line)
        if match is not None:
            name = match[3]
            if match[1]:
                name = re.sub(rb"\\[nr\\]", lambda escape: ESCAPED[escape[0]], name)
            found[os.fsdecode(name).removeprefix("./")] = match[2].decode()
    return found


def between_nuls(names: Iterable[str]) -> bytes:
    """Return names as the scripts read them; none begins with a dash."""
    return b"".join(b"./" + os.fsencode(name) + b"\0" for name in names)


def not_taken(done: Completed, path: str) -> Problem:
    """Return why a host did not take what was sent to this path; nothing there has changed then."""
    said = last_words(done.err)
    if NO_ROOM.search(said):
        return problem("PV1315", path=path, why=text("PV1315.room"))
    if done.code == scripts.TORN or not said:
        return problem("PV1315", path=path, why=text("PV1315.torn"))
    return problem("PV1315", path=path, why=verbatim(said))


def last_words(said: str) -> str:
    """Return the line of an error that says most: what is full, or else the first."""
    lines = [one.strip() for one in said.splitlines() if one.strip()]
    telling = [one for one in lines if NO_ROOM.search(one)]
    return (telling or lines or [""])[0]


def _as(entry: Entry | None, path: str) -> Entry | None:
    return None if entry is None else Entry(path, entry.kind, entry.size, entry.executable)


def _must(done: Completed, host: str, path: str) -> None:
    if done.code:
        raise Failure(problem("PV1317", host=host, path=path, why=verbatim(last_words(done.err))))
