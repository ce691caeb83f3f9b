"""How far a process is, read from what it writes."""

from __future__ import annotations

import json
import os

import pytest

from provenv.runs.steps import Steps


@pytest.fixture
def file(tmp_path):
    return tmp_path / "rank-0.jsonl"


def write(file, *lines):
    with file.open("a") as out:
        out.writelines(json.dumps({"t": 0.0, **line}) + "\n" for line in lines)


def test_steps_are_read_on_from_where_they_stood(file):
    steps = Steps(file)
    assert not steps.look()
    write(file, {"k": "begin", "pid": 7}, {"k": "resume", "n": 40}, {"k": "step", "n": 43})
    assert steps.look()
    assert (steps.steps, steps.resumed, steps.position, steps.pids) == (43, 40, 43, [7])
    assert not steps.look()
    write(file, {"k": "step", "n": 45})
    assert steps.look()
    assert steps.position == 45


def test_a_beat_tells_of_work_only_if_its_count_grew(file):
    steps = Steps(file)
    write(file, {"k": "step", "n": 3})
    steps.look()
    write(file, {"k": "beat", "n": 3})
    assert not steps.look()
    write(file, {"k": "beat", "n": 4})
    assert steps.look()


def test_a_validation_that_logs_is_work(file):
    write(file, {"k": "metric", "name": "val_loss", "value": 1.0, "n": 3})
    assert Steps(file).look()


def test_after_the_last_step_it_is_through(file):
    steps = Steps(file)
    write(file, {"k": "total", "n": 10}, {"k": "step", "n": 9})
    steps.look()
    assert not steps.through
    write(file, {"k": "step", "n": 10})
    steps.look()
    assert steps.through


def test_what_is_torn_strange_or_of_another_kind_counts_for_nothing(file):
    steps = Steps(file)
    file.write_bytes(
        b'\xff\xfe\n[1]\nnull\n{"k":"step","n":"x"}\n{"k":"step","n":true}\n'
        + b"[" * 9999
        + b'\n{"k":"step","n":4'
    )
    steps.look()
    assert steps.steps == 0
    with file.open("ab") as out:
        out.write(b"}\n")
    steps.look()
    assert steps.steps == 4


def test_the_speaker_is_the_first_of_the_group_that_lives(file):
    steps = Steps(file)
    write(file, {"k": "begin", "pid": 2**22 + 1}, {"k": "begin", "pid": os.getpid()})
    steps.look()
    assert steps.speaker(os.getpgrp()) == os.getpid()
    assert steps.speaker(1) is None
