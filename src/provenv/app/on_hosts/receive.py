"""Files of one host to this machine: only what is not here yet, all of it or nothing."""

from __future__ import annotations

import posixpath
import re
import tarfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ...errors import Failure, problem, text, verbatim
from . import scripts
from .archive import Counter, OnBytes, read_archive
from .far_side import Listing, between_nuls, last_words, same
from .paths import Piece
from .placing import arriving, as_ours, place
from .streams import Source, Streams
from .tree import Entry

CHANGED = re.compile(r"(tar: .*: file changed as we read it\s*)+")
"""What GNU's tar fails with, besides other things, where a file was written meanwhile, as a log is."""
SHRANK = re.compile(r"tar: (?P<path>.*): File shrank by \d+ bytes; padding with zeros")


def receive(host: Streams, name: str, folder: str, piece: Piece, there: Listing, on_bytes: OnBytes) -> int:
    """Bring what is `there` on the host called `name` to the piece's goal; return how many bytes travelled.

    `on_bytes` hears of all of them, and at once of those that are here already. Raises Failure: PV1314,
    PV1318 what is in the way; PV1315 it did not come whole; what this machine refuses.
    """
    goal = Path(piece.goal).expanduser()
    whole = "." in there.entries
    into = goal if whole else goal.parent
    # by what each is called there
    wanted = {
        path: one if whole else replace(one, path=goal.name)
        for path, one in there.entries.items()
        if one.kind != "other"
    }
    ours = as_ours({one.path: one for one in wanted.values()}, into)
    theirs = {one.path: path for path, one in wanted.items()}
    equal = same(host, folder, there.base, ours, there.entries, theirs)
    on_bytes(sum(ours.entries[path].size for path in equal))
    missing = {path: one for path, one in wanted.items() if one.path not in equal}
    if not missing:
        return 0
    travelled = Counter(on_bytes)
    with arriving(into) as stage:
        _fetch(host, name, folder, there, missing, stage, travelled)
        place(stage, into, missing.values())
    return travelled.bytes


def _fetch(
    host: Streams,
    name: str,
    folder: str,
    there: Listing,
    missing: dict[str, Entry],
    stage: Path,
    on_bytes: OnBytes,
) -> None:
    expected = {path for path, one in missing.items() if one.kind != "folder"}
    came: set[str] = set()

    def read(stream: Source) -> None:
        # one that is torn lacks files; where the connection tore it, that is the better reason
        with suppress(tarfile.TarError):
            came.update(read_archive(stream, stage, missing, on_bytes))

    if not expected:
        for one in missing.values():
            (stage / one.path).mkdir(parents=True, exist_ok=True)
        return
    done = host.drain(scripts.words(scripts.GET, folder, there.base), between_nuls(sorted(expected)), read)
    if expected - came or (done.code and not CHANGED.fullmatch(done.err)):
        raise _torn(name, there, done.err)


def _torn(name: str, there: Listing, said: str) -> Failure:
    shrank = SHRANK.search(said)
    if shrank is not None:
        path = f"{name}:{posixpath.normpath(posixpath.join(there.base, shrank['path']))}"
        return Failure(problem("PV1313", path=path, why=text("PV1313.shorter")))
    words = last_words(said)
    why = verbatim(words) if words else text("PV1315.torn")
    return Failure(problem("PV1313", path=f"{name}:{there.base}", why=why))
