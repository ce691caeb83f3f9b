"""`provenv runs`: records listed, shown, followed, ended, removed and exported, by the real program."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from loading import load
from provenv.errors import text

made = load("recorded_for_cli", Path(__file__).resolve().parent.parent / "runs" / "recorded.py")
DECLARED = 'schema = 1\nname = "p"\n[run.train]\ncommand = "python train.py"\n'

WATCHER = """
import json, os, signal, sys, time
from pathlib import Path
from provenv.targets.held import hold, open_held
folder, answer = Path(sys.argv[1]), sys.argv[2]
assert hold(open_held(folder / "held"), wait=False)
record = json.loads((folder / "run.json").read_text())
(folder / "run.json").write_text(json.dumps({**record, "pid": os.getpid()}))
def leave(*_):
    end = {"state": "stopped", "code": 143, "ended": "2026-03-01T10:01:00+00:00", "seconds": 5.0}
    (folder / "end.json").write_text(json.dumps(end))
    sys.exit(143)
signal.signal(signal.SIGTERM, leave if answer == "leave" else signal.SIG_IGN)
print("ready", flush=True)
for line in sys.stdin:
    command, _, rest = line.partition(" ")
    if command == "print":
        attempt, rank, words = rest.split(" ", 2)
        (folder / attempt).mkdir(exist_ok=True)
        with open(folder / attempt / f"rank-{rank}.log", "a") as file:
            file.write(words)
    print("done", flush=True)
leave()
"""


@pytest.fixture
def tool(workplace):
    return workplace(DECLARED)


@pytest.fixture
def watcher(tool):
    """Return a maker of processes that watch a record as a supervisor does."""
    started = []

    def start(one, answer="leave"):
        process = subprocess.Popen(
            [sys.executable, "-c", WATCHER, str(one.folder.path), answer],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=tool.environment,
            text=True,
        )
        started.append(process)
        assert process.stdout.readline() == "ready\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def tell(process, words):
    process.stdin.write(words + "\n")
    process.stdin.flush()
    assert process.stdout.readline() == "done\n"


def several(root):
    """Record a run in each state but `running`."""
    runs = []
    for number, (state, code) in enumerate(
        [("done", 0), ("failed", 1), ("stopped", 143), ("preempted", 143), ("lost", None)]
    ):
        one = made.recorded(root, number, name="train" if number % 2 else "")
        one.attempt(1, lines=made.steps(1, 10 + number), log="step {rank}\n", code=code)
        runs.append(one if code is None else one.end(state, code))
    return runs


def test_nothing_was_recorded_yet(tool):
    for language in ("en", "zh"):
        assert tool("runs", PROVENV_LANG=language).code == 0
    assert tool("runs", "--json").data == {"runs": [], "left_out": 0, "findings": []}
    for command in ("show", "logs", "stop", "export"):
        ended = tool("runs", command)
        assert (ended.code, "PV1182" in ended.err) == (1, True)
    assert not (tool.root / ".provenv").exists()


def test_the_list(tool):
    runs = several(tool.root)
    listed = tool("runs", "--json")
    assert listed.document["command"] == "runs ls"
    assert [one["state"] for one in listed.data["runs"]] == ["done", "failed", "stopped", "preempted", "lost"]
    assert [one["record"]["id"] for one in listed.data["runs"]] == [one.record.id for one in runs]
    assert listed.data["runs"][0]["progressed"]["last"] == {"loss": 0.2}
    for width in (40, 60, 80, 120):
        for language in ("en", "zh"):
            shown = tool("runs", "ls", COLUMNS=str(width), PROVENV_LANG=language)
            assert shown.code == 0, shown.err
            rows = shown.out.splitlines()
            assert len(rows) == 6
            assert all(run.record.id in row for run, row in zip(runs, rows[1:], strict=True))
    assert [one["state"] for one in tool("runs", "--state", "failed", "--json").data["runs"]] == ["failed"]
    named = tool("runs", "--json", "ls", "--name", "train").data["runs"]
    assert [one["record"]["name"] for one in named] == ["train", "train"]


def test_only_the_newest_are_listed_unless_all_are_asked_for(tool):
    for number in range(23):
        made.recorded(tool.root, number).end()
    listed = tool("runs", "--json").data
    assert (len(listed["runs"]), listed["left_out"]) == (20, 3)
    assert listed["runs"][-1]["record"]["id"] == made.identity(22)
    assert len(tool("runs", "--all", "--json").data["runs"]) == 23
    assert "runs ls --all" in tool("runs").out


def test_a_broken_record_does_not_hide_the_others(tool):
    runs = several(tool.root)
    runs[1].folder.record.write_text('{"id": ')
    listed = tool("runs", "--json")
    assert (listed.code, len(listed.data["runs"]), listed.codes) == (0, 4, ["PV1181"])
    shown = tool("runs", "show", runs[1].record.id, "--json")
    assert (shown.code, shown.codes) == (1, ["PV1181"])
    assert tool("runs", "rm", runs[1].record.id, "--yes").code == 0
    assert tool("runs", "--json").codes == []


def test_everything_of_one_run(tool):
    one = made.recorded(tool.root, name="train", processes=2, retries=3)
    one.folder.diff.write_text("diff")
    why = text("verbatim", text="the GPU ran out of memory")
    one.attempt(1, lines=made.steps(1, 47), code=137, processes=2, why=why, restarted=True, waited=2.0)
    one.attempt(2, lines=made.steps(41, 90), processes=2).end()
    one.resources(2, [{"t": made.T0, "memory": 3 << 30, "cpu": 1.5}])
    data = tool("runs", "show", "--json").data
    assert data["run"]["state"] == "done"
    assert data["run"]["peaks"]["memory"] == 3 << 30
    assert data["seen"]["curves"][0]["name"] == "loss"
    for width in ("100", "44"):
        for language in ("en", "zh"):
            shown = tool("runs", "show", "train", COLUMNS=width, PROVENV_LANG=language)
            assert shown.code == 0, shown.err
            for words in ("python train.py", "137 SIGKILL", "0123456789ab", "3 GiB", "▁"):
                assert words in shown.out, (width, language, shown.out)


def test_a_name_that_means_nothing(tool):
    several(tool.root)
    ended = tool("runs", "show", "trian", "--json")
    assert (ended.code, ended.codes) == (2, ["PV1180"])
    assert ended.document["problems"][0]["hints"][0]["command"] == "provenv runs show train"
    assert tool("runs", "show", "train", "--json").data["run"]["record"]["id"] == made.identity(3)


def test_a_command_that_is_none(tool):
    ended = tool("runs", "shwo")
    assert ended.code == 2
    assert "provenv runs show" in ended.err
    assert tool("runs", "ls", "--sate", "x").code == 2


def test_logs_are_bytes_as_they_are(tool):
    one = made.recorded(tool.root).attempt(1).end()
    data = b"\xff\x00 10%\r 20%\nlast line without an end"
    one.folder.log(1).write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-m", "provenv", "runs", "logs"],
        cwd=tool.root,
        env=tool.environment,
        capture_output=True,
        check=True,
    )
    assert done.stdout == data
    (told,) = tool("runs", "logs", "--json").data["logs"]
    assert (told["attempt"], told["rank"], told["bytes"], told["cut"]) == (1, 0, len(data), False)
    assert told["text"].endswith("last line without an end")


def test_logs_of_several_ranks_and_attempts(tool):
    one = made.recorded(tool.root, processes=2)
    one.attempt(1, log="first {rank}\nsecond {rank}\n", processes=2, code=1)
    one.attempt(2, log="third {rank}\n", processes=2).end()
    shown = tool("runs", "logs")
    assert shown.out.splitlines() == [
        *("[0] first 0", "[0] second 0", "[1] first 1", "[1] second 1"),
        *("[0] third 0", "[1] third 1"),
    ]
    assert "2" in shown.err
    assert tool("runs", "logs", "--rank", "1").out == "first 1\nsecond 1\nthird 1\n"
    assert tool("runs", "logs", "--rank", "1", "--attempt", "1", "--tail", "1").out == "second 1\n"
    assert tool("runs", "logs", "--tail", "5").out == "[0] third 0\n[1] third 1\n"
    missing = tool("runs", "logs", "--rank", "7", "--json")
    assert (missing.code, missing.codes) == (2, ["PV1189"])


def test_a_running_runs_log_is_followed_into_the_next_attempt(tool, watcher):
    one = made.recorded(tool.root).attempt(1, log="before\n", code=None)
    process = watcher(one)
    reader = subprocess.Popen(
        [sys.executable, "-m", "provenv", "runs", "logs", "-f"],
        cwd=tool.root,
        env=tool.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert reader.stdout.readline() == "before\n"
    tell(process, "print 1 0 and on")
    assert reader.stdout.readline() == "and on\n"
    tell(process, "print 2 0 again")
    assert reader.stdout.readline() == "again\n"
    process.stdin.close()
    rest, _ = reader.communicate(timeout=60)
    assert (rest, reader.returncode) == ("", 0)


def test_a_run_is_told_to_leave(tool, watcher):
    one = made.recorded(tool.root, pid=1)
    process = watcher(one)
    assert tool("runs", "--json").data["runs"][0]["state"] == "running"
    stopped = tool("runs", "stop", "--json")
    assert (stopped.code, stopped.data["state"], stopped.data["over"]) == (0, "stopped", False)
    assert process.wait() == 143
    again = tool("runs", "stop", "--json")
    assert (again.code, again.data["state"], again.data["over"]) == (0, "stopped", True)


def test_a_run_that_does_not_leave_is_killed(tool, watcher):
    one = made.recorded(tool.root)
    process = watcher(one, "stay")
    stopped = tool("runs", "stop", "--kill", "--json")
    assert (stopped.code, stopped.data["state"], stopped.data["killed"]) == (0, "stopped", True)
    assert process.wait() == -signal.SIGKILL
    shown = tool("runs", "show", "--json").data["run"]
    assert (shown["end"]["code"], shown["end"]["why"]["key"]) == (137, "runs.stop.killed")


def test_a_process_that_does_not_watch_the_run_is_left_alone(tool, watcher):
    one = made.recorded(tool.root)
    process = watcher(one)
    bystander = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        told = json.loads(one.folder.record.read_text())
        for pid, host, code in (
            (bystander.pid, os.uname().nodename, "PV1184"),
            (4_000_000, "elsewhere", "PV1185"),
        ):
            one.folder.record.write_text(json.dumps({**told, "pid": pid, "host": host}))
            refused = tool("runs", "stop", "--kill", "--json")
            assert (refused.code, refused.codes) == (1, [code])
        assert (bystander.poll(), process.poll()) == (None, None)
    finally:
        bystander.kill()
        bystander.communicate()


def test_records_are_removed_when_somebody_agrees(tool, watcher):
    runs = several(tool.root)
    refused = tool("runs", "rm", runs[0].record.id, "train~1", "--json")
    assert (refused.code, refused.codes) == (2, ["PV709"])
    hint = refused.document["problems"][0]["hints"][0]["command"]
    assert hint == f"provenv runs rm {runs[0].record.id} {runs[1].record.id} --yes"
    assert tool(*hint.split()[1:]).code == 0
    assert len(tool("runs", "--json").data["runs"]) == 3
    running = made.recorded(tool.root, 20)
    watcher(running)
    kept = tool("runs", "rm", "last", "--yes", "--json")
    assert (kept.code, kept.codes) == (1, ["PV1187"])
    rest = tool("runs", "rm", "--keep", "0", "--yes", "--json").data
    assert (len(rest["removed"]), rest["running"]) == (3, [running.record.id])
    assert tool("runs", "rm", "--keep", "0", "--json").data["removed"] == []


@pytest.mark.parametrize("arguments", [(), ("last", "--keep", "1"), ("--older", "soon"), ("--keep", "-1")])
def test_what_is_to_be_removed_must_be_said(tool, arguments):
    several(tool.root)
    assert tool("runs", "rm", "--yes", *arguments).code == 2
    assert len(tool("runs", "--json").data["runs"]) == 5


def test_old_records_are_removed_by_age(tool):
    several(tool.root)
    assert tool("runs", "rm", "--older", "9999w", "--yes", "--json").data["removed"] == []
    removed = tool("runs", "rm", "--older", "1m", "--keep", "2", "--yes", "--json").data["removed"]
    assert removed == [made.identity(0), made.identity(1), made.identity(2)]


def test_half_a_removal_is_no_run_and_is_finished_by_the_next(tool):
    runs = several(tool.root)
    half = runs[0].folder.path.rename(runs[0].folder.path.with_name(f".trash-{runs[0].record.id}"))
    assert len(tool("runs", "--json").data["runs"]) == 4
    assert tool("runs", "rm", runs[1].record.id, "--yes").code == 0
    assert not half.exists()


def test_exports(tool, tmp_path):
    several(tool.root)
    printed = tool("runs", "export", "train")
    assert printed.out.startswith("attempt,rank,step,seconds,epoch,name,value\n")
    assert ",loss," in printed.out
    for form, path in (("csv", "out.csv"), ("tensorboard", "tb"), ("mlflow", "mlruns")):
        written = tool("runs", "export", "train", "--to", form, "-o", path, "--json")
        assert (written.code, written.data["format"]) == (0, form), written.out
        assert Path(written.data["path"]).exists()
        assert written.data["values"] > 10
        twice = tool("runs", "export", "train", "--to", form, "-o", path, "--json")
        assert (twice.code, twice.codes) == (1, ["PV1190"])
        assert tool("runs", "export", "train", "--to", form, "-o", path, "--force").code == 0
        # another run lies beside it
        if form != "csv":
            assert tool("runs", "export", "last", "--to", form, "-o", path).code == 0
    assert (tool.root / "out.csv").read_text() == printed.out
    assert [one for one in tool.root.rglob("*") if one.name.startswith((".trash", ".out"))] == []


def test_names_that_no_file_has_are_exported_all_the_same(tool):
    one = made.recorded(tool.root, argv=("python", "\udcff.py")).attempt(1).end()
    for name in ("../../up", "loss\ud800", "a/" * 50 + "b" * 300, "..", "带 空格", "x\ny"):
        one.seen(1, [{"k": "metric", "t": made.T0, "name": name, "value": 1.0, "n": 1}])
    assert len(tool("runs", "export").out.splitlines()) >= 7
    for form, path in (("csv", "out.csv"), ("tensorboard", "tb"), ("mlflow", "mlruns")):
        written = tool("runs", "export", "--to", form, "-o", path, "--json")
        assert (written.code, written.data["values"]) == (0, 6), written.out
    assert tool("runs", "show").code == 0
    assert "\\u5e26" in tool("runs", "export", PYTHONIOENCODING="ascii").out
    assert not (tool.root / "up").exists()


@pytest.mark.parametrize("arguments", [("logs",), ("export",), ("ls",), ("show",)])
def test_a_full_disk_and_a_reader_that_leaves(tool, arguments):
    lines = [made.steps(1, 200)[0]] * 20_000
    made.recorded(tool.root).attempt(1, lines=lines, log="line\n" * 100_000).end()
    command = [sys.executable, "-m", "provenv", "runs", *arguments]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            command, cwd=tool.root, env=tool.environment, stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert (done.returncode, b"PV469" in done.stderr) == (1, True), done.stderr
    leaving = subprocess.Popen(
        command, cwd=tool.root, env=tool.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    leaving.stdout.close()
    assert leaving.stderr.read() == b""
    leaving.stderr.close()
    assert leaving.wait() == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("-o", "provenv.toml", "--force"), "PV441"),
        (("-o", "."), "PV1191"),
        (("-o", ".", "--force"), "PV1191"),
        (("-o", ".provenv/x.csv"), "PV1191"),
        (("-o", "provenv.toml/x.csv"), "PV1191"),
        (("--to", "tensorboard", "-o", "file"), "PV1191"),
        (("--to", "mlflow", "-o", "provenv.toml", "--force"), "PV441"),
        (("--to", "tensorboard"), "PV700"),
        (("--to", "wandb"), "PV708"),
    ],
)
def test_places_where_nothing_is_exported(tool, arguments, code):
    several(tool.root)
    tool.write("file", "")
    ended = tool("runs", "export", *arguments, "--json")
    assert ended.code != 0
    assert ended.codes == [code]
    assert (tool.root / "provenv.toml").read_text() == DECLARED


def test_completion(tool):
    several(tool.root)

    def completed(line: str) -> list[str]:
        words = line.split(" ")
        ended = tool(_PROVENV_COMPLETE="bash_complete", COMP_WORDS=line, COMP_CWORD=str(len(words) - 1))
        return [one.partition(",")[2] for one in ended.out.splitlines()]

    assert completed("provenv runs s") == ["show", "stop"]
    assert completed("provenv runs show tr") == ["train"]
    assert made.identity(2) in completed("provenv runs logs 2026")
    assert completed("provenv runs ls --state d") == ["done"]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("command", ["ls", "show", "logs", "stop", "rm", "export"])
def test_help(tool, command, language, snapshot):
    shown = tool("runs", command, "--help", "--lang", language, COLUMNS="100")
    assert shown.code == 0
    assert shown.out == snapshot
