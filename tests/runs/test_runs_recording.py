"""The record of a run, as it is written."""

from __future__ import annotations

import json
import os
import stat
import sys

import pytest

from provenv.errors import Failure, text
from provenv.model.codec import from_json
from provenv.model.runs import Attempt, RankEnd, RunEnd, RunRecord
from provenv.runs.folder import RunFolder, new_id, run_folders
from provenv.runs.recording import append_attempt, begin, begin_attempt, finish
from provenv.targets.held import hold, open_held

RECORD = RunRecord("20260101-000000-abcd", ("python", "a.py"), "/p", "here", 3, "2026-01-01T00:00:00+00:00")


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path / ".provenv" / "runs" / new_id())


def test_a_run_is_held_and_found_from_its_beginning(folder, tmp_path):
    held = begin(folder, RECORD, b"+ changed\n")
    try:
        assert run_folders(tmp_path) == [folder]
        assert from_json(RunRecord, json.loads(folder.record.read_bytes())) == RECORD
        assert folder.diff.read_bytes() == b"+ changed\n"
        assert stat.S_IMODE(folder.diff.stat().st_mode) == 0o600
        assert not os.get_inheritable(held)
        other = open_held(folder.held)
        assert not hold(other, wait=False)
        os.close(other)
    finally:
        os.close(held)


def test_words_that_are_no_text_are_kept(folder):
    record = RunRecord(RECORD.id, ("python", os.fsdecode(b"\xff")), "/项目", "here", 3, RECORD.began)
    os.close(begin(folder, record))
    assert from_json(RunRecord, json.loads(folder.record.read_bytes())) == record
    assert not folder.diff.exists()


def test_a_run_that_is_there_is_not_written_over(folder):
    os.close(begin(folder, RECORD))
    with pytest.raises(Failure) as refused:
        begin(folder, RECORD)
    assert refused.value.problems[0].code == "PV1151"


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_named(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(Failure) as refused:
        begin(RunFolder(tmp_path / "runs" / new_id()), RECORD)
    assert refused.value.problems[0].code == "PV1150"


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path):
    (tmp_path / "runs").write_text("")
    with pytest.raises(Failure) as refused:
        begin(RunFolder(tmp_path / "runs" / new_id()), RECORD)
    assert refused.value.problems[0].code == "PV1150"


def test_attempts_and_the_last_word_are_read_back(folder):
    os.close(begin(folder, RECORD))
    begin_attempt(folder, 1)
    assert folder.attempt(1).is_dir()
    first = Attempt(
        1, "t", 2.5, 137, (RankEnd(0, 137, 2.5, first=True),), None, text("k", n=1), restarted=True
    )
    second = Attempt(2, "t", 1.0, 0, (RankEnd(0, 0, 1.0),))
    append_attempt(folder, first)
    append_attempt(folder, second)
    lines = folder.attempts.read_bytes().splitlines()
    assert [from_json(Attempt, json.loads(line)) for line in lines] == [first, second]
    end = RunEnd("done", 0, "t", 3.5)
    finish(folder, end)
    assert from_json(RunEnd, json.loads(folder.end.read_bytes())) == end
