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


def test_a_change_is_planned_then_made_beside_the_old_and_can_be_taken_back(workplace):
    tool = workplace(DECLARED)
    tool("up")
    tool.write("provenv.toml", DECLARED.replace('"alpha<2"', '"beta"'))
    assert tool("status", "--json").data["sync"] == "stale"
    plan = tool("plan", "--json", "--exit-code")
    assert plan.code == 10, plan.err
    kinds = {step["kind"]: step for step in plan.data["plan"]["steps"]}
    assert kinds["install"]["name"] == "beta"
    # the lock's pins stay where they still fit
    assert kinds["keep"]["name"] == "alpha"
    assert tool.current == "generations/0001"
    assert tool("up").code == 0
    assert tool.current == "generations/0002"
    back = tool("rollback", "--json")
    assert (back.data["old"], back.data["new"]) == (2, 1)
    assert tool.current == "generations/0001"
    assert tool("run", "--", "python", "-c", "import beta").code == 1


def test_drift_is_found_named_and_repaired(workplace):
    tool = workplace(DECLARED)
    tool("up")
    installed = next((tool.root / ".provenv").rglob("alpha.py"))
    with installed.open("a") as file:
        file.write("import os\n")
    drifted = tool("status", "--json").data
    assert drifted["sync"] == "drifted"
    assert list(drifted["drift"]["owners"].values()) == ["alpha"]
    failed = tool("prove", "--json")
    assert failed.code == 3
    assert "files" in {one["name"] for one in failed.data["outcomes"] if one["status"] == "failed"}
    # the edit went through the hard link into the cache: a repair must not take it from there again
    assert tool("up", "--repair").code == 0
    assert tool("status", "--deep", "--json").data["sync"] == "in-sync"


def test_gc_keeps_what_was_proven_last_and_down_takes_everything(workplace):
    tool = workplace(DECLARED)
    tool("up")
    for _ in range(2):
        assert tool("up", "--repair").code == 0
    cleaned = tool("gc", "--keep", "1", "--json").data
    assert (cleaned["removed"], cleaned["kept"]) == ([1, 2], [3])
    refused = tool("down", "--json")
    assert (refused.code, refused.codes) == (2, ["PV709"])
    assert tool("down", "--yes").code == 0
    assert not (tool.root / ".venv").is_symlink()
    assert tool("status", "--json").data["sync"] == "absent"
    assert (tool.root / "pylock.toml").is_file()


def test_a_running_command_keeps_its_generation(workplace):
    tool = workplace(DECLARED)
    tool("up")
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
        cwd=tool.root,
        env=tool.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "up\n"
    tool("up", "--repair")
    cleaned = tool("gc", "--keep", "0", "--json").data
    assert (cleaned["removed"], cleaned["held"]) == ([], [1])
    assert tool("down", "--yes", "--json").codes == ["PV733"]
    child.communicate("\n")
    assert child.returncode == 0
    assert tool("gc", "--keep", "0", "--json").data["removed"] == [1]


def test_a_moved_project_still_runs(workplace, tmp_path):
    tool = workplace(DECLARED)
    tool("up")
    moved = tmp_path / "移动 过的'项目"
    shutil.move(tool.root, moved)
    tool.root = moved
    ran = tool("run", "--", "python", "-c", "import alpha; print(alpha.version)")
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
def test_an_interrupt_cleans_up_and_leaves_the_old_generation(workplace, number, code):
    tool = workplace(DECLARED)
    tool("up")
    for child in begun(tool):
        child.send_signal(number)
        _, err = child.communicate(timeout=60)
        assert child.returncode == code
        assert "PV791" in err
    assert tool.current == "generations/0001"
    assert [path.name for path in (tool.root / ".provenv/here/generations").iterdir()] == ["0001"]


def test_a_kill_leaves_the_old_generation_and_the_next_up_converges(workplace):
    tool = workplace(DECLARED)
    tool("up")
    for child in begun(tool, "--repair"):
        child.kill()
        child.communicate(timeout=60)
    assert tool.current == "generations/0001"
    assert tool("run", "--", "python", "-c", "import alpha; print(alpha.version)").out == "1.0\n"
    tool.write("provenv.toml", DECLARED.replace("<2", ""))
    assert tool("up", "--json").code == 0
    assert len(list((tool.root / ".provenv/here/generations").iterdir())) == 2


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


def test_going_forward_again_after_a_rollback_builds_nothing(workplace):
    tool = workplace(DECLARED)
    tool("up")
    tool.write("provenv.toml", DECLARED.replace("<2", ">1"))
    tool("up")
    tool("rollback")
    forward = tool("up", "--json")
    assert (forward.data["generation"]["number"], forward.data["unchanged"]) == (2, False)
    assert tool.current == "generations/0002"
    assert tool("up", "--json").data["unchanged"] is True
    # a generation whose files have changed since is not gone back to
    tool("rollback")
    next((tool.root / ".provenv/here/generations/0002").rglob("alpha.py")).write_text("changed = 1\n")
    shutil.rmtree(tool.root.parent / "uv-cache")  # the edit went through the hard link into the cache
    assert tool("up", "--json").data["generation"]["number"] == 3
    assert tool.current == "generations/0003"
