"""Many at once: several commands on one target, on one cache, and whoever holds it killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="fifos and signals of POSIX"),
]

NEWER = 'schema = 1\nname = "p"\nrequirements = ["alpha>1"]\n'


def all_end(children, ending):
    return [ending(child) for child in children]


@pytest.mark.long
def test_five_at_once_build_one_generation(fresh, ending):
    user = fresh()
    ended = all_end([user.start("up", "--json") for _ in range(5)], ending)
    assert [one.code for one in ended] == [0] * 5
    assert {one.data["generation"]["number"] for one in ended} == {1}
    assert [one.data["unchanged"] for one in ended].count(False) == 1
    assert user.generations == ["0001"]
    user.imports()


@pytest.mark.long
def test_two_projects_share_one_cold_cache(fresh, ending):
    user = fresh()
    other = user.at(user.root.parent / "other")
    other.root.mkdir()
    other.declare("alpha>1")
    ended = all_end([user.start("up"), other.start("up")], ending)
    assert [one.code for one in ended] == [0, 0], ended
    user.imports("1.0")
    other.imports("2.0")


def test_a_file_that_changes_while_up_works_is_not_taken_for_built(proven):
    """The packages are those of the file that was read; the next `up` sees the one saved meanwhile."""
    user = proven()
    wrapper = user.root.parent / "uv"
    wrapper.write_text(
        "#!/bin/sh\n"
        f'case "$*" in "pip install"*) printf %s {NEWER!r} > {user.root}/provenv.toml ;; esac\n'
        f'exec {uv()} "$@"\n'.replace("\\n", "\n")
    )
    wrapper.chmod(0o755)
    done = user.having(PROVENV_UV=str(wrapper))("up", "--repair", "--json")
    assert done.code == 0, done.err
    assert (user.root / "provenv.toml").read_text() == NEWER
    assert done.data["generation"]["packages"] == {"alpha": "1.0"}
    assert user("status", "--json").data["sync"] == "stale"
    assert user("up").code == 0
    user.imports("2.0")


@pytest.mark.long
def test_a_file_that_changes_while_uv_resolves_is_locked_as_it_is_now(proven):
    user = proven()
    wrapper, once = user.root.parent / "uv", user.root.parent / "once"
    once.touch()
    wrapper.write_text(
        "#!/bin/sh\n"
        f'case "$*" in "pip compile"*) [ -e {once} ] && rm {once} && '
        f"printf %s {NEWER!r} > {user.root}/provenv.toml ;; esac\n"
        f'exec {uv()} "$@"\n'.replace("\\n", "\n")
    )
    wrapper.chmod(0o755)
    user.declare("alpha<3,!=2.0")
    done = user.having(PROVENV_UV=str(wrapper))("lock", "--json")
    assert done.code == 0, done.err
    assert not once.exists()
    assert 'version = "2.0"' in (user.root / "pylock.toml").read_text()
    assert user("up", "--locked").code == 0
    user.imports("2.0")


def uv() -> str:
    """Return the uv that provenv calls."""
    done = subprocess.run(
        [sys.executable, "-c", "from uv import find_uv_bin; print(find_uv_bin())"],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_while_up_is_proving(proven, ending):
    """Others that would change the target wait or leave; those that read go on; each finds a whole one."""
    user = proven()
    with user.held("up", "--repair") as child:
        left = user("up", "--no-wait", "--json")
        assert (left.code, left.codes) == (1, ["PV401"])
        assert str(child.pid) in left.out
        user.imports()
        assert user("status", "--json").data["generation"]["number"] == 1
        assert user("history").code == 0
        waiting = [user.start("gc", "--keep", "0", "--json"), user.start("rollback", "--json")]
        waiting.append(user.start("prove", "--json"))
        for one in waiting:
            assert one.stderr is not None
            assert str(child.pid) in one.stderr.readline()  # who is waited for
    feed(user.root / "fifo")
    assert ending(child).code == 0
    collected, back, again = all_end(waiting, ending)
    assert collected.code == 0, collected.err
    assert again.code == 0, again.err
    # the clean-up came before the rollback or after it: both are right, a half is not
    assert (back.code, back.codes) in [(0, []), (1, ["PV730"])]
    user.imports()
    number = user.current.rpartition("/")[2]
    assert number in user.generations


def feed(fifo: Path) -> None:
    """Let every proof that reads the fifo go on, now and later."""
    handle = os.open(fifo, os.O_RDWR)  # whoever waits for a writer has one
    ordinary = fifo.with_name("ordinary")
    ordinary.write_text("")
    ordinary.replace(fifo)  # whoever opens it from now on reads this; at no time there is none
    os.close(handle)


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_waits_can_be_interrupted_and_leaves_no_trace(proven, ending, number):
    user = proven()
    with user.held("up", "--repair") as child:
        waiting = user.start("up", "--repair")
        assert str(child.pid) in waiting.stderr.readline()
        waiting.send_signal(number)
        left = ending(waiting)
        assert left.code == 128 + number
        assert "PV791" in left.err
    assert ending(child).code == 0
    assert user.current == "generations/0002"
    assert user.generations == ["0001", "0002"]


def test_the_holder_is_killed_while_others_wait(proven, ending):
    user = proven()
    with user.held("up", "--repair") as child:
        waiting = [user.start("up", "--json") for _ in range(2)]
        for one in waiting:
            assert '"note"' in one.stderr.readline()
        child.kill()
        child.communicate()
    feed(user.root / "fifo")
    ended = all_end(waiting, ending)
    assert [one.code for one in ended] == [0, 0], ended
    numbers = {one.data["generation"]["number"] for one in ended}
    # the check that waits is new in the file, so one of them proves what is there again
    assert len(numbers) == 1
    user.imports()
    assert user("gc", "--keep", "1").code == 0
    assert len(user.generations) <= 2


def test_two_edits_at_once_lose_none(fresh, ending):
    user = fresh()
    for number in range(6):
        user.wheel(f"gamma{number}", "1.0")
    ended = all_end([user.start("add", f"gamma{number}") for number in range(6)], ending)
    assert [one.code for one in ended] == [0] * 6
    text = (user.root / "provenv.toml").read_text()
    assert [f"gamma{number}" in text for number in range(6)] == [True] * 6


@pytest.mark.long
def test_add_while_up_works_is_built_by_the_next(proven, ending):
    user = proven()
    with user.held("up", "--repair") as child:
        assert user("add", "beta").code == 0
    assert ending(child).code == 0
    feed(user.root / "fifo")
    assert user("status", "--json").data["sync"] == "stale"
    assert user("up").code == 0
    assert user("run", "--", "python", "-c", "import beta").code == 0


@pytest.mark.long
def test_locks_at_once_leave_a_whole_one(fresh, ending):
    user = fresh()
    ended = all_end([user.start("lock"), user.start("lock"), user.start("up")], ending)
    assert [one.code for one in ended] == [0, 0, 0], ended
    assert user("up", "--locked", "--json").code == 0
    user.imports()


@pytest.mark.parametrize("kind", ["run", pytest.param("shell", marks=pytest.mark.long)])
def test_a_lease_holds_through_every_clean_up(proven, ending, kind):
    user = proven()
    if kind == "run":
        argv = user.argv(
            "run", "--", "python", "-uc", "print('in'); input(); import alpha; print(alpha.version)"
        )
        words = "\n"
    else:
        argv = user.having(SHELL="/bin/sh").argv("shell")
        words = "python -c 'import alpha; print(alpha.version)'\nexit\n"
    child = subprocess.Popen(
        argv,
        cwd=user.root,
        env={**user.environment, "SHELL": "/bin/sh"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    if kind == "run":
        assert child.stdout.readline() == "in\n"
    else:
        child.stdin.write("echo in\n")
        child.stdin.flush()
        assert child.stdout.readline() == "in\n"
    assert user("up", "--repair").code == 0
    cleaned = user("gc", "--keep", "0", "--json").data
    assert (cleaned["removed"], cleaned["held"]) == ([], [1])
    refused = user("down", "--yes", "--json")
    assert (refused.code, refused.codes) == (1, ["PV733"])
    out, _ = child.communicate(words, timeout=60)
    assert "1.0" in out
    assert user("gc", "--keep", "0", "--json").data["removed"] == [1]
    user.imports()


def test_the_words_of_who_holds_are_whole_or_absent(proven):
    """A guard that holds rubbish (a full disk, another version) keeps nobody out."""
    user = proven()
    (user.root / ".provenv/here/guard").write_bytes(b"\xff\x00{")
    assert user("gc").code == 0
    assert json.loads((user.root / ".provenv/here/guard").read_text())["command"] == "provenv gc"
