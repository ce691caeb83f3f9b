"""Digests taken in threads are those of hashlib, whatever the number of pieces, and without a thread too."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from provenv_runtime.digests import (
    SMALL,
    Workers,
    digest,
    digest_of_file,
    fill,
    read_with_digest,
    workers,
)

PIECES = [bytes([number]) * (SMALL + number * 7) for number in range(40)]
WANTED = [hashlib.sha256(piece).hexdigest() for piece in PIECES]


def test_pieces_of_any_number_get_their_own_digest():
    with workers() as threads:
        begun = [threads.begin(len(piece), digest, piece) for piece in (*PIECES, b"small")]
        assert [wait() for wait in begun] == [*WANTED, hashlib.sha256(b"small").hexdigest()]


def test_a_place_where_no_thread_starts_gets_its_digests_all_the_same():
    with ThreadPoolExecutor(1) as pool:
        pass  # one that was shut down takes nothing, as at the interpreter's end
    assert Workers(pool, 2).begin(SMALL, digest, PIECES[0])() == WANTED[0]


def test_what_a_thread_raises_is_raised_to_who_asks_even_after_others_waited_for_it():
    def fail() -> str:
        raise OSError(5, "unreadable")

    with workers() as threads:
        broken = threads.begin(SMALL, fail)
        others = [threads.begin(len(piece), digest, piece) for piece in PIECES]
        assert [wait() for wait in others] == WANTED
        with pytest.raises(OSError, match="unreadable"):
            broken()


def test_parts_of_a_file_are_read_where_they_lie(tmp_path):
    path = tmp_path / "parts"
    content = b"".join(PIECES)
    path.write_bytes(content)
    with path.open("rb") as file:
        descriptor, at = file.fileno(), 0
        for piece, wanted in zip(PIECES, WANTED, strict=True):
            assert digest_of_file(descriptor, at, len(piece)) == wanted
            assert read_with_digest(descriptor, at, len(piece)) == (piece, wanted)
            at += len(piece)
        whole = hashlib.sha256(content).hexdigest()
        assert digest_of_file(descriptor, 0, len(content)) == whole  # longer than what is read at once


def test_a_file_that_ends_too_early_is_an_error(tmp_path):
    (tmp_path / "short").write_bytes(b"12345")
    descriptor = os.open(tmp_path / "short", os.O_RDONLY)
    try:
        with pytest.raises(OSError, match="too early"):
            fill(descriptor, memoryview(bytearray(6)), 0)
        with pytest.raises(OSError, match="too early"):
            digest_of_file(descriptor, 3, 3)
    finally:
        os.close(descriptor)
