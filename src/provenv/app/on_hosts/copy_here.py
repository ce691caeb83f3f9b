"""`cp` where the target is this machine: the same rules, no host."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from ...model.fleet import FleetCopied, HostResult
from ..project import Project
from .paths import Copying, Piece, pieces, trimmed
from .placing import arriving, as_ours, place
from .tree import Entry, Tree, read_tree


def copy_here(project: Project, copying: Copying) -> FleetCopied:
    """Copy from the user's folder into the project's (`:path`), or back.

    Raises Failure: PV1312, PV1313 what can't be read, PV1314, PV1318 what is in the way, and what this
    machine refuses.
    """
    sources, goals = project.folder, project.root
    if copying.fetching:
        sources, goals = goals, sources
    planned = [(one, read_tree(str(sources / one.source), one.source)) for one in pieces(copying)]
    began = time.monotonic()
    for _, tree in planned:
        for found in tree.findings:
            project.progress.warn(found)
    size = sum(_copied(piece, tree, goals) for piece, tree in planned)
    done = HostResult(project.target, size, None, time.monotonic() - began)
    return FleetCopied(project.target, (done,))


def _copied(piece: Piece, tree: Tree, above: Path) -> int:
    goal = above / Path(trimmed(piece.goal)).expanduser()
    into = goal if tree.is_folder else goal.parent
    called = {path: path if tree.is_folder else goal.name for path in tree.entries}
    coming = {
        called[path]: Entry(called[path], one.kind, one.size, one.executable)
        for path, one in tree.entries.items()
    }
    standing = as_ours(coming, into)
    missing = [
        path
        for path, one in tree.entries.items()
        if not coming[called[path]].like(standing.entries.get(called[path]))
        or (one.kind == "file" and tree.digest(path) != standing.digest(called[path]))
    ]
    if not missing:
        return 0
    with arriving(into) as stage:
        for path in missing:
            _stage(tree.at(path), coming[called[path]], stage / called[path])
        place(stage, into, [coming[called[path]] for path in missing])
    return sum(tree.entries[path].size for path in missing)


def _stage(source: Path, entry: Entry, goal: Path) -> None:
    if entry.kind == "folder":
        goal.mkdir(parents=True, exist_ok=True)
        return
    goal.parent.mkdir(parents=True, exist_ok=True)
    if entry.kind == "link":
        os.symlink(os.readlink(source), goal)
    else:
        shutil.copy2(source, goal)
