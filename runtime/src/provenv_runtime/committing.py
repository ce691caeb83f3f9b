"""One save, by all ranks together, without a barrier: each writes its part, rank 0 makes the whole of them.

A rank's part is done when `rank-N.part` is there (renamed into place). Rank 0 waits for those, writes the
manifest, reads everything back from the disk, and gives the directory its name. Whatever cuts this off leaves
a directory that begins with a dot, which nobody reads.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from . import world
from .checkpoint import Files, load, write_manifest, write_synced, write_value
from .errors import SaveFailed, Torn
from .seen import say
from .store import Store, wait_until
from .tree import Encoded


def write(
    store: Store,
    shared: Mapping[str, Encoded],
    own: Encoded,
    *,
    about: Mapping[str, Any],
    patience: float,
) -> Path | None:
    """Write a checkpoint of the step that `about` says; return its directory on rank 0, None on others.

    Raises OSError, SaveFailed; then nothing of it is left on rank 0, and older checkpoints are as they were.
    """
    step: int = about["step"]
    made = store.beside(step, world.attempt())
    if world.rank():
        _write_part(made, own)
        return None
    try:
        if world.size() == 1:
            shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True, exist_ok=True)
        files: Files = {}
        for name, value in shared.items():
            files.update(write_value(made, name, value))
        files.update(write_value(made, "rank-0", own))
        for rank in range(1, world.size()):
            files.update(_part_of(made, rank, patience))
        write_manifest(made, {**about, "world": world.size(), "files": files})
        load(made, fresh=True)
        path = store.commit(made, step)
    except Torn as torn:
        shutil.rmtree(made, ignore_errors=True)
        raise SaveFailed(
            f"the disk gave back other bytes than were written ({'; '.join(torn.wrong)})"
        ) from torn
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    try:
        store.prune()
        store.clean(step)
    except OSError as error:
        say(f"older checkpoints could not be removed from {store.folder}: {error.strerror or error}")
    return path


def _write_part(made: Path, own: Encoded) -> None:
    rank = world.rank()
    made.mkdir(parents=True, exist_ok=True)
    try:
        files = write_value(made, f"rank-{rank}", own)
    except OSError as error:
        with suppress(OSError):
            _place(made, rank, {"error": error.strerror or str(error)})
        raise
    _place(made, rank, {"files": files})


def _place(made: Path, rank: int, content: Mapping[str, Any]) -> None:
    beside = made / f".rank-{rank}.part"
    write_synced(beside, json.dumps(content).encode())
    os.rename(beside, made / f"rank-{rank}.part")


def _part_of(made: Path, rank: int, patience: float) -> Files:
    path = made / f"rank-{rank}.part"
    if not wait_until(path.exists, patience):
        raise SaveFailed(
            f"rank {rank} did not write its part within {patience:.0f} s; do all processes see {made.parent}?"
        )
    content = json.loads(path.read_bytes())
    path.unlink()
    if "error" in content:
        raise SaveFailed(f"rank {rank} could not write its part: {content['error']}")
    files: Files = content["files"]
    return files
