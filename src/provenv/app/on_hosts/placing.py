"""Files that came are put in their places here: all when all are there, each whole."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ...errors import Failure, Hint, problem, text, verbatim
from ...hosts.refused import refused
from .tree import Entry, Tree, entry_of


def as_ours(entries: Mapping[str, Entry], goal: Path) -> Tree:
    """Return what is at the goals of these entries by now.

    Raises Failure where something else is in the way: PV1318 a folder, PV1314 no folder.
    """
    found = {}
    for path, entry in entries.items():
        place = goal if path == "." else goal / path
        try:
            status = place.stat() if path == "." else place.lstat()
        except FileNotFoundError:
            continue
        except NotADirectoryError:
            raise Failure(problem("PV1314", path=str(place.parent))) from None
        ours = entry_of(path, status.st_mode, status.st_size)
        in_the_way(ours, entry, str(place))
        found[path] = ours
    return Tree(goal, found)


def in_the_way(standing: Entry, coming: Entry, shown: str) -> None:
    """Make sure that a folder is not to become a file, nor the other way round. Raises PV1318, PV1314."""
    if standing.kind == "folder" and coming.kind != "folder":
        raise Failure(problem("PV1318", path=shown, hints=(Hint(text("PV1318.hint", path=shown)),)))
    if standing.kind != "folder" and coming.kind == "folder":
        raise Failure(problem("PV1314", path=shown))


@contextmanager
def arriving(goal: Path) -> Iterator[Path]:
    """Yield an empty folder on the goal's disk, where files are kept until all have come; then it is gone.

    Raises Failure where this machine has no room or no permission.
    """
    above = goal
    try:
        while not above.is_dir():
            above = above.parent
        stage = Path(tempfile.mkdtemp(prefix=".provenv-copy.", dir=above))
    except OSError as error:
        raise unwritable(error, str(goal)) from error
    try:
        yield stage
    except OSError as error:
        raise unwritable(error, str(goal)) from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def place(stage: Path, goal: Path, entries: Iterable[Entry]) -> None:
    """Move what came to the goal: folders are made, files replaced; what is there beside them stays."""
    for one in sorted(entries, key=lambda entry: entry.path):
        at = goal if one.path == "." else goal / one.path
        if one.kind == "folder":
            at.mkdir(parents=True, exist_ok=True)
            continue
        at.parent.mkdir(parents=True, exist_ok=True)
        os.replace(stage / one.path, at)


def unwritable(error: OSError, path: str) -> Failure:
    """Return the failure of a place that takes no files."""
    found = refused(error, path)
    return found or Failure(problem("PV1315", path=path, why=verbatim(error.strerror or str(error))))
