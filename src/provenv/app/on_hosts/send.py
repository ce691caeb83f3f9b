"""Files of this machine to one host: only what is not there yet, all of it or nothing."""

from __future__ import annotations

import posixpath

from ...errors import Failure
from . import scripts
from .archive import Counter, OnBytes, write_archive
from .far_side import not_taken, same, standing
from .paths import Piece, trimmed
from .placing import in_the_way
from .streams import Streams
from .tree import Tree, unreadable


def send(host: Streams, name: str, folder: str, piece: Piece, tree: Tree, on_bytes: OnBytes) -> int:
    """Bring a file or a folder to the host called `name` and return how many bytes had to travel.

    `on_bytes` hears of all of them, and at once of those that are there already. Raises Failure: PV1314,
    PV1318 what is in the way; PV1313 a file can't be read as it was listed; PV1315 the host takes none.
    """
    goal = trimmed(piece.goal)
    base = goal if tree.is_folder else posixpath.dirname(goal) or "."
    called = {path: path if tree.is_folder else posixpath.basename(goal) for path in tree.entries}
    theirs = standing(host, name, folder, base, called.values())
    for path, entry in tree.entries.items():
        found = theirs.get(called[path])
        if found is not None:
            in_the_way(found, entry, f"{name}:{posixpath.normpath(posixpath.join(base, called[path]))}")
    equal = same(host, folder, base, tree, theirs, called)
    on_bytes(sum(tree.entries[path].size for path in equal))
    missing = [one for path, one in tree.entries.items() if path not in equal]
    if not missing:
        return 0
    travelled = Counter(on_bytes)
    try:
        done = host.feed(
            scripts.words(scripts.PUT, folder, base),
            lambda stream: write_archive(stream, tree, missing, called, travelled),
        )
    except OSError as error:
        raise unreadable(error, str(tree.root)) from error
    if done.code:
        raise Failure(not_taken(done, f"{name}:{piece.goal}"))
    return travelled.bytes
