"""The project's own files to the hosts that shall run them: what is missing travels, what is gone goes.

What was sent is written down on each host, with digests: a file that was deleted here is taken away there,
unless something there has changed it since. What we never sent is not touched.
"""

from __future__ import annotations

import json
import os
import posixpath
import shlex
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from ... import context as context_room
from ...errors import Failure, Hint, problem, text
from ...hosts.ssh import SshHost
from ...model.channel import Host
from ...model.fleet import HostResult
from ...model.host_names import folded
from ...model.image import ImageOptions
from ...model.progress import Progress, Silent
from ...model.spec import Spec
from ..fleet.each import AT_ONCE, on_each
from ..fleet.hosts import options_of
from ..fleet_up.places import Place
from ..project import Project
from . import scripts
from .archive import OnBytes
from .code_words import as_of_hosts
from .far_side import between_nuls, last_words, read_digests
from .paths import Piece
from .send import send
from .streams import Channels, Streams
from .tree import Tree, entry_of

RECORD = "code.json"
"""What was sent: a file beside the target's generations on each host."""
LINK = "link"
"""Stands where a file's digest would: what a link leads to is not ours."""
SILENT = Silent()


def send_code(
    project: Project,
    spec: Spec,
    places: Sequence[Place],
    *,
    command: Sequence[str] = (),
    at_once: int = AT_ONCE,
    progress: Progress = SILENT,
) -> Mapping[str, int]:
    """Bring the project's files to every place; return by host's name how many bytes had to travel.

    Files are chosen as for an image (see context), those that `command` names among them. Raises Failure:
    PV1370 where some hosts did not take them (with each host's result), and as `code_of` does.
    """
    tree = code_of(project, spec, command, progress)
    results = send_tree(places, tree, at_once=at_once, progress=progress)
    failed = [one for one in results if one.problem is not None]
    if failed:
        first = failed[0].problem
        assert first is not None
        if len(results) == 1:
            raise Failure(first, data=results)
        names = folded(one.host for one in failed)
        count = len(results)
        raise Failure(problem("PV1370", hosts=names, n=len(failed), count=count), first, data=results)
    return {one.host: one.value or 0 for one in results}


def code_of(project: Project, spec: Spec, command: Sequence[str], progress: Progress) -> Tree:
    """Return the project's files that belong on hosts; what may be missed of them is told.

    Raises Failure: PV1092 what looks like a secret, PV1090, PV1091, PV1094 and PV1099 (see context).
    """
    options = ImageOptions("", "", code=options_of(project).code, command=shlex.join(command))
    try:
        context = context_room.chosen(project.root, spec, options)
    except Failure as failure:
        raise Failure(*map(as_of_hosts, failure.problems), exit_code=failure.exit_code) from failure
    found = [as_of_hosts(one) for one in context_room.secrets(project.root, context.files)]
    if any(one.severity == "error" for one in found):
        raise Failure(*found)
    for one in (*map(as_of_hosts, context.findings), *found):
        progress.warn(one)
    return _tree(project, context.files)


def send_tree(
    places: Sequence[Place], tree: Tree, *, at_once: int = AT_ONCE, progress: Progress = SILENT
) -> tuple[HostResult[int], ...]:
    """Bring the files to every place, side by side; return the bytes that travelled to each."""
    by_name = {one.name: one for one in places}
    task = progress.task(
        text("fleet.code.sending", n=len(places)), total=tree.size * len(places), unit="bytes"
    )
    lock = threading.Lock()

    def told(count: int) -> None:
        with lock:
            task.advance(count)

    def act(name: str, host: Host) -> int:
        assert isinstance(host, SshHost), "the hosts of a target are reached over ssh"
        kept = partial(_keep, progress, lock, name)
        return bring(Channels(host), host.put, by_name[name], tree, told, kept)

    results = on_each([(one.name, one.host) for one in places], act, at_once=at_once)
    failed = sum(not one.ok for one in results)
    travelled = sum(one.value or 0 for one in results)
    if failed:
        task.fail(text("fleet.code.failed", n=len(places), failed=failed))
    else:
        task.finish(text("fleet.code.sent", n=len(places), total_bytes=travelled))
    return results


def bring(
    host: Streams,
    put: Callable[[bytes, str], None],
    place: Place,
    tree: Tree,
    on_bytes: OnBytes,
    kept: Callable[[Sequence[str]], None],
) -> int:
    """Make the project's files on one host what they are here; return how many bytes travelled.

    `kept` hears of files that are gone here and stay there, because they were changed there. Raises Failure
    as `send` and the host do.
    """
    record = posixpath.join(place.root, ".provenv", place.target, RECORD)
    before = read_record(host.exec(scripts.words(scripts.SHOW, place.root, record)).stdout)
    now = _digests(tree)
    if not before.keys() >= now.keys():
        # what is about to be there has to be known as ours, also when this is where it ends
        put(_written({**now, **before}), record)
    travelled = send(host, place.name, place.root, Piece(".", place.root), tree, on_bytes)
    gone = {path: digest for path, digest in before.items() if path not in now}
    if gone:
        changed = _take_away(host, place, gone)
        if changed:
            kept(changed)
    if before != now:
        put(_written(now), record)
    return travelled


def read_record(content: bytes) -> dict[str, str]:
    """Return the files that were sent with their digests; nothing of what is no such record."""
    try:
        found = json.loads(content).get("files", {})
    except (ValueError, AttributeError):
        return {}
    if not isinstance(found, dict):
        return {}
    # it may have been written by somebody else: nothing outside the folder is ever taken away
    return {
        path: str(digest)
        for path, digest in found.items()
        if path and not path.startswith("/") and ".." not in path.split("/")
    }


def _written(files: Mapping[str, str]) -> bytes:
    return json.dumps({"schema": 1, "files": dict(sorted(files.items()))}, indent=0).encode() + b"\n"


def _take_away(host: Streams, place: Place, gone: Mapping[str, str]) -> list[str]:
    """Delete files there that are gone here; return those that stay, as somebody has changed them there."""
    files = [path for path, digest in gone.items() if digest != LINK]
    done = host.exec(scripts.words(scripts.HASH, place.root, place.root), stdin=between_nuls(files))
    there = read_digests(done.stdout)
    changed = [path for path in files if there.get(path, gone[path]) != gone[path]]
    leaving = [path for path in gone if path not in changed]
    done = host.exec(scripts.words(scripts.DELETE, place.root, place.root), stdin=between_nuls(leaving))
    if done.code:
        raise Failure(problem("PV1371", host=place.name, why=text("PV1371.why", said=last_words(done.err))))
    return changed


def _digests(tree: Tree) -> dict[str, str]:
    return {
        path: LINK if one.kind == "link" else tree.digest(path)
        for path, one in tree.entries.items()
        if one.kind in ("file", "link")
    }


def _tree(project: Project, files: Sequence[str]) -> Tree:
    """Return the files and the folders above them, as `send` takes them."""
    tree = Tree(project.root)
    folders = {"."}
    for path in files:
        above = posixpath.dirname(path)
        while above and above not in folders:
            folders.add(above)
            above = posixpath.dirname(above)
    for path in (*sorted(folders), *files):
        status = os.lstat(project.root / path)
        tree.entries[path] = entry_of(path, status.st_mode, status.st_size)
    return tree


def _keep(progress: Progress, lock: threading.Lock, host: str, files: Sequence[str]) -> None:
    told = ", ".join(f"`{one}`" for one in files[:3]) + (f", +{len(files) - 3}" if len(files) > 3 else "")
    hints = (Hint(text("PV1372.hint")),)
    found = problem("PV1372", host=host, files=told, n=len(files), hints=hints)
    with lock:
        progress.warn(replace(found, severity="warning"))
