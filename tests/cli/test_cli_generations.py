"""What works is never lost: changes, rollbacks, drift, interrupts, kills, two at once."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys

import pytest

DECLARED = 'schema = 1\nname = "p"\nrequirements = ["alpha<2"]\n'


def test_a_change_is_planned_then_made_beside_the_old_and_can_be_taken_back(ready):
    ready.write("provenv.toml", DECLARED.replace('"alpha<2"', '"beta"'))
    assert ready("status", "--json").data["sync"] == "stale"
    plan = ready("plan", "--json", "--exit-code")
    assert plan.code == 10, plan.err
    kinds = {step["kind"]: step for step in plan.data["plan"]["steps"]}
    assert kinds["install"]["name"] == "beta"
    # the lock's pins stay where they still fit
    assert kinds["keep"]["name"] == "alpha"
    assert ready.current == "generations/0001"
    assert ready("up").code == 0
    assert ready.current == "generations/0002"
    back = ready("rollback", "--json")
    assert (back.data["old"], back.data["new"]) == (2, 1)
    assert ready.current == "generations/0001"
    assert ready("run", "--", "python", "-c", "import beta").code == 1


def test_drift_is_found_named_and_repaired(ready):
    installed = next((ready.root / ".provenv").rglob("alpha.py"))
    with installed.open("a") as file:
        file.write("import os\n")
    drifted = ready("status", "--json").data
    assert drifted["sync"] == "drifted"
    assert list(drifted["drift"]["owners"].values()) == ["alpha"]
    failed = ready("prove", "--json")
    assert failed.code == 3
    assert "files" in {one["name"] for one in failed.data["outcomes"] if one["status"] == "failed"}
    # the edit went through the hard link into the cache: a repair must not take it from there again
    assert ready("up", "--repair").code == 0
    assert ready("status", "--deep", "--json").data["sync"] == "in-sync"


def test_gc_keeps_what_was_proven_last_and_down_takes_everything(ready):
    for _ in range(2):
        assert ready("up", "--repair").code == 0
    cleaned = ready("gc", "--keep", "1", "--json").data
    assert (cleaned["removed"], cleaned["kept"]) == ([1, 2], [3])
    refused = ready("down", "--json")
    assert (refused.code, refused.codes) == (2, ["PV709"])
    assert ready("down", "--yes").code == 0
    assert not (ready.root / ".venv").is_symlink()
    assert ready("status", "--json").data["sync"] == "absent"
    assert (ready.root / "pylock.toml").is_file()


def test_a_running_command_keeps_its_generation(ready):
    child = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "provenv",
            "run",
            "--",
            "python",
            "-c",
            "print('up', flush=True); input(); import alpha",
        ],
        cwd=ready.root,
        env=ready.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "up\n"
    ready("up", "--repair")
    cleaned = ready("gc", "--keep", "0", "--json").data
    assert (cleaned["removed"], cleaned["held"]) == ([], [1])
    assert ready("down", "--yes", "--json").codes == ["PV733"]
    child.communicate("\n")
    assert child.returncode == 0
    assert ready("gc", "--keep", "0", "--json").data["removed"] == [1]


def test_a_moved_project_still_runs(ready, tmp_path):
    moved = tmp_path / "移动 过的'项目"
    shutil.move(ready.root, moved)
    ready.root = moved
    ran = ready("run", "--", "python", "-c", "import alpha; print(alpha.version)")
    assert (ran.code, ran.out) == (0, "1.0\n")


def begun(tool, *arguments: str) -> subprocess.Popen[str]:
    """Start `up` with a proof that waits for a word, and return when the build is done and the proof runs."""
    tool.write("provenv.toml", DECLARED + '[prove]\ncommands = { wait = "touch proving; cat fifo" }\n')
    os.mkfifo(tool.root / "fifo")
    child = subprocess.Popen(
        [sys.executable, "-m", "provenv", "up", *arguments],
        cwd=tool.root,
        env=tool.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with (tool.root / "fifo").open("w"):  # opens when the proof reads it
        assert (tool.root / "proving").exists()
        yield child


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupt_cleans_up_and_leaves_the_old_generation(ready, number, code):
    for child in begun(ready):
        child.send_signal(number)
        _, err = child.communicate(timeout=60)
        assert child.returncode == code
        assert "PV791" in err
    assert ready.current == "generations/0001"
    assert [path.name for path in (ready.root / ".provenv/here/generations").iterdir()] == ["0001"]


def test_a_kill_leaves_the_old_generation_and_the_next_up_converges(ready):
    for child in begun(ready, "--repair"):
        child.kill()
        child.communicate(timeout=60)
    assert ready.current == "generations/0001"
    assert ready("run", "--", "python", "-c", "import alpha; print(alpha.version)").out == "1.0\n"
    ready.write("provenv.toml", DECLARED.replace("<2", ""))
    assert ready("up", "--json").code == 0
    assert len(list((ready.root / ".provenv/here/generations").iterdir())) == 2


def test_two_at_once_build_one_generation(workplace):
    tool = workplace(DECLARED)
    children = [
        subprocess.Popen(
            [sys.executable, "-m", "provenv", "up", "--json"],
            cwd=tool.root,
            env=tool.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for _ in range(3)
    ]
    results = [json.loads(child.communicate(timeout=120)[0])["data"] for child in children]
    assert [child.returncode for child in children] == [0, 0, 0]
    assert {result["generation"]["number"] for result in results} == {1}
    assert sorted(result["unchanged"] for result in results) == [False, True, True]


def test_going_forward_again_after_a_rollback_builds_nothing(ready):
    ready.write("provenv.toml", DECLARED.replace("<2", ">1"))
    ready("up")
    ready("rollback")
    forward = ready("up", "--json")
    assert (forward.data["generation"]["number"], forward.data["unchanged"]) == (2, False)
    assert ready.current == "generations/0002"
    assert ready("up", "--json").data["unchanged"] is True
    # a generation whose files have changed since is not gone back to
    ready("rollback")
    next((ready.root / ".provenv/here/generations/0002").rglob("alpha.py")).write_text("changed = 1\n")
    shutil.rmtree(ready.root.parent / "uv-cache")  # the edit went through the hard link into the cache
    assert ready("up", "--json").data["generation"]["number"] == 3
    assert ready.current == "generations/0003"
