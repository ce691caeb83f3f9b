"""Every file of a finished environment with its size, time and digest, so that drift shows in milliseconds.

Sizes and times tell which files are worth a second look; digests say whether
they are what was proven. `link()` changes ctime, so ctime says nothing;
`__pycache__` is written by every import and is no drift.
"""

from __future__ import annotations

import base64
import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from ..hosts.files import write_whole
from ..model.state import Drift
from .recorded import recorded
from .tree import UNWATCHED, Reader, Seen, Tree, line_of, parse_line

MANIFEST = "files.tsv"
HEAD = b"provenv-files 2\n"
"""The first line; without it a manifest is of the first form, which had no digests."""
CHUNK = 1 << 18
# a new file matters where an import or an installer would see it; a library's own cache does not
MEANINGFUL = (".py", ".pyi", ".so", ".pyd", ".dll", ".dylib", ".pth", "/RECORD", "/METADATA")


def write_manifest(generation: Path, tree: Tree) -> tuple[int, int]:
    """Write what `generation/venv` was read to be; return the number of files and their bytes."""
    write_whole(generation / MANIFEST, manifest_of(tree))
    return len(tree), sum(seen.size for seen in tree.values())


def manifest_of(tree: Tree) -> bytes:
    """Return what a manifest says of a tree."""
    lines = [line_of(path, tree[path]) for path in sorted(tree)]
    return HEAD + "".join(lines).encode("utf-8", "surrogateescape")


def read_manifest(generation: Path) -> Tree:
    """Return what the generation's files were when it was built. One of the first form has empty digests."""
    content = (generation / MANIFEST).read_bytes()
    if content.startswith(HEAD):
        return dict(map(parse_line, content[len(HEAD) :].split(b"\n")[:-1]))
    old: dict[str, Seen] = {}
    for line in content.decode("utf-8", "surrogateescape").split("\n")[:-1]:
        size, time, name = line.split("\t", 2)
        old[name] = Seen(int(size), int(time), "")
    return old


def read_drift(generation: Path, *, read: Reader | None = None) -> Drift:
    """Return what differs from the manifest.

    With `read` every file's content is compared. Otherwise a file of another
    size is changed, and one of another time is looked at: it is changed where
    its content is, or where nothing says what that was.
    """
    venv = generation / "venv"
    then = read_manifest(generation)
    now = read(venv) if read is not None else dict(_stat(venv))
    changed: list[str] = []
    suspects: list[str] = []
    for path in then.keys() & now.keys():
        old, new = then[path], now[path]
        if old.size != new.size:
            changed.append(path)
        elif read is not None and old.digest:
            changed += [path] if old.digest != new.digest else []
        elif read is not None or old.time != new.time:
            suspects.append(path)
    missing, extra = then.keys() - now.keys(), now.keys() - then.keys()
    owners: dict[str, str] = {}
    if changed or suspects or missing or extra:
        records = recorded(venv)
        owners = {path: ", ".join(names) for path, names in records.owners.items()}
        for path in suspects:
            # a manifest of the first form leaves it to the RECORD
            digest = then[path].digest
            known = {digest} if digest else records.digests.get(path, set())
            touched = then[path].time != now[path].time
            found = now[path].digest or (_digest(venv / path) if known else "")
            if found not in known if known else touched:
                changed.append(path)
    added = [path for path in extra if path.endswith(MEANINGFUL)]
    named = {path: owners[path] for path in (*changed, *missing, *added) if path in owners}
    total = sum(seen.size for seen in now.values())
    return Drift(tuple(sorted(changed)), tuple(sorted(missing)), tuple(sorted(added)), named, len(now), total)


def _stat(root: Path) -> Iterator[tuple[str, Seen]]:
    """Yield every file below `root` with its size and time, unread."""
    left = [(str(root), "")]
    while left:
        folder, prefix = left.pop()
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if entry.name not in UNWATCHED:
                        left.append((entry.path, f"{prefix}{entry.name}/"))
                else:
                    found = entry.stat(follow_symlinks=False)
                    yield prefix + entry.name, Seen(found.st_size, found.st_mtime_ns, "")


def _digest(path: Path) -> str:
    """Return a file's digest as payload/read_tree.py tells it."""
    mode = os.lstat(path).st_mode
    if stat.S_ISLNK(mode):
        return "link:" + _coded(hashlib.sha256(os.fsencode(os.readlink(path))).digest())
    if not stat.S_ISREG(mode):
        return "-"
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return _coded(digest.digest())


def _coded(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
