"""A running run's status: only what was appended is read, and no line that a writer can leave breaks it."""

from __future__ import annotations

import json
import math

import pytest

from provenv.model.live_run import GpuUse
from provenv.runs.folder import RunFolder
from provenv.runs.status import KEPT, Appended, StatusFollower


@pytest.fixture
def folder(tmp_path) -> RunFolder:
    made = RunFolder(tmp_path / "20261122-183419-ab12")
    for number in (1, 2):
        made.attempt(number).mkdir(parents=True)
    return made


def add(path, *lines) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(one) + "\n" for one in lines)


def step(n, at, d=1.0, s=10, w=0.1):
    return {"k": "step", "t": at, "n": n, "d": d, "s": s, "w": w}


def test_nothing_is_known_before_anything_was_written(folder):
    found = StatusFollower(folder).now(100.0)
    assert (found.step, found.rate, found.left, found.share, found.waiting) == (None,) * 5


def test_steps_rate_waiting_and_the_time_left(folder):
    follower = StatusFollower(folder, attempts=4, processes=2)
    add(folder.seen(1), {"k": "begin", "t": 100.0}, {"k": "total", "t": 100.0, "n": 1000})
    add(folder.seen(1), step(10, 101.0), step(20, 102.0))
    found = follower.now(103.0)
    assert (found.step, found.total, found.rate, found.share) == (20, 1000, 10.0, 0.02)
    assert found.left == pytest.approx(98.0)
    assert found.waiting == pytest.approx(0.1)
    assert (found.still, found.seconds, found.attempts, found.processes) == (1.0, 3.0, 4, 2)


def test_only_what_was_appended_is_read(folder):
    follower = StatusFollower(folder)
    add(folder.seen(1), step(10, 101.0))
    assert follower.now(101.0).step == 10
    path = folder.seen(1)
    size = path.stat().st_size
    # what was read may be anything by now: it is not read again
    path.write_bytes(b"x" * (size - 1) + b"\n")
    add(path, step(20, 102.0))
    assert follower.now(102.0).step == 20


def test_a_torn_last_line_waits_for_its_end(folder):
    follower = StatusFollower(folder)
    whole = json.dumps(step(30, 101.0))
    folder.seen(1).write_text(whole[:20])
    assert follower.now(101.0).step is None
    with folder.seen(1).open("a") as file:
        file.write(whole[20:] + "\n")
    assert follower.now(101.0).step == 30


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"nonsense\n",
        b"[1]\n",
        b"7\n",
        b'{"k": 5}\n',
        b'{"k": "step", "n": "x", "t": null}\n',
        b"\xff\xfe\n",
        b'{"k": "metric", "name": 5, "value": []}\n',
        b'{"k": "step", "n": NaN, "t": Infinity}\n',
        b"[" * 9999 + b"\n",
    ],
)
def test_no_line_breaks_it(folder, line):
    folder.seen(1).write_bytes(line)
    folder.resources(1).write_bytes(line)
    add(folder.seen(1), step(10, 101.0))
    assert StatusFollower(folder).now(101.0).step == 10


def test_the_rate_is_of_the_last_minute(folder):
    add(folder.seen(1), *(step(n, 100.0 + n, s=1, d=1.0) for n in range(1, 101)))
    add(folder.seen(1), *(step(100 + 10 * n, 200.0 + n, s=10, d=1.0) for n in range(1, 61)))
    assert StatusFollower(folder).now(260.0).rate == pytest.approx(10.0, rel=0.05)


def test_metrics_keep_their_whole_course_in_little_room(folder):
    add(folder.seen(1), *({"k": "metric", "t": 1.0, "name": "loss", "value": 1 / n} for n in range(1, 5001)))
    (loss,) = StatusFollower(folder).now(1.0).metrics
    assert loss.value == loss.recent[-1] == 1 / 5000
    assert loss.recent[0] == 1.0
    assert KEPT / 2 <= len(loss.recent) <= KEPT + 1


def test_a_value_that_json_lacks_may_be_a_word(folder):
    add(folder.seen(1), {"k": "metric", "t": 1.0, "name": "loss", "value": "nan"})
    (loss,) = StatusFollower(folder).now(1.0).metrics
    assert math.isnan(loss.value)


def test_what_it_uses_is_the_last_sample(folder):
    card = {"index": 1, "memory": 5, "utilisation": 0.5}
    add(
        folder.resources(1),
        {"t": 1.0, "cpu": 1.0, "memory": 9},
        {"t": 2.0, "cpu": 3.5, "memory": 7, "gpus": [card, 4]},
    )
    found = StatusFollower(folder).now(2.0)
    assert (found.cpu, found.memory, found.gpus) == (3.5, 7, (GpuUse(1, 5, 0.5),))


def test_another_attempt_is_followed_from_its_beginning_and_counts_on_from_its_checkpoint(folder):
    follower = StatusFollower(folder, attempts=2)
    add(folder.seen(1), {"k": "begin", "t": 100.0}, step(50, 101.0), {"k": "total", "t": 101.0, "n": 100})
    follower.now(101.0)
    add(folder.seen(2), {"k": "resume", "t": 110.0, "path": "p", "n": 40}, step(5, 111.0))
    found = follower.now(111.0, attempt=2)
    assert (found.attempt, found.step, found.total, found.saved, found.seconds) == (2, 45, 100, 40, 11.0)


def test_a_file_that_was_made_anew_is_read_from_its_beginning(tmp_path):
    path = tmp_path / "x.jsonl"
    add(path, {"a": 1}, {"a": 2})
    follow = Appended(path)
    assert [one["a"] for one in follow.fresh()] == [1, 2]
    path.write_text('{"a": 3}\n')
    assert [one["a"] for one in follow.fresh()] == [3]
