"""`run` with a record: what is recorded and what isn't, several processes, restarts, what a record says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

DECLARED = """\
schema = 1
name = "folder"
requirements = ["alpha<2"]

[env]
SEED = "7"

[run.train]
command = "python train.py"
retries = 2

[run.two]
command = "python two.py"
processes = 2
"""
TRAIN = """\
import os, sys
attempt = int(os.environ["PROVENV_RUN_ATTEMPT"])
print("attempt", attempt)
if attempt == 1 and "die" in sys.argv:
    with open(os.environ["PROVENV_RUN_SEEN"], "a") as file:
        file.write('{"k": "step", "t": 0, "n": 5, "d": 1}\\n')
    os.kill(os.getpid(), 9)
sys.exit(int(sys.argv[-1]) if sys.argv[-1].isdigit() else 0)
"""
TWO = """\
import json, os
names = ("RANK", "WORLD_SIZE", "MASTER_PORT", "TF_CONFIG")
print(json.dumps({name: os.environ[name] for name in names}))
"""


def built(workplace):
    tool = workplace(DECLARED)
    tool.write("train.py", TRAIN)
    tool.write("two.py", TWO)
    assert tool("up").code == 0
    return tool


@pytest.fixture
def trained(copied):
    return copied(built)


def records(tool):
    folders = sorted(Path(tool.root, ".provenv", "runs").glob("*-*"))
    return [json.loads((one / "run.json").read_text()) for one in folders]


def test_a_declared_run_is_recorded_with_what_it_came_from(trained):
    ended = trained("run", "train")
    assert (ended.code, ended.out) == (0, "attempt 1\n")
    (record,) = records(trained)
    assert record["name"] == "train"
    assert record["argv"] == ["python", "train.py"]
    assert record["generation"] == 1
    assert record["variables"]["SEED"] == "7"
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", record["proof"])
    assert record["lock"]
    assert f"`{record['id']}`" in ended.err
    shown = trained("runs", "show", "--json").data
    assert shown["run"]["state"] == "done"


def test_what_was_killed_after_a_step_begins_again(trained):
    ended = trained("run", "train", "die")
    assert (ended.code, ended.out) == (0, "attempt 1\nattempt 2\n")
    run = trained("runs", "show", "--json").data["run"]
    assert [one["code"] for one in run["attempts"]] == [137, 0]


def test_the_code_is_the_commands_own_and_where_to_read_on_is_told(trained):
    ended = trained("run", "--retries", "0", "train", "7")
    assert ended.code == 7
    assert f"provenv runs show {records(trained)[0]['id']}" in ended.err


def test_several_processes_are_told_of_each_other_and_their_lines_apart(trained):
    ended = trained("run", "two")
    assert ended.code == 0
    told = sorted(ended.out.splitlines())
    assert [line[:4] for line in told] == ["[0] ", "[1] "]
    first, second = (json.loads(line[4:]) for line in told)
    assert (first["RANK"], second["RANK"], first["WORLD_SIZE"]) == ("0", "1", "2")
    assert first["MASTER_PORT"] == second["MASTER_PORT"]
    assert json.loads(second["TF_CONFIG"])["task"] == {"type": "worker", "index": 1}
    assert trained("run", "--processes", "1", "train").out == "attempt 1\n"


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (("--", "python", "train.py"), 1),
        (("--", "python", "-c", "print(1)"), 0),
        (("--", "echo", "train.py"), 0),
        (("--no-record", "train"), 0),
        (("--record", "--", "echo", "x"), 1),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, tuple) else str(one),
)
def test_what_trains_is_recorded_and_nothing_else(trained, words, count):
    # a script that is not recorded is told nothing of attempts
    trained.write("train.py", "print('trained')")
    assert trained("run", *words).code == 0
    assert len(records(trained)) == count


@pytest.mark.parametrize("value", ["0", "many", "-1", "9999999"])
def test_a_number_of_processes_that_is_none_is_a_mistake_of_usage(trained, value):
    ended = trained("run", f"--processes={value}", "train")
    assert ended.code == 2
    assert "PV1240" in ended.err
    assert not records(trained)


def test_an_image_is_not_asked_for_what_it_can_not_do_yet(trained):
    trained.write("provenv.toml", DECLARED + '\n[target.box]\nkind = "image"\n')
    ended = trained("--on", "box", "run", "--processes", "2", "train")
    assert ended.code == 2
    assert "PV1241" in ended.err


NEEDS_HOROVOD = """\
import os
import horovod.torch as hvd

hvd.init()
print(hvd.rank(), os.getcwd() != "")
"""


@pytest.mark.parametrize(
    "words",
    [
        ("train",),
        ("--", "python", "train.py"),
        ("--no-record", "--", "python", "train.py"),
        ("--", "horovodrun", "-np", "2", "python", "train.py"),
        ("--processes", "2", "--", "python", "train.py"),
    ],
    ids=" ".join,
)
def test_a_script_that_needs_horovod_is_explained_before_it_starts(trained, words):
    trained.write("train.py", NEEDS_HOROVOD)
    ended = trained("run", *words)
    assert (ended.code, ended.out) == (125, "")
    assert "PV1256" in ended.err
    assert "train.py:2:1" in ended.err
    assert "line 4: `hvd.init` becomes `dist.init_process_group()`" in ended.err
    assert re.search(r"provenv run --processes (2|auto) -- python train\.py\n", ended.err)
    assert records(trained) == []


def test_a_script_whose_horovod_is_there_goes_on_with_a_warning(trained):
    trained.write("train.py", NEEDS_HOROVOD)
    trained.write("horovod/__init__.py", "")
    trained.write("horovod/torch.py", "init = lambda: None\nrank = lambda: 0\n")
    ended = trained("run", "train")
    assert (ended.code, ended.out) == (0, "0 True\n")
    assert "PV1255" in ended.err
    assert "PV1256" not in ended.err


def test_a_script_that_does_without_horovod_is_left_in_peace(trained):
    guarded = "try:\n    import horovod.torch as hvd\nexcept ImportError:\n    hvd = None\nprint(hvd)\n"
    trained.write("train.py", guarded)
    ended = trained("run", "train")
    assert (ended.code, ended.out) == (0, "None\n")
    assert "Horovod" not in ended.err


def test_a_missing_horovodrun_is_explained_too(trained):
    trained.write("train.py", "print(1)")
    ended = trained("run", "--", "horovodrun", "-np", "2", "python", "train.py")
    assert ended.code == 127
    assert "PV1257" in ended.err
    assert "provenv run --processes 2 -- python train.py" in ended.err


HANGS = """\
import json, os, threading
def told(**words):
    with open(os.environ["PROVENV_RUN_SEEN"], "a") as file:
        file.write(json.dumps({"t": 0, **words}) + "\\n")
def load():
    threading.Event().wait()
told(k="step", n=5, d=1)
load()
"""


def test_a_hang_is_ended_in_time_and_said_with_place_and_remedy(trained):
    trained.write("hangs.py", HANGS)
    trained.write("provenv.toml", f'{DECLARED}\n[run.hangs]\ncommand = "python hangs.py"\nstall = "2s"\n')
    ended = trained("run", "hangs")
    assert ended.code == 124
    shown = trained("runs", "show").out
    for said in (ended.err, shown):
        told = " ".join(said.split())
        assert "since step 5: process 0 stands at hangs.py:6 in `load`" in told
        assert "see in the stacks which thread should let hangs.py:6 go on" in told
    # Chinese says the same
    assert "进程 0 停在 hangs.py:6 的 `load` 中" in trained("--lang", "zh", "runs", "show").out


@pytest.mark.parametrize("value", ["0s", "ten", "5", "-1m"])
def test_a_length_of_time_that_is_none_is_a_mistake_of_usage(trained, value):
    ended = trained("run", f"--stall={value}", "train")
    assert ended.code == 2
    assert f"--stall={value}" in ended.err


def test_a_bare_sigkill_with_memory_left_is_not_said_to_be_the_memory(trained):
    trained.write("killed.py", "import os; os.kill(os.getpid(), 9)")
    ended = trained("run", "--record", "--explain", "--", "python", "killed.py")
    assert ended.code == 137
    told = " ".join(ended.err.split())
    assert (
        "something sent SIGKILL; there was memory left" in told or "perhaps the host's memory ran out" in told
    )
    assert "the host's memory ran out: the process" not in told
