"""Alarms over made-up runs: what must be told, once, and what must not."""

from __future__ import annotations

import json
import random
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from loading import load
from provenv.model.resources import Alarm, GpuSample, Sample
from provenv.runs.alarm_feed import AlarmFeed
from provenv.runs.alarms import Alarms
from provenv.runs.sampling import Sampling
from provenv.runs.trend import Window, slope

part = load("group_parts", Path(__file__).with_name("group_parts.py")).part

MIB, GIB = 1 << 20, 1 << 30

Made = Callable[[float], Sample]


def run(
    alarms: Alarms, made: Made, seconds: int, *, steps: float | None = 0.5, waits: float = 0.0
) -> list[Alarm]:
    """Let so many seconds pass, a sample each; `steps` is the time of a step, `waits` what it waits."""
    found = []
    for second in range(seconds):
        t = float(second)
        if steps is not None:
            line = {"k": "step", "t": t, "n": int(t / steps) + 1, "d": 1.0, "s": 1 / steps, "w": waits}
            alarms.line(0, line)
        found += alarms.sample(made(t))
    return found


def kinds(found: list[Alarm]) -> list[str]:
    return [one.kind for one in found]


def growing(rate: float, *, left: float = 10 * GIB, noise: int = 0, until: float = 1e9) -> Made:
    """A run whose second process grows by `rate` bytes a second until a time."""
    dice = random.Random(1)

    def made(t: float) -> Sample:
        more = int(rate * min(t, until)) + dice.randint(-noise, noise)
        workers = {"10": 500 * MIB, "11": 300 * MIB + more}
        return Sample(
            t, cpu=1.0, memory=sum(workers.values()), processes=2, workers=workers, left=int(left - more)
        )

    return made


def test_a_worker_that_grows_is_told_with_the_time_that_is_left() -> None:
    found = run(Alarms(), growing(2 * MIB, noise=MIB), 900)
    assert kinds(found) == ["memory-grows"]
    told = found[0].problem
    assert told.code == "PV1220"
    assert told.what.args["rate_bytes"] == pytest.approx(120 * MIB, rel=0.05)
    # ten GiB at two MiB a second
    assert told.what.args["full_seconds"] == pytest.approx(5120 - found[0].t, rel=0.1)
    assert told.why is not None
    assert told.why.args["pid"] == "11"
    assert told.hints[0].command == "ps -o pid,rss,etime,args -p 11"


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(growing(0, noise=20 * MIB), id="noise"),
        pytest.param(growing(20 * MIB, until=50), id="a beginning"),
        pytest.param(growing(0.05 * MIB), id="so slowly that it is not full in a day"),
        pytest.param(growing(1000), id="next to nothing"),
    ],
)
def test_what_does_not_fill_the_memory_is_not_told(made: Made) -> None:
    assert run(Alarms(), made, 1500) == []


def test_workers_that_begin_anew_each_epoch_do_not_raise_it() -> None:
    def made(t: float) -> Sample:
        memory = GIB + int(t % 120) * 4 * MIB
        return Sample(t, cpu=1.0, memory=memory, processes=2, workers={"1": memory}, left=20 * GIB)

    assert run(Alarms(), made, 1500) == []


def test_data_that_are_loaded_before_the_first_step_do_not_raise_it() -> None:
    alarms = Alarms()
    made = growing(20 * MIB, left=60 * GIB)
    assert [
        one
        for second in range(600)
        for one in alarms.sample(made(second))
        if alarms.line(0, {"k": "beat", "t": second, "n": 0}) is None
    ] == []


def test_a_slow_leak_is_told_by_the_long_window() -> None:
    # 0.2 MiB a second: the ten minutes see it, but not how long it goes on
    found = run(Alarms(), growing(0.2 * MIB, left=6 * GIB, noise=20 * MIB), 4 * 3600)
    assert kinds(found) == ["memory-grows"]
    assert found[0].problem.what.args["rate_bytes"] == pytest.approx(12 * MIB, rel=0.15)


def test_memory_that_is_nearly_full_is_told_once() -> None:
    def made(t: float) -> Sample:
        return Sample(t, memory=int(30 * GIB), processes=1, workers={"7": 30 * GIB}, left=GIB)

    found = run(Alarms(), made, 30)
    assert kinds(found) == ["memory-nearly-full"]
    assert found[0].problem.what.args == {"left_bytes": GIB, "used_bytes": 30 * GIB}


def test_a_machine_that_others_fill_is_none_of_this_run() -> None:
    assert run(Alarms(), lambda t: Sample(t, memory=100 * MIB, processes=1, left=500 * MIB), 30) == []


def standing(
    alarms: Alarms,
    *,
    cpu: float = 0.0,
    written: Callable[[float], int] = lambda t: 0,
    beat: float | None = None,
    processes: int = 3,
    last: int = 60,
) -> list[Alarm]:
    """A run that steps until `last` and then not any more, while its process beats on."""
    found = []
    for second in range(300):
        t = float(second)
        if second < last:
            alarms.line(0, {"k": "step", "t": t, "n": second + 1, "d": 1.0, "s": 1, "w": 0.9})
        else:
            told = {"k": "beat", "t": t, "n": last}
            alarms.line(0, told if beat is None else {**told, "w": (t - last) * beat})
        workers = {str(10 + number): GIB for number in range(processes)}
        found += alarms.sample(
            Sample(
                t,
                cpu=cpu,
                memory=processes * GIB,
                processes=processes,
                workers=workers,
                written=written(t),
                left=64 * GIB,
            )
        )
    return found


def test_a_loader_that_stands_still_is_told() -> None:
    found = standing(Alarms())
    assert kinds(found) == ["loader-stuck"]
    told = found[0].problem
    assert 60 <= found[0].t - 59 < 75
    assert told.what.args["step"] == 60
    assert (told.hints[0].command or "").startswith("ps -o pid,stat,wchan:24,args -p 1")


def test_a_loader_that_never_gave_its_first_batch_is_told() -> None:
    assert kinds(standing(Alarms(), last=0)) == ["loader-stuck"]


def test_the_process_says_best_itself_that_it_waits() -> None:
    assert kinds(standing(Alarms(), beat=1.0, cpu=0.8)) == ["loader-stuck"]
    assert standing(Alarms(), beat=0.0) == []


@pytest.mark.parametrize(
    "busy",
    [
        pytest.param({"cpu": 1.0}, id="it validates"),
        pytest.param({"written": lambda t: int(t) * MIB}, id="it saves"),
        pytest.param({"processes": 1}, id="it has no loader"),
    ],
)
def test_who_is_at_work_on_something_else_does_not_stand_still(busy: dict[str, object]) -> None:
    assert standing(Alarms(), **busy) == []  # type: ignore[arg-type]  # cases of one function


def test_long_steps_are_no_stand_still() -> None:
    alarms, found = Alarms(), list[Alarm]()
    for second in range(1500):
        if second % 50 == 0:
            alarms.line(0, {"k": "step", "t": float(second), "n": second // 50 + 1, "d": 50.0, "s": 1})
        alarms.line(0, {"k": "beat", "t": float(second), "n": second // 50 + 1})
        found += alarms.sample(Sample(float(second), cpu=0.0, processes=3, workers={"1": 1, "2": 2, "3": 3}))
    assert found == []


def test_a_disk_that_fills_up_is_told_in_time() -> None:
    found = run(Alarms(), lambda t: Sample(t, processes=1, disk_free=int(20 * GIB - t * 20 * MIB)), 600)
    assert kinds(found) == ["disk-nearly-full"]
    assert found[0].problem.what.args["free_bytes"] > 10 * GIB
    assert found[0].problem.why is not None
    assert found[0].problem.why.args["full_seconds"] < 1800


def test_a_disk_that_does_not_take_two_more_checkpoints_is_told() -> None:
    def made(t: float) -> Sample:
        return Sample(t, processes=1, disk_free=5 * GIB, written=int(3 * GIB) if t >= 50 else 0)

    alarms, found = Alarms(), list[Alarm]()
    for second in range(60):
        found += alarms.sample(made(float(second)))
        if second == 52:
            alarms.line(0, {"k": "save", "t": 52.0, "seconds": 3.0, "n": 5, "path": "last.pt"})
    assert kinds(found) == ["disk-nearly-full"]
    assert found[0].problem.why is not None
    assert found[0].problem.why.args == {"checkpoint_bytes": 3 * GIB}


@pytest.mark.parametrize(("free", "told"), [(500 * MIB, True), (2 * GIB, False), (None, False)])
def test_a_disk_with_next_to_nothing_is_told(free: int | None, told: bool) -> None:
    found = run(Alarms(), lambda t: Sample(t, processes=1, disk_free=free), 20)
    assert bool(found) is told


def test_shared_memory_that_is_nearly_full_is_told() -> None:
    found = run(Alarms(), lambda t: Sample(t, shm=int(t) * MIB, shm_total=64 * MIB), 64)
    assert kinds(found) == ["shm-nearly-full"]
    assert found[0].t == 58
    assert run(Alarms(), lambda t: Sample(t, shm=0, shm_total=0), 10) == []


@pytest.mark.parametrize(
    ("busy", "waits", "told"),
    [(0.1, 0.8, True), (0.9, 0.8, False), (0.1, 0.1, False), (None, 0.8, False)],
)
def test_a_gpu_that_waits_for_data_is_told(busy: float | None, waits: float, told: bool) -> None:
    def made(t: float) -> Sample:
        return Sample(t, cpu=1.0, processes=2, gpus=(GpuSample(0, GIB, busy),))

    found = run(Alarms(cores=8.0), made, 200, waits=waits)
    assert kinds(found) == (["gpu-waits-for-data"] if told else [])
    if told:
        assert found[0].problem.what.args == {"busy": 10, "waiting": 80}


def test_a_new_attempt_is_measured_anew_but_not_told_again() -> None:
    alarms = Alarms()
    made = growing(2 * MIB)
    assert kinds(run(alarms, made, 900)) == ["memory-grows"]
    alarms.began()
    assert run(alarms, made, 900) == []


@pytest.mark.parametrize(
    "line",
    [
        {},
        {"k": "step"},
        {"k": "step", "t": "now", "n": 1},
        {"k": "step", "t": 1, "n": None, "d": "x", "w": []},
        {"k": 5, "t": 1},
    ],
)
def test_lines_that_do_not_fit_are_passed_over(line: dict[str, object]) -> None:
    alarms = Alarms()
    alarms.line(0, line)
    assert alarms.sample(Sample(2.0)) == ()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_real_process_that_leaks_is_told() -> None:
    program = """
        kept = []
        while here("stands"):
            kept.append(bytearray(4 << 20))
    """
    alarms, sampling = Alarms(), Sampling()
    found = list[Alarm]()
    with part(program) as one:
        for number in range(45):
            assert one.heard() == "stands"
            # five seconds pass between two samples, as far as the alarms know
            t = number * 5.0
            alarms.line(0, {"k": "step", "t": t, "n": number + 1, "d": 5.0, "s": 1})
            seen = sampling.sample([one.pid])
            found += alarms.sample(replace(seen, t=t, left=2 * GIB))
            one.tell()
        pid = one.pid
    (told,) = found
    assert told.kind == "memory-grows"
    assert told.problem.what.args["rate_bytes"] == pytest.approx(48 * MIB, rel=0.1)
    assert told.problem.hints[0].command == f"ps -o pid,rss,etime,args -p {pid}"


def test_the_files_of_the_ranks_are_read_as_they_grow(tmp_path: Path) -> None:
    first, second = tmp_path / "1.jsonl", tmp_path / "2.jsonl"
    files = {0: first}
    alarms = Alarms()
    feed = AlarmFeed(alarms, lambda: files)
    assert feed(Sample(0.0)) == ()
    first.write_bytes(b"[]\nno line\n" + json.dumps({"k": "step", "t": 1, "n": 7, "d": 1, "s": 1}).encode())
    feed(Sample(1.0))
    assert not alarms._ranks  # the line is not whole yet
    with first.open("ab") as file:
        file.write(b'\n{"k": "beat", "t": 2, "n": 8}\n')
    feed(Sample(2.0))
    assert alarms._ranks[0].steps == 8
    # the next attempt begins anew
    files = {0: second}
    second.write_bytes(b'{"k": "beat", "t": 3, "n": 1}\n')
    feed(Sample(3.0))
    assert alarms._ranks[0].steps == 1


def test_hints_can_be_run() -> None:
    commands = [hint.command for one in every() for hint in one.problem.hints if hint.command]
    assert commands
    assert not [command for command in commands if re.search(r"[<{\[]|\.\.\.", command)]


def every() -> Iterator[Alarm]:
    yield from run(Alarms(), growing(2 * MIB), 900)
    yield from standing(Alarms())
    yield from run(Alarms(), lambda t: Sample(t, disk_free=MIB, shm=9, shm_total=10), 5)


def test_a_line_through_points_is_the_least_squares_one() -> None:
    found = slope([(0.0, 1.0), (1.0, 2.0), (2.0, 3.5), (3.0, 3.5)])
    assert found is not None
    assert found.rate == pytest.approx(0.9)
    assert found.fit == pytest.approx(0.9 * 0.9 * 5 / 4.5)
    assert slope([(0.0, 1.0), (0.0, 2.0), (0.0, 3.0)]) is None
    assert slope([(0.0, 1.0)]) is None


def test_a_window_keeps_no_more_than_it_is_told() -> None:
    window = Window(10.0, 2.0)
    kept = [window.add(t / 2, t) for t in range(100)]
    assert sum(kept) == 25
    assert [t for t, _ in window.points] == [38.0, 40.0, 42.0, 44.0, 46.0, 48.0]
