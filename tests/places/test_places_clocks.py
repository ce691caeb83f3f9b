"""A clock that jumps ten years either way, and files whose times lie: nothing but the shown dates changes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

JUMPS = ["+10y", "-10y"]
LATER = 4102444800  # the year 2100


@pytest.fixture
def faketime() -> str:
    """Return the program that shows another time to whatever it starts."""
    found = shutil.which("faketime")
    if found is None:
        pytest.skip("faketime is not installed")
    return found


@pytest.mark.parametrize("jump", ["+10y", pytest.param("-10y", marks=pytest.mark.long)])
def test_what_reads_does_not_care(proven, faketime, jump):
    user = proven().through(faketime, "-f", jump)
    assert user("up", "--json").data["unchanged"] is True
    assert user("status", "--json").data["sync"] == "in-sync"
    user.imports()


@pytest.mark.long
def test_generations_keep_their_order_when_time_does_not(proven, faketime):
    user = proven()
    for number, jump in enumerate(["+10y", "-10y", "-56y", "+0"], 2):
        done = user.through(faketime, "-f", jump)("up", "--repair", "--json")
        assert done.code == 0, done.err
        assert done.data["generation"]["number"] == number
    made = [one["made"] for one in user("history", "--json").data["state"]["generations"]]
    assert made != sorted(made)
    for jump in JUMPS:
        assert user.through(faketime, "-f", jump)("prove").code == 0
    back = user.through(faketime, "-f", "-10y")("rollback", "--json").data
    assert (back["old"], back["new"]) == (5, 4)
    # the newest are the last that were made, whatever their dates say; the current one stays
    assert user.through(faketime, "-f", "+10y")("gc", "--keep", "1", "--json").data["removed"] == [1, 2, 3]
    user.imports()
    assert user("up").code == 0


@pytest.mark.long
def test_a_clock_that_jumps_while_up_works(proven, ending, faketime, tmp_path):
    """The clock is set back ten years between two reads of it, in the middle of a build and its proof."""
    user, clock = proven(), tmp_path / "clock"
    clock.write_text("+10y\n")
    jumping = user.through(faketime, "-f", "+0").having(
        FAKETIME_TIMESTAMP_FILE=str(clock), FAKETIME_NO_CACHE="1", FAKETIME_DONT_FAKE_MONOTONIC="1"
    )
    with jumping.held("up", "--repair") as child:
        clock.write_text("-10y\n")
    done = ending(child)
    assert done.code == 0, done.err
    assert user.current == "generations/0002"
    assert user("status", "--json").data["sync"] == "in-sync"
    proof = json.loads((user.root / ".provenv/here/generations/0002/proof.json").read_text())
    assert all(one["seconds"] >= 0 for one in proof["outcomes"])


@pytest.mark.long
def test_two_generations_of_the_same_second_are_two(proven):
    user = proven()
    assert user("up", "--repair").code == 0
    for number in ("0001", "0002"):
        path = user.root / f".provenv/here/generations/{number}/generation.json"
        record = json.loads(path.read_text())
        path.write_text(json.dumps({**record, "made": "2999-01-01T00:00:00+00:00"}))
    assert user("rollback", "--json").data["new"] == 1
    assert user("up", "--json").data["unchanged"] is True
    assert user("history").code == 0
    assert user("gc", "--keep", "1", "--json").data["removed"] == []


@pytest.mark.parametrize("moment", [LATER, pytest.param(0, marks=pytest.mark.long)])
def test_declared_files_with_impossible_times(proven, moment):
    """A no-op is told by contents: neither an old time hides a change nor a new one makes one."""
    user = proven()
    for name in ("provenv.toml", "pylock.toml"):
        os.utime(user.root / name, (moment, moment))
    assert user("up", "--json").data["unchanged"] is True
    before = os.stat(user.root / "provenv.toml")
    user.declare("alpha<3,>1")
    os.utime(user.root / "provenv.toml", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert user("status", "--json").data["sync"] == "stale"


def test_an_edit_of_the_same_size_and_time_is_found_by_its_content(proven):
    user = proven()
    module = next(user.root.glob(".provenv/here/generations/0001/venv/lib/*/site-packages/alpha.py"))
    before = module.stat()
    module.write_text(module.read_text().replace("1.0", "6.6"))
    os.utime(module, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert user("status", "--deep", "--json").data["sync"] == "drifted"
    proof = user("prove", "--json")
    assert proof.code == 3
    assert "files" in [one["name"] for one in proof.data["outcomes"] if one["status"] == "failed"]


@pytest.mark.long
@pytest.mark.parametrize("epoch", ["0", "315532800", "4102444800"])
def test_a_reproducible_build_s_date_changes_nothing(proven, epoch):
    user = proven().having(SOURCE_DATE_EPOCH=epoch)
    assert user("up", "--repair").code == 0
    assert user("status", "--deep", "--json").data["sync"] == "in-sync"


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="cp of POSIX")
def test_files_that_were_copied_with_coarse_times_are_what_they_were(proven):
    """An archive or a file system that keeps whole seconds only: what has a digest is told by it."""
    user = proven()
    for path in (user.root / ".provenv/here/generations/0001/venv").rglob("*"):
        if path.is_file() and not path.is_symlink() and "site-packages" in path.parts:
            second = int(path.stat().st_mtime)
            os.utime(path, (second, second))
    changed = user("status", "--json").data["drift"]["changed"]
    assert [path for path in changed if path.endswith(".py") and "alpha" in path] == []
    subprocess.run(["touch", "-d", "2001-01-01", user.root / "provenv.toml"], check=True)
    assert user("up", "--json").data["unchanged"] is True
