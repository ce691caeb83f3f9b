"""A power cut at any moment of a project's life: what is left is the old or the new, whole, and goes on.

One recording is replayed up to many of its operations, under each model of what had reached the disk; the
long run takes them all. `POWER_SEED` chooses another sample.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from power_judge import judge_program
from power_project import Recording, lay_down, planted, read_journal, read_setting, recording, setting
from power_replay import cuts, sample

pytestmark = pytest.mark.slow
SEED = int(os.environ.get("POWER_SEED", "1"))
DECLARED = 'schema = 1\nname = "p"\nrequirements = ["alpha<2"]\n'
EVERY = 1 << 30


def live(user: Recording) -> None:
    """Do what a project sees in its life, each command as a step."""
    user.write("provenv.toml", DECLARED)
    user.step("lock", "lock")
    user.step("first up", "up")
    user.step("add", "add", "beta")
    user.step("second up", "up")
    user.step("rollback", "rollback")
    user.step("up to a twin", "up")
    user.step("prove", "prove")
    user.step("render", "render", "requirements", "-o", "requirements.lock")
    user.step("repair", "up", "--repair")
    user.step("gc", "gc", "--keep", "1")
    user.step("remove", "remove", "beta")
    user.step("down", "down", "--yes")


@pytest.fixture
def life(tmp_path: Path, search_path: str) -> Path:
    """Return the journal of a whole life."""
    journal = tmp_path / "journal"
    with recording(setting(tmp_path, search_path), journal) as user:
        live(user)
    return journal


def judged(journal: Path, most: int) -> tuple[int, list[str]]:
    """Return how many trees were judged, and what was wrong, each with the command that shows it."""
    operations = read_journal(journal)
    chosen = sample(operations, most, SEED)
    count, wrong = 0, []
    for cut in cuts(operations, lambda _, number, __: chosen.get(number, [])):
        count += 1
        wrong += [f"{cut.command(journal)}\n    {one}" for one in cut.wrong()]
    return count, wrong


def gone_on(journal: Path, most: int, seed: int = SEED) -> tuple[int, list[str]]:
    """Go on as the user would after `most` cuts of each step, each under one model."""
    operations = read_journal(journal)
    chance = random.Random(seed)
    chosen = {number: [chance.choice(models)] for number, models in sample(operations, most, seed).items()}
    place, count, wrong = read_setting(operations), 0, []
    for cut in cuts(operations, lambda _, number, __: chosen.get(number, [])):
        lay_down(cut.tree, Path(place.disk))
        count += 1
        wrong += [f"{cut.command(journal)} --go-on\n    {one}" for one in judge_program(place, cut.tree)]
    return count, wrong


def test_what_a_power_cut_leaves_is_whole_and_the_user_goes_on(life):
    count, wrong = judged(life, 40)
    assert not wrong, f"{len(wrong)} of {count}:\n" + "\n".join(wrong[:20])
    count, wrong = gone_on(life, 1, SEED)
    assert not wrong, f"{len(wrong)} of {count}:\n" + "\n".join(wrong)
    assert count > 10


@pytest.mark.long
def test_what_every_power_cut_leaves_is_whole(life):
    count, wrong = judged(life, EVERY)
    assert not wrong, f"{len(wrong)} of {count}:\n" + "\n".join(wrong[:50])
    assert count > 5000


@pytest.mark.long
@pytest.mark.parametrize("part", range(4))
def test_the_user_goes_on_after_hundreds_of_power_cuts(life, part):
    count, wrong = gone_on(life, 8, SEED + part)
    assert not wrong, f"{len(wrong)} of {count}:\n" + "\n".join(wrong)
    assert count > 50


def lock_only(user: Recording) -> None:
    user.step("lock", "lock")


def up_only(user: Recording) -> None:
    user.step("up", "up")


def up_and_down(user: Recording) -> None:
    user.step("up", "up")
    user.step("down", "down", "--yes")


SYNC = "            os.fsync(file.fileno())\n"
NAMED = "        os.replace(beside, path)\n"
AFTER = "        with open(path, 'rb') as late:\n            os.fsync(late.fileno())\n"
BUGS = {
    "a rename before its fsync": (
        lock_only,
        [("hosts/files.py", SYNC, ""), ("hosts/files.py", NAMED, NAMED + AFTER)],
        "pylock.toml is neither as before nor as after",
    ),
    "no fsync of the folder after the switch": (
        up_only,
        [("targets/durable.py", "    sync_folder(link.parent)\n", "")],
        "`current` is None",
    ),
    "the switch before the tree is synced": (
        up_only,
        [("app/build.py", "sync=True", "sync=False")],
        "files are not as built",
    ),
    "a generation whose name is not synced": (
        up_only,
        [("payload/read_tree.py", 'folders + job["above"]', "folders")],
        "which has no record",
    ),
    "bytecode of the proof that is not synced": (
        up_only,
        [
            (
                "app/build.py",
                "    sync_bytecode(layout.venv(number), host=project.host, python=project.python)\n",
                "",
            )
        ],
        "is torn where Python believes it",
    ),
    "files removed before their generation's name": (
        up_and_down,
        [("targets/remove.py", "        sync_folder(path.parent)\n", "")],
        "files are not as built",
    ),
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found(tmp_path: Path, search_path: str, bug: str):
    do: Callable[[Recording], None]
    do, edits, words = BUGS[bug]
    journal = tmp_path / "journal"
    with recording(setting(tmp_path, search_path, source=planted(tmp_path / "src", edits)), journal) as user:
        user.write("provenv.toml", DECLARED)
        do(user)
    count, wrong = judged(journal, EVERY)
    assert any(words in one for one in wrong), f"not found in {count} cuts:\n" + "\n".join(wrong[:20])
