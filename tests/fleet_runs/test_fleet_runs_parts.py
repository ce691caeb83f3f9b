"""What the agents send, taken apart: in pieces of any size, and by whoever is no agent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from provenv.app.fleet_runs.frames import LONGEST, Frame, Frames, NotAFrame
from provenv.app.fleet_runs.rank_files import RankFiles


def frame(kind: str, body: bytes = b"", **told: object) -> bytes:
    """Return a frame as the agent writes it."""
    return json.dumps({"k": kind, "n": len(body), **told}).encode() + b"\n" + body


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_frames_come_in_pieces(size: int) -> None:
    whole = frame("beat") + frame("out", b"a\n\0{}\n", s=1) + frame("over", code=-9)
    reader = Frames()
    found: list[Frame] = []
    for start in range(0, len(whole), size):
        found += reader.feed(whole[start : start + size])
    assert [(kind, body) for kind, _, body in found] == [("beat", b""), ("out", b"a\n\0{}\n"), ("over", b"")]
    assert found[1][1]["s"] == 1
    assert found[2][1]["code"] == -9


@pytest.mark.parametrize("words", [b"Welcome to n1!\n", b'{"k": "out"}\n', b"[1]\n", b"x" * (LONGEST + 1)])
def test_others_than_the_agent_are_noticed(words: bytes) -> None:
    with pytest.raises(NotAFrame):
        list(Frames().feed(words))


def test_two_streams_make_one_log_of_whole_lines(tmp_path: Path) -> None:
    files = RankFiles(tmp_path / "log", tmp_path / "seen", tmp_path / "stacks")
    files.printed(1, b"one ")
    files.printed(2, b"other\nhalf")
    files.printed(1, b"line\n")
    files.told("seen", b"{}\n")
    files.told("seen", b"{}\n")
    files.close()
    assert (tmp_path / "log").read_bytes() == b"other\none line\nhalf"
    assert (tmp_path / "seen").read_bytes() == b"{}\n{}\n"
    assert not files.lost
