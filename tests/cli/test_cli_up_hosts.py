"""`up` and what follows it on two hosts with a real sshd and homes of their own: on all, or on none."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hosts_at_home import OWN_HOMES, Pair, own_homes, pair
from ssh_hosts import SshHosts, loopback_hosts

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="sshd as this user is made for Linux"),
]
SMOKE = '[prove]\ncommands = { smoke = "test ! -e broken" }\n'
"""A command of the project's own that fails on a host whose folder has a file of that name."""


@pytest.fixture(scope="module")
def loopback() -> Iterator[SshHosts]:
    with loopback_hosts(2, options=OWN_HOMES) as hosts:
        yield hosts


@pytest.fixture
def project(loopback: SshHosts, tmp_path: Path, compiled: Path) -> Pair:
    return pair(loopback, tmp_path, own_homes(loopback, tmp_path))


def test_the_whole_way_there_and_back(project: Pair) -> None:
    planned = project("plan", "--json")
    assert planned.code == 0, planned.err
    assert [one["value"]["files"] for one in planned.data["hosts"]] == [2, 2]
    assert not (project.root / "pylock.pair.toml").exists()
    made = project("up", "--json")
    assert made.code == 0, made.err
    assert [one["value"]["installed"] for one in made.data["hosts"]] == [True, True]
    assert project.currents == ["0001"] * 3
    names = {one["name"] for one in made.data["evidence"]["outcomes"]}
    assert {"files", "imports", "hosts-reach", "hosts-clock"} <= names
    # what was sent once is not sent again, also to another generation
    project.declare(alpha="2.0")
    changed = project("up", "--json")
    assert changed.code == 0, changed.err
    wheel = (project.folder / "wheels" / "alpha-2.0-py3-none-any.whl").stat().st_size
    assert [one["value"]["bytes"] for one in changed.data["hosts"]] == [wheel, wheel]
    assert project.currents == ["0002"] * 3
    # as after a kill between the switch of one host and that of the others
    link = project.base("n2") / "current"
    link.unlink()
    link.symlink_to("generations/0001")
    assert project("status", "--json").codes == ["PV1347"]
    righted = project("up", "--json")
    assert righted.code == 0, righted.err
    assert righted.data["righted"] == ["n2"]
    assert [one["value"]["installed"] for one in righted.data["hosts"]] == [False, False]
    assert project.currents == ["0002"] * 3
    same = project("up")
    assert same.code == 0
    assert "up to date on 2 hosts (generation 2" in same.out
    assert same.err == ""
    back = project("rollback", "--json")
    assert (back.code, back.data["old"], back.data["new"]) == (0, 2, 1)
    assert project.currents == ["0001"] * 3
    swept = project("gc", "--keep", "1", "--json")
    assert [one["value"]["removed"] for one in swept.data["hosts"]] == [[], []]
    gone = project("down", "--yes", "--json")
    assert gone.code == 0, gone.err
    assert project.currents == [None] * 3
    assert not project.base("n1").exists()


def test_a_new_host_that_fails_its_proof_and_one_whose_files_have_changed(project: Pair) -> None:
    project.declare("n1")
    assert project("up").code == 0
    project.declare("n1", "n2", more=SMOKE)
    unlike = project("status", "--json")
    assert (unlike.code, unlike.codes) == (1, ["PV1347"])
    assert [one["value"]["current"] for one in unlike.data["hosts"]] == [1, None]
    there = project.homes["n2"] / "tiny"
    there.mkdir()
    (there / "broken").touch()
    failed = project("up", "--json")
    assert (failed.code, failed.codes) == (3, ["PV720"]), failed.err
    assert project.currents == ["0001", "0001", None]
    assert [one["value"]["proof"] for one in failed.data["hosts"]] == ["passed", "failed"]
    smoke = next(one for one in failed.data["evidence"]["outcomes"] if one["name"] == "command.smoke")
    assert (smoke["status"], smoke["did"]["args"]["hosts"]) == ("failed", "n2")
    # what was done well is not done again
    receipt = project.root / ".provenv/pair/generations/0001/hosts/n1/proof.json"
    before = receipt.read_bytes()
    (there / "broken").unlink()
    mended = project("up", "--json")
    assert mended.code == 0, mended.err
    assert [one["value"]["installed"] for one in mended.data["hosts"]] == [False, False]
    assert receipt.read_bytes() == before
    assert project.currents == ["0001"] * 3
    project.module("n2").write_text("version = 'other'\n")
    drifted = project("status", "--json")
    assert (drifted.code, drifted.codes, drifted.data["sync"]) == (1, ["PV1347"], "drifted")
    assert drifted.data["hosts"][1]["value"]["drift"]["changed"][0].endswith("alpha.py")
    refused = project("prove", "--only", "files")
    assert refused.code == 3
    assert "failed on 1 of 2 hosts: n2" in refused.out
    anew = project("up")
    assert anew.code == 0, anew.err
    assert "the files of 1 host are not what was proven: n2" in anew.err
    assert project.currents == ["0002"] * 3
    project.declare("n1", more=SMOKE)
    left = project("up")
    assert left.code == 0, left.err
    assert "was left as it is: n2" in left.out


def test_killed_in_the_middle_the_next_goes_on(project: Pair) -> None:
    project.killed_after("proven on 2 of 2", "up")
    assert project.currents == [None] * 3
    done = project("up", "--json")
    assert done.code == 0, done.err
    assert [one["value"]["installed"] for one in done.data["hosts"]] == [False, False]
    assert [one["seconds"] for one in done.data["hosts"]] == [0.0, 0.0]
    assert project.currents == ["0001"] * 3


def test_up_takes_no_single_host_and_needs_them_all(project: Pair) -> None:
    refused = project("up", "--host", "n1", "--json")
    assert (refused.code, refused.codes) == (2, ["PV1344"])
    project.declare("n1", "nowhere.invalid")
    missing = project("up", "--json")
    assert (missing.code, missing.codes) == (1, ["PV1342"])
    assert [one["host"] for one in missing.data["hosts"] if one["problem"]] == ["nowhere.invalid"]
    assert project.currents == [None] * 3
