"""SIGKILL alone proves no want of memory: the kernel's counter and the last sample decide what is said."""

from __future__ import annotations

import pytest

from provenv.diagnosis.diagnose import diagnose
from provenv.model.resources import Sample
from provenv.runs import killed
from provenv.runs.killed import ELSE, MEMORY, judged, killed_for_memory, last_sample
from provenv.runs.sample_lines import line_of
from provenv.ui.words import LANGUAGES, Words

GIB = 1 << 30
MUCH, LITTLE = Sample(1.0, memory=2 * GIB, left=30 * GIB), Sample(1.0, memory=60 * GIB, left=GIB // 4)


@pytest.mark.parametrize(
    ("grown", "last", "cause", "what", "machine"),
    [
        (0, MUCH, ELSE, "runs.killed.else", ["runs.killed.left", "runs.killed.none_counted"]),
        (None, MUCH, ELSE, "runs.killed.else", ["runs.killed.left"]),
        (0, LITTLE, MEMORY, "runs.killed.perhaps", ["runs.killed.left", "runs.killed.none_counted"]),
        (None, None, MEMORY, "runs.killed.perhaps", ["runs.killed.unknown"]),
        (None, Sample(1.0), MEMORY, "runs.killed.perhaps", ["runs.killed.unknown"]),
        # what is counted is sure, whatever the memory was a second before
        (1, MUCH, MEMORY, None, ["runs.killed.left", "runs.killed.counted"]),
    ],
)
def test_what_is_said_of_a_bare_sigkill(grown, last, cause, what, machine):
    found = diagnose([b"step 7\nKilled"])
    told = judged(found, 137, grown, last)
    first = told.candidates[0]
    assert (told.cause, first.cause) == (cause, cause)
    assert first.what.key == (what or found.candidates[0].what.key)
    assert [one.key for one in first.machine][-len(machine) :] == machine
    for language in LANGUAGES:
        assert all(Words(language)(one) for one in (first.what, first.why, *first.machine))


@pytest.mark.parametrize(
    ("log", "code"),
    [
        (b"RuntimeError: DataLoader worker (pid 4242) is killed by signal: Killed.\nKilled", 137),
        (b"step 7\nKilled", 1),
        (b"ModuleNotFoundError: No module named 'torch'", 137),
    ],
)
def test_what_says_more_than_sigkill_stays(log, code):
    found = diagnose([log])
    assert judged(found, code, 0, MUCH) == found


def test_the_kernels_counter_is_read_where_there_is_one(monkeypatch):
    said = {"/proc/vmstat": "nr_free_pages 12\noom_kill 70\nballoon_inflate 0\n"}
    monkeypatch.setattr(killed, "read_text", lambda path: said.get(path, ""))
    assert killed_for_memory() == 70
    said.clear()
    assert killed_for_memory() is None


def test_the_last_sample_is_the_last_whole_one(tmp_path):
    path = tmp_path / "resources.jsonl"
    path.write_bytes(line_of(LITTLE) + line_of(MUCH) + b'{"t": 3')
    assert last_sample(path) == MUCH
    assert last_sample(tmp_path / "none") is None
