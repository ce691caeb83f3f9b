"""Why a group stands still, from where its processes stand: recorded stacks."""

from __future__ import annotations

import pytest

from provenv.runs.frames import Stand, main_thread, stand
from provenv.runs.hangs import Standing, explained, stands
from provenv.ui.words import LANGUAGES, Words

SITE = "/home/me/.provenv/here/generations/1/venv/lib/python3.11/site-packages"
TORCH = f"{SITE}/torch"
TAIL = (("/home/me/train.py", 20, "main"), ("/home/me/train.py", 31, "<module>"))
BEATS = """Thread 0x00007f1 (most recent call first):
  File "/opt/provenv/payload/watching/provenv_watching/stacks.py", line 57 in _beat
"""
COLLECTIVE = (
    (f"{TORCH}/distributed/distributed_c10d.py", 3085, "all_reduce"),
    (f"{TORCH}/distributed/c10d_logger.py", 83, "wrapper"),
)
BARRIER = (
    (f"{TORCH}/distributed/distributed_c10d.py", 4873, "barrier"),
    (f"{TORCH}/distributed/c10d_logger.py", 83, "wrapper"),
)
BACKWARD = (
    (f"{TORCH}/autograd/graph.py", 865, "_engine_run_backward"),
    (f"{TORCH}/autograd/__init__.py", 361, "backward"),
    ("/opt/provenv/payload/watching/provenv_watching/torch_hooks.py", 130, "backward"),
    (f"{TORCH}/_tensor.py", 625, "backward"),
)
LOADER = (
    ("/usr/lib/python3.11/selectors.py", 415, "select"),
    ("/usr/lib/python3.11/multiprocessing/connection.py", 930, "wait"),
    ("/usr/lib/python3.11/multiprocessing/queues.py", 113, "get"),
    (f"{TORCH}/utils/data/dataloader.py", 1275, "_try_get_data"),
    (f"{TORCH}/utils/data/dataloader.py", 1482, "_next_data"),
    (f"{TORCH}/utils/data/dataloader.py", 733, "__next__"),
    ("/opt/provenv/payload/watching/provenv_watching/torch_hooks.py", 173, "__next__"),
)
FETCHES = (
    (f"{TORCH}/utils/data/_utils/fetch.py", 54, "fetch"),
    (f"{TORCH}/utils/data/_utils/worker.py", 358, "_worker_loop"),
    ("/usr/lib/python3.11/multiprocessing/process.py", 108, "run"),
)
IDLES = (
    *LOADER[:3],
    (f"{TORCH}/utils/data/_utils/worker.py", 330, "_worker_loop"),
    ("/usr/lib/python3.11/multiprocessing/process.py", 108, "run"),
)


def dumped(*frames):
    rows = "".join(f'  File "{file}", line {line} in {function}\n' for file, line, function in frames)
    return f"{BEATS}\nCurrent thread 0x00007f2 (most recent call first):\n{rows}"


def stood(*frames):
    return stand(main_thread(dumped(*frames)), "/home/me")


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        (COLLECTIVE + TAIL, Stand("train.py:20", "main", "collective", "all_reduce")),
        (BACKWARD + TAIL, Stand("train.py:20", "main", "backward", "backward")),
        (LOADER + TAIL, Stand("train.py:20", "main", "loader", "DataLoader")),
        (
            (("/data/rows.py", 8, "__getitem__"), *FETCHES, *TAIL),
            Stand("/data/rows.py:8", "__getitem__", "own", worker=True),
        ),
        (IDLES + TAIL, Stand("train.py:20", "main", "idle", "run", True)),
        (TAIL, Stand("train.py:20", "main", "own")),
        (
            (("/usr/lib/python3.11/threading.py", 331, "wait"), *TAIL),
            Stand("train.py:20", "main", "lock", "wait"),
        ),
        (
            (
                ("/usr/lib/python3.11/ssl.py", 1166, "read"),
                (f"{SITE}/requests/sessions.py", 602, "get"),
                *TAIL,
            ),
            Stand("train.py:20", "main", "network", "get"),
        ),
        ((("/home/me/\\u8bad\\u7ec3.py", 3, "f"),), Stand("训练.py:3", "f", "own")),
        # nothing of one's own: `python -m` of a library
        ((("<frozen runpy>", 88, "_run_code"),), Stand("<frozen runpy>:88", "_run_code", "own")),
        ((), None),
    ],
)
def test_a_stack_says_where_the_own_code_stands_and_in_what_it_waits(frames, expected):
    assert stood(*frames) == expected


def process(rank, frames=(), step=5, **more):
    return Standing(rank, step, stood(*frames) if frames else None, **more)


ELSEWHERE = (("/home/me/train.py", 40, "evaluate"), *TAIL)
LOCKED = (
    ("/usr/lib/python3.11/logging/__init__.py", 922, "acquire"),
    ("/home/me/rows.py", 9, "log"),
    *FETCHES,
)
CASES = {
    "one does not come": ([process(0, COLLECTIVE + TAIL), process(1, ELSEWHERE)], "PV1260", "PV1260.why"),
    "one has ended": ([process(0, BACKWARD + TAIL), process(1, ended=True)], "PV1260", "PV1260.why"),
    "different": (
        [process(0, COLLECTIVE + TAIL), process(1, BARRIER + TAIL)],
        "PV1262",
        "PV1262.why_differs",
    ),
    "the same": ([process(0, COLLECTIVE + TAIL), process(1, COLLECTIVE + TAIL)], "PV1262", "PV1262.why_same"),
    "loader": (
        [
            process(0, COLLECTIVE + TAIL),
            process(
                1,
                LOADER + TAIL,
                workers=(
                    (7, stood(*IDLES), ""),
                    (8, None, "D"),
                    (9, stood(("/d/r.py", 1, "g"), *FETCHES), ""),
                ),
            ),
        ],
        "PV1263",
        "PV1263.why_worker",
    ),
    "locked": ([process(0, LOADER + TAIL, workers=((9, stood(*LOCKED), ""),))], "PV1263", "PV1263.why_lock"),
    "silent worker": ([process(0, LOADER + TAIL, workers=((8, None, "D"),))], "PV1263", "PV1263.why_silent"),
    "idle": ([process(0, LOADER + TAIL, workers=((7, stood(*IDLES), ""),))], "PV1263", "PV1263.why_idle"),
    "no worker": ([process(0, LOADER + TAIL)], "PV1263", "PV1263.why_none"),
    "behind": ([process(0, TAIL), process(1, ELSEWHERE, step=4)], "PV1264", "PV1264.why_own"),
    "silent": ([process(0, state="D (disk sleep)")], "PV1261", "PV1261.why"),
    # a process alone has nobody to wait for
    "alone": ([process(0, BACKWARD + TAIL)], "PV1264", "PV1264.why_call"),
}


@pytest.mark.parametrize("name", CASES)
def test_what_holds_a_group_up_is_named_with_what_to_do(name, snapshot):
    group, code, why = CASES[name]
    found = explained(group, 300.0, ["stacks-0.txt", "stacks-1.txt"])
    assert (found.code, found.why.key) == (code, why)
    for language in LANGUAGES:
        words = Words(language)
        hints = [f"{words(one.text)} {one.command or ''}".strip() for one in found.hints]
        assert "\n".join([words(found.what), words(found.why), *hints]) == snapshot


def test_many_processes_at_few_places_are_told_together():
    group = [process(rank, ELSEWHERE if rank == 3 else COLLECTIVE + TAIL) for rank in range(1024)]
    assert stands(group) == "0-2, 4-1023: `all_reduce` (train.py:20); 3: `evaluate` (train.py:40)"
