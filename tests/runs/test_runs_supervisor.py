"""A run from its first attempt to its last word, with real processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from provenv.errors import Failure, Place
from provenv.model.codec import from_json
from provenv.model.diagnosis import Diagnosis
from provenv.model.runs import Attempt, RunEnd, RunRecord
from provenv.runs.job import Callbacks
from provenv.runs.last_words import KEPT, kept, last_words
from provenv.targets.held import hold, open_held
from supervising import new_run, runner, supervised, until, whole

PYTHON = [sys.executable, "-c"]
# makes a step, and ends with the code that the attempt's place in the list gives
STEPS = """
import json, os, signal, sys
codes = CODES
attempt = int(os.environ["PROVENV_RUN_ATTEMPT"])
with open(os.environ["PROVENV_RUN_SEEN"], "a") as file:
    if attempt > 1: file.write(json.dumps({"k": "resume", "t": 0, "n": 10 * (attempt - 1)}) + "\\n")
    file.write(json.dumps({"k": "step", "t": 0, "n": 10 * attempt, "d": 1}) + "\\n")
print("attempt", attempt, os.environ.get("MASTER_PORT"), flush=True)
code = codes[attempt - 1]
if code and os.environ.get("RANK", "0") != "0": signal.pause()
if code == 137: os.kill(os.getpid(), signal.SIGKILL)
sys.exit(code)
"""


def steps(*codes):
    return [*PYTHON, STEPS.replace("CODES", repr(codes))]


@pytest.fixture
def folder(tmp_path):
    return new_run(tmp_path)


def recorded(folder):
    return [from_json(Attempt, json.loads(line)) for line in folder.attempts.read_bytes().splitlines()]


def test_it_is_started_again_until_it_is_done_and_all_is_recorded(folder):
    told = []
    done = supervised(
        folder,
        steps(137, 1, 0),
        world=2,
        retries=5,
        difference=b"+",
        callbacks=Callbacks(began=lambda number, pids: told.append((number, len(pids))), ended=told.append),
    )
    assert done.findings == ()
    assert done.end == from_json(RunEnd, json.loads(folder.end.read_bytes()))
    assert (done.end.state, done.end.code, done.end.why) == ("done", 0, None)
    assert recorded(folder) == list(done.attempts)
    assert [(one.number, one.code, one.restarted) for one in done.attempts] == [
        (1, 137, True),
        (2, 1, True),
        (3, 0, False),
    ]
    assert [one.why.key if one.why else None for one in done.attempts] == ["runs.why.again"] * 2 + [None]
    assert told == [(1, 2), done.attempts[0], (2, 2), done.attempts[1], (3, 2), done.attempts[2]]
    record = from_json(RunRecord, json.loads(folder.record.read_bytes()))
    assert (record.pid, record.processes, record.retries) == (os.getpid(), 2, 5)
    ports = {folder.log(number).read_text().split()[2] for number in (1, 2, 3)}
    assert len(ports) == 3


def test_retries_end_somewhere(folder):
    done = supervised(folder, steps(3, 3, 3), retries=2)
    assert (done.end.state, done.end.code, done.end.why.key) == ("failed", 3, "runs.why.used_up")
    assert len(done.attempts) == 3


def test_what_can_not_succeed_is_not_started_again(folder):
    done = supervised(folder, [*PYTHON, "import nothing_of_this_name"], retries=5)
    assert (done.end.code, len(done.attempts)) == (1, 1)
    assert (done.end.why.key, done.end.why.args["exception"]) == ("runs.why.exception", "ModuleNotFoundError")


def test_a_diagnosis_decides_and_is_recorded(folder):
    asked = []

    def diagnose(log, code):
        asked.append((log, code))
        return Diagnosis("numpy-abi", "cause", place=Place("a.py", 3))

    code = "import os, sys; sys.exit(5 * (os.environ['RANK'] == '1') or print('x' * 5) or 0)"
    done = supervised(folder, [*PYTHON, code], world=2, retries=5, diagnose=diagnose)
    assert asked == [(b"", 5)]
    assert (done.end.why.key, done.end.why.args["cause"]) == ("runs.why.cause", "numpy-abi")
    assert recorded(folder)[0].diagnosis == done.attempts[0].diagnosis == diagnose(b"", 0)


def test_the_same_end_twice_is_enough(folder):
    done = supervised(folder, [*PYTHON, "raise RuntimeError('the same')"], retries=9)
    assert (len(done.attempts), done.end.why.key) == (2, "runs.why.same")
    assert done.attempts[0].waited > 0


def test_a_signal_while_it_waits_ends_it(folder, plain, tmp_path):
    codes = "(" + ", ".join(["7"] * 9) + ")"
    program = STEPS.replace("CODES", codes).replace('"n": 10 * attempt, "d"', '"n": 0, "d"')
    program = program.replace(
        'print("attempt"', 'print("attempt", os.urandom(8).hex().translate({48+n: 97+n for n in range(10)})'
    )
    with subprocess.Popen(
        runner(folder, [*PYTHON, program], retries=9), env=plain, cwd=tmp_path, stderr=subprocess.PIPE
    ) as process:
        lines = iter(process.stderr.readline, b"")
        next(line for line in lines if line == b"told: runs.told.again\n")
        process.terminate()
        process.stderr.read()
    told = json.loads((folder.path / "result.json").read_text())
    assert told["end"]["state"] == "preempted"
    assert process.returncode == 143
    assert told["attempts"][-1]["code"] == 7


def test_it_is_held_as_long_as_it_runs(folder):
    seen = []

    def began(_number, _pids):
        other = open_held(folder.held)
        seen.append((hold(other, wait=False), folder.record.exists(), folder.end.exists()))
        os.close(other)

    supervised(folder, [*PYTHON, ""], callbacks=Callbacks(began=began))
    assert seen == [(False, True, False)]
    other = open_held(folder.held)
    assert hold(other, wait=False)
    os.close(other)


@pytest.mark.parametrize(("argv", "code"), [(["no-such-program"], 127), ([], 127)])
def test_a_command_that_is_not_there_leaves_no_record(folder, argv, code):
    with pytest.raises(Failure) as refused:
        supervised(folder, argv)
    assert refused.value.exit_code == code
    assert not folder.path.exists()


def test_a_program_that_can_not_be_started_is_recorded(folder, tmp_path):
    broken = tmp_path / "broken"
    broken.write_bytes(b"#!/no/such/interpreter\n")
    broken.chmod(0o755)
    with pytest.raises(Failure) as refused:
        supervised(folder, [str(broken)])
    assert refused.value.problems[0].code == "PV606"
    end = from_json(RunEnd, json.loads(folder.end.read_bytes()))
    assert (end.state, end.why.key) == ("failed", "runs.why.ours")


def test_what_a_callback_raises_ends_the_processes_and_comes_through(folder, tmp_path):
    pids = []

    def said(_rank, _stream, _words):
        raise RuntimeError("a defect")

    with pytest.raises(RuntimeError, match="a defect"):
        supervised(
            folder,
            [*PYTHON, "import signal; print('x', flush=True); signal.pause()"],
            callbacks=Callbacks(said=said, began=lambda _n, all_: pids.extend(all_)),
        )
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    assert json.loads(folder.end.read_bytes())["state"] == "failed"


def test_a_full_disk_ends_no_training(folder, plain, tmp_path):
    # what is written into a file is refused after 64 KiB; Python ignores the signal that comes with it
    code = "for n in range(40000): print('words', n)"
    command = ["bash", "-c", 'ulimit -f 64; exec "$@"', "bash", *runner(folder, [*PYTHON, code])]
    done = subprocess.run(command, env=plain, cwd=tmp_path, stdout=subprocess.PIPE, check=True)
    assert done.stdout.endswith(b"words 39999\n")
    told = json.loads((folder.path / "result.json").read_text())
    assert told["end"]["state"] == "done"
    assert [one["code"] for one in told["findings"]] == ["PV1152"]


@pytest.mark.parametrize(
    ("log", "exception", "words"),
    [
        (b"", "", ""),
        (b"epoch 3\n\n", "", "epoch #"),
        (b"Traceback\n  File 'a'\nValueError: at 0x7f12 in 17\nbye\n", "ValueError", "ValueError: at # in #"),
        (
            b"\x1b[31m[rank1]: torch.OutOfMemoryError: CUDA\x1b[0m\n",
            "OutOfMemoryError",
            "torch.OutOfMemoryError: CUDA",
        ),
        (b"KeyboardInterrupt\n", "KeyboardInterrupt", "KeyboardInterrupt"),
    ],
)
def test_the_last_words_of_a_log(log, exception, words):
    assert last_words(log) == (exception, words)


def test_of_a_long_log_the_beginning_and_the_end_are_read(tmp_path):
    log = tmp_path / "log"
    assert kept(log) == b""
    log.write_bytes(b"begin\n" + b"middle\n" * KEPT + b"end\n")
    assert kept(log).startswith(b"begin\n")
    assert kept(log).endswith(b"\nend\n")
    assert len(kept(log)) <= 2 * KEPT + 1


GLOO = """
import json, os, signal, sys
import torch
import torch.distributed as dist
dist.init_process_group("gloo")
rank, attempt = dist.get_rank(), int(os.environ["PROVENV_RUN_ATTEMPT"])
state = os.path.join(os.path.dirname(os.path.dirname(os.environ["PROVENV_RUN_SEEN"])), f"state-{rank}.json")
begun, total = json.load(open(state)) if os.path.exists(state) else (0, 0.0)
for step in range(begun, 20):
    value = torch.full((1000,), float(step * (rank + 1)))
    dist.all_reduce(value)
    total += float(value[0])
    with open(state + ".new", "w") as file: json.dump([step + 1, total], file)
    dist.barrier()
    os.replace(state + ".new", state)
    dist.barrier()
    with open(os.environ["PROVENV_RUN_SEEN"], "a") as file:
        file.write(json.dumps({"k": "step", "t": 0, "n": step + 1 - begun, "d": 0}) + "\\n")
    if attempt == 1 and step == 9:
        open(os.environ["PROVENV_RUN_SEEN"] + ".ten", "w").write(f"{os.getpid()}\\n")
        if rank == 1: signal.pause()
print("total", total, "of", dist.get_world_size(), flush=True)
dist.destroy_process_group()
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="kill -9")
def test_a_killed_rank_of_a_real_training_costs_no_step(folder, plain, tmp_path, torch_python):
    command = runner(folder, [str(torch_python), "-c", GLOO], world=2, retries=2)
    environment = {**plain, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, env=environment, cwd=tmp_path, stdout=subprocess.PIPE) as process:
        pid = int(until(lambda: whole(Path(f"{folder.seen(1, 1)}.ten")), limit=200))
        os.kill(pid, signal.SIGKILL)
        out, _ = process.communicate()
    assert process.returncode == 0
    total = sum(3.0 * step for step in range(20))
    assert sorted(out.splitlines()[-2:]) == [b"[%d] total %.1f of 2" % (rank, total) for rank in (0, 1)]
    first, second = recorded(folder)
    assert (first.code, first.restarted, [one.first for one in first.ranks]) == (137, True, [False, True])
    assert first.waited < 0.5
    assert second.code == 0
