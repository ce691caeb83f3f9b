"""Records read back: whole ones, torn ones, and those that are being written."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from loading import load
from provenv.errors import Failure, text
from provenv.runs.folder import run_folders
from provenv.runs.reading import is_held, read_attempts, read_record, read_run, seconds_of

made = load("recorded_for_reading", Path(__file__).with_name("recorded.py"))


def test_a_run_that_is_over_is_read_whole(tmp_path):
    one = made.recorded(tmp_path, name="train", processes=2)
    why = text("verbatim", text="out of memory")
    one.attempt(1, lines=made.steps(1, 40), code=137, processes=2, why=why, restarted=True, waited=2.0)
    one.attempt(2, lines=made.steps(41, 90), processes=2).end()
    run = read_run(one.folder)
    assert run.record == one.record
    assert (run.state, run.seconds) == ("done", 60.0)
    assert [(each.number, each.code, each.restarted) for each in run.attempts] == [
        (1, 137, True),
        (2, 0, False),
    ]
    assert run.attempts[0].why == why
    assert [each.first for each in run.attempts[0].ranks] == [True, False]
    assert run.progressed.steps == 90
    assert run.progressed.last["loss"] == pytest.approx(2.0 / 90)


def test_without_a_last_word_the_lock_tells_running_from_lost(tmp_path):
    one = made.recorded(tmp_path).attempt(1, lines=made.steps(1, 3), code=None)
    with one.watched():
        assert is_held(one.folder)
        # whoever asks does not look like a holder to another one who asks
        assert read_run(one.folder).state == "running"
    assert not is_held(one.folder)
    assert read_run(one.folder).state == "lost"
    one.folder.held.unlink()
    assert read_run(one.folder).state == "lost"


def test_a_last_word_counts_though_the_lock_is_held_still(tmp_path):
    one = made.recorded(tmp_path).end("stopped", 143)
    with one.watched():
        assert read_run(one.folder).state == "stopped"


@pytest.mark.parametrize(
    "torn", ['{"number": 2, "beg', '{"number": 2, "began": "x", "seconds": 1, "code": 0}']
)
def test_a_torn_attempt_counts_for_nothing(tmp_path, torn):
    one = made.recorded(tmp_path).attempt(1)
    with one.folder.attempts.open("a") as file:
        file.write(torn)
    assert [each.number for each in read_attempts(one.folder)] == [1]
    with one.folder.attempts.open("a") as file:
        file.write("\nno json\n[1]\n" + json.dumps({"number": "three"}) + "\n")
    numbers = [each.number for each in read_attempts(one.folder)]
    assert numbers == ([1] if torn[-3:] == "beg" else [1, 2])


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"id": 3}', b"\xff\xfe", b"[" * 100_000])
def test_a_broken_record_is_told_with_what_to_do(tmp_path, content):
    one = made.recorded(tmp_path)
    one.folder.record.write_bytes(content)
    with pytest.raises(Failure) as caught:
        read_run(one.folder)
    (found,) = caught.value.problems
    assert found.code == "PV1181"
    assert found.hints[0].command == f"provenv runs rm {one.folder.id}"


def test_a_newer_versions_fields_are_passed_over(tmp_path):
    one = made.recorded(tmp_path)
    told = json.loads(one.folder.record.read_text()) | {"schema": 2, "moon": "full"}
    one.folder.record.write_text(json.dumps(told))
    assert read_record(one.folder).id == one.record.id


def test_a_half_written_last_word_is_none(tmp_path):
    one = made.recorded(tmp_path).end()
    one.folder.end.write_text(one.folder.end.read_text()[:20])
    assert read_run(one.folder).state == "lost"


def test_how_long_a_lost_run_took_ends_with_what_it_wrote_last(tmp_path):
    one = made.recorded(tmp_path).attempt(1, lines=made.steps(1, 3), code=None)
    for path in one.folder.attempt(1).iterdir():
        os.utime(path, (made.T0 + 77, made.T0 + 77))
    assert read_run(one.folder).seconds == pytest.approx(77)
    with one.watched():
        assert read_run(one.folder).seconds == pytest.approx(time.time() - made.T0, abs=60)


def test_a_folder_without_a_record_is_no_run(tmp_path):
    made.recorded(tmp_path, 1)
    made.recorded(tmp_path, 2).folder.record.unlink()
    (tmp_path / ".provenv/runs/.trash-20260301-030000-0003").mkdir()
    assert [one.id for one in run_folders(tmp_path)] == [made.identity(1)]


def test_times_with_and_without_a_zone():
    assert seconds_of("2026-03-01T10:00:00Z") == seconds_of("2026-03-01T10:00:00") == made.T0
    assert seconds_of("2026-03-01T12:00:00+02:00") == made.T0
    assert seconds_of("yesterday") == 0.0
