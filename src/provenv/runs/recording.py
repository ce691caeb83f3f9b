"""Writes a run's record so that a kill or a power cut at any moment leaves what was known till then."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

from ..errors import Failure, problem, text
from ..hosts.files import sync_folder, write_whole
from ..model.codec import to_json
from ..model.runs import Attempt, RunEnd, RunRecord
from ..targets.held import hold, open_held
from .folder import RunFolder
from .program import Code

PRIVATE = 0o600
"""Code may hold what isn't for others."""


def begin(folder: RunFolder, record: RunRecord, difference: bytes = b"") -> int:
    """Make a run's folder and write what is known when it begins; return the descriptor that holds it.

    It is held before there is a record, so that nobody ever finds a record of a run that seems lost. The
    descriptor isn't inherited by programs: the run is over when its supervisor is.
    Raises Failure PV1150 where it can't be written, PV1151 where the run is there already.
    """
    held = None
    try:
        folder.path.parent.mkdir(parents=True, exist_ok=True)
        if folder.path.exists():
            raise Failure(problem("PV1151", path=str(folder.path)), exit_code=Code.OURS)
        folder.path.mkdir()
        held = open_held(folder.held)
        with suppress(OSError):  # no locks on this file system
            hold(held, wait=False)
        if difference:
            write_whole(folder.diff, difference, PRIVATE)
        write_whole(folder.record, _document(record))
        sync_folder(folder.path.parent)
    except OSError as error:
        if held is not None:
            os.close(held)
        raise _refused(folder.path, error) from error
    return held


def record_submitted(folder: RunFolder, record: RunRecord, difference: bytes = b"") -> None:
    """Write what is known of a run that a batch system was given; its folder is there. Raises OSError."""
    if difference:
        write_whole(folder.diff, difference, PRIVATE)
    write_whole(folder.record, _document(record))
    sync_folder(folder.path.parent)


def begin_attempt(folder: RunFolder, number: int) -> None:
    """Make the folder of an attempt. Raises Failure PV1150 where that can't be."""
    path = folder.attempt(number)
    try:
        path.mkdir(exist_ok=True)
        sync_folder(folder.path)
    except OSError as error:
        raise _refused(path, error) from error


def append_attempt(folder: RunFolder, attempt: Attempt) -> None:
    """Add an attempt that ended to the record, durably. Raises OSError."""
    line = json.dumps(to_json(attempt), separators=(",", ":")).encode() + b"\n"
    new = not folder.attempts.exists()
    handle = os.open(folder.attempts, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    try:
        while line:
            line = line[os.write(handle, line) :]
        os.fsync(handle)
    finally:
        os.close(handle)
    if new:
        sync_folder(folder.path)


def finish(folder: RunFolder, end: RunEnd) -> None:
    """Write the last word. Raises OSError."""
    write_whole(folder.end, _document(end))


def _refused(path: Path, error: OSError) -> Failure:
    reason = text("PV1150.why", reason=error.strerror or type(error).__name__)
    return Failure(problem("PV1150", path=str(path), why=reason), exit_code=Code.OURS)


def _document(value: object) -> bytes:
    return json.dumps(to_json(value), indent=1).encode() + b"\n"
