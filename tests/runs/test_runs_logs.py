"""Logs of processes: their ends, what comes to them, and lines kept apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from loading import load
from provenv.runs.logs import BLOCK, Follower, log_files, tail_start
from provenv.runs.prefixed import LONGEST, Prefixed

made = load("recorded_for_logs", Path(__file__).with_name("recorded.py"))


@pytest.mark.parametrize(
    ("content", "lines", "rest"),
    [
        (b"", 3, b""),
        (b"a\nb\nc\n", 0, b""),
        (b"a\nb\nc\n", 1, b"c\n"),
        (b"a\nb\nc\n", 2, b"b\nc\n"),
        (b"a\nb\nc\n", 3, b"a\nb\nc\n"),
        (b"a\nb\nc\n", 9, b"a\nb\nc\n"),
        (b"a\nb\nc", 1, b"c"),
        (b"a\nb\nc", 2, b"b\nc"),
        (b"\n\n\n", 2, b"\n\n"),
        (b"x" * BLOCK + b"\nb\n", 1, b"b\n"),
        (b"a\n" + b"x" * (3 * BLOCK), 1, b"x" * (3 * BLOCK)),
        (b"a\n" + b"x" * (BLOCK - 1) + b"\n", 1, b"x" * (BLOCK - 1) + b"\n"),
        (b"a\n" * BLOCK, BLOCK - 1, b"a\n" * (BLOCK - 1)),
    ],
)
def test_where_the_last_lines_begin(tmp_path, content, lines, rest):
    path = tmp_path / "log"
    path.write_bytes(content)
    assert content[tail_start(path, lines) :] == rest


def test_what_comes_is_read_once_and_new_attempts_from_their_beginning(tmp_path):
    one = made.recorded(tmp_path).attempt(1, log="a\nb\n", processes=2, code=None)
    follower = Follower(one.folder, tail=1)
    assert [(chunk.log.rank, chunk.data) for chunk in follower.read()] == [(0, b"b\n"), (1, b"b\n")]
    assert list(follower.read()) == []
    with one.folder.log(1).open("ab") as file:
        file.write(b"c")
    one.attempt(2, log="again\n", code=None)
    assert [(chunk.log.attempt, chunk.data) for chunk in follower.read()] == [(1, b"c"), (2, b"again\n")]
    one.folder.log(2).write_bytes(b"new\n")
    assert [chunk.data for chunk in follower.read()] == [b"new\n"]


def test_logs_of_some_ranks(tmp_path):
    one = made.recorded(tmp_path).attempt(1, processes=12, code=None)
    one.folder.log(1, 3).unlink()
    assert [each.rank for each in log_files(one.folder)] == [0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11]
    assert [each.rank for each in log_files(one.folder, (2, 3, 11))] == [2, 11]
    assert log_files(one.folder, attempt=2) == ()


def test_lines_of_several_processes_are_never_mixed():
    out: list[bytes] = []
    several = Prefixed(out.append)
    for rank, data in (
        (0, b"be"),
        (1, b"one\ntw"),
        (0, b"gin\n"),
        (1, b"o\n"),
        (0, b"open"),
        (1, b"10%\r20%\r"),
    ):
        several.take(b"[%d] " % rank, data)
    assert b"".join(out) == b"[1] one\n[0] begin\n[1] two\n"
    several.close()
    assert b"".join(out[3:]) == b"[0] open\n[1] 10%\r[1] 20%\r\n"
    several.take(b"[0] ", b"x" * LONGEST)
    assert len(out[-1]) == LONGEST + 5
