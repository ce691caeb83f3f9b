"""One writer at a time: who changes a target holds its guard, and the next one is told who that is."""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import Failure, Hint, problem, text
from ..hosts.files import naming, write_whole
from ..hosts.refused import refused, unlockable
from ..model.progress import Progress
from .held import hold, open_held
from .layout import Layout


@contextmanager
def guarded(layout: Layout, *, wait: bool, progress: Progress) -> Iterator[None]:
    """Hold the target for the block.

    Where somebody else holds it: say who, then wait, or raise Failure PV401 when `wait` is False.
    """
    make_base(layout)
    handle = _open(layout)
    try:
        if not _held(layout, handle, wait=False):
            with naming(layout.guard):
                holder = _holder(handle)
            if not wait:
                raise Failure(
                    problem(
                        "PV401",
                        target=layout.target,
                        why=text("PV401.why", **holder),
                        hints=(Hint(text("PV401.hint")),),
                    )
                )
            progress.note(text("targets.waiting", target=layout.target, **holder))
            _held(layout, handle, wait=True)
        with naming(layout.guard):
            _sign(handle)
        yield
    finally:
        os.close(handle)


def make_base(layout: Layout) -> None:
    """Make `.provenv/<target>/generations`, with the `.gitignore` that keeps all of it out of git.

    Raises as `make_home` does.
    """
    make_home(layout, layout.generations)


def make_home(layout: Layout, folder: Path) -> None:
    """Make a folder below `.provenv`, with the `.gitignore` that keeps all of it out of git.

    Raises Failure PV402 where the folder cannot be made, PV461 and PV462 where it may only be read.
    """
    if os.path.islink(layout.home) and not layout.home.exists():
        # the disk that it leads to may not be mounted: nothing is made in its place
        reason = text("PV402.why_link", goal=os.path.realpath(layout.home))
        hints = (Hint(text("PV402.hint_link")),)
        raise Failure(problem("PV402", path=str(layout.home), reason="-", why=reason, hints=hints))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        ignore = layout.home / ".gitignore"
        if not ignore.exists():
            write_whole(ignore, b"*\n")
    except OSError as error:
        failure = refused(error, str(layout.home))
        if failure is not None:
            raise failure from error
        raise Failure(
            problem(
                "PV402", path=str(layout.home), reason=error.strerror or "", hints=(Hint(text("PV402.hint")),)
            )
        ) from error


def _open(layout: Layout) -> int:
    try:
        return open_held(layout.guard)
    except OSError as error:
        raise unlockable(error, str(layout.base)) from error


def _held(layout: Layout, handle: int, *, wait: bool) -> bool:
    try:
        return hold(handle, wait=wait)
    except OSError as error:
        raise unlockable(error, str(layout.base)) from error


def _sign(handle: int) -> None:
    words: dict[str, object] = {
        "pid": os.getpid(),
        "host": platform.node(),
        "command": " ".join(["provenv", *sys.argv[1:2]]),
        "since": time.strftime("%H:%M:%S"),
    }
    # only told to whoever waits: a full disk must not keep `gc` from making room
    with suppress(OSError):
        os.ftruncate(handle, 0)
        os.lseek(handle, 0, os.SEEK_SET)
        os.write(handle, json.dumps(words).encode())


def _holder(handle: int) -> dict[str, str]:
    os.lseek(handle, 0, os.SEEK_SET)
    try:
        words = json.loads(os.read(handle, 4096))
    except ValueError:
        words = {}
    return {key: str(words.get(key, "?")) for key in ("pid", "host", "command", "since")}
