"""Who may do what: a user without privileges, somebody else's project, a read-only folder, umasks."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="users and modes of POSIX"),
]

READS = (["status"], ["status", "--deep"], ["history"], ["why", "alpha"], ["facts"])
CHANGES = (["up", "--repair"], ["gc"], ["rollback"], ["down", "--yes"], ["prove"])


def given_to(folder: Path, owner: int) -> None:
    subprocess.run(["chown", "-hR", f"{owner}:{owner}", folder], check=True)


@pytest.mark.root
@pytest.mark.long
def test_a_user_without_privileges_does_all_of_it(fresh, nobody, open_folder, make_user):
    user = nobody(make_user(open_folder))
    given_to(open_folder, 65534)
    assert user("up").code == 0
    assert {path.lstat().st_uid for path in (user.root / ".provenv").rglob("*")} == {65534}
    user.imports()
    user.declare("alpha>1")
    assert user("up").code == 0
    user.imports("2.0")
    assert user("rollback").code == 0
    user.imports()
    assert user("gc", "--keep", "0").code == 0
    assert user("down", "--yes").code == 0


@pytest.mark.root
def test_what_root_has_built_another_user_uses_and_cannot_change(nobody, open_folder, make_user):
    root = make_user(open_folder)
    other = nobody(root)
    # built with the interpreter that both can reach
    owner = replace(root, python=other.python).having(PYTHONPATH=other.environment["PYTHONPATH"])
    path = {"PATH": f"{Path(other.python).parent}:{os.environ['PATH']}"}
    owner, other = owner.having(**path), other.having(**path, HOME="/nonexistent")
    assert owner("up").code == 0
    for command in READS:
        done = other(*command)
        assert done.code == 0, (command, done.err)
    assert other("up", "--json").data["unchanged"] is True
    other.imports()
    for command in CHANGES:
        done = other(*command, "--json")
        assert (done.code, done.codes) == (4, ["PV462"]), (command, done.err)
    other_file = owner.root / "provenv.toml"
    other_file.write_text(other_file.read_text().replace("<2", ">1"))
    refused = other("up", "--json")
    assert (refused.code, refused.codes) == (4, ["PV462"])
    other.imports()
    assert owner.current == "generations/0001"
    # while the other user runs something, its generation stays, though nothing could be written there
    child = subprocess.Popen(
        other.argv("run", "--", "python", "-uc", "print('in'); input(); import alpha"),
        cwd=other.root,
        env=other.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout.readline() == "in\n"
    assert owner("up").code == 0
    assert owner("gc", "--keep", "0", "--json").data["held"] == [1]
    child.communicate("\n")
    assert child.returncode == 0
    assert owner("gc", "--keep", "0", "--json").data["removed"] == [1]


@pytest.mark.root
@pytest.mark.long
def test_an_interpreter_that_only_its_owner_can_reach(nobody, open_folder, make_user):
    owner = make_user(open_folder)
    hidden = open_folder / "hidden"
    hidden.mkdir(mode=0o700)
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", hidden / "venv"], check=True, capture_output=True
    )
    owner.declare("alpha<2")
    text = (owner.root / "provenv.toml").read_text()
    owner.write(
        "provenv.toml", text.replace("requirements", f'python = "{hidden}/venv/bin/python"\nrequirements')
    )
    done = owner("up")
    if done.code != 0:
        owner.declare("alpha<2")
        done = owner.having(PATH=f"{hidden}/venv/bin:{os.environ['PATH']}")("up")
    assert done.code == 0, done.err
    link = owner.root / ".provenv/here/generations/0001/venv/bin/python"
    if str(hidden) not in os.readlink(link):
        link.unlink()
        link.symlink_to(hidden / "venv/bin/python")
    other = nobody(owner)
    ran = other("run", "--", "alpha-says")
    assert ran.code == 125
    assert "PV467" in ran.err
    assert other("status").code == 0
    assert other("up", "--json").codes == ["PV462"]


@pytest.mark.root
@pytest.mark.parametrize(
    "command",
    [["status"], ["plan"], *(pytest.param(one, marks=pytest.mark.long) for one in (*READS[1:], ["lock"]))],
)
def test_what_only_reads_works_on_a_read_only_file_system(proven, namespace, command):
    user = read_only(proven(), namespace)
    done = user(*command)
    assert done.code == 0, done.err


@pytest.mark.root
def test_a_read_only_file_system_is_named_and_what_is_there_works(proven, namespace):
    user = read_only(proven(), namespace)
    assert user("up", "--json").data["unchanged"] is True
    user.imports()
    for command in CHANGES:
        done = user(*command, "--json")
        assert (done.code, done.codes) == (4, ["PV461"]), (command, done.err)
    user.declare("alpha>1")
    refused = user("up", "--json")
    assert (refused.code, refused.codes) == (4, ["PV461"])
    assert user("add", "beta", "--json").code == 4
    assert user("plan", "--exit-code").code == 10
    user.imports()


def read_only(user, namespace):
    """Return the user to whom the project's folder is a mount that can only be read."""
    script = (
        f'mount --bind "{user.root}" "{user.root}" && mount -o remount,ro,bind "{user.root}" && exec "$@"'
    )
    return user.through(*namespace, "sh", "-c", script, "sh")


@pytest.mark.parametrize("mask", [0o077, pytest.param(0o027, marks=pytest.mark.long)])
def test_who_may_read_what_is_the_umask_s_choice(fresh, mask):
    user = fresh().through("sh", "-c", f'umask {mask:03o}; exec "$@"', "sh")
    assert user("up").code == 0
    user.imports()
    ours = [user.root / "pylock.toml", user.root / ".provenv", user.root / ".provenv/here/guard"]
    ours += [path for path in (user.root / ".provenv/here").rglob("*") if "venv" not in path.parts]
    for path in ours:
        mode = stat.S_IMODE(path.lstat().st_mode)
        assert path.is_symlink() or mode & mask == 0, (path, oct(mode))


@pytest.mark.root
@pytest.mark.long
def test_a_group_that_shares_a_project(nobody, open_folder, make_user):
    """With umask 002 and one group, what one has built another changes, cleans and removes."""
    if shutil.which("chgrp") is None:
        pytest.skip("chgrp is not installed")
    made = make_user(open_folder)
    reachable = str(Path(nobody(made).python).parent)
    made = made.having(PATH=f"{reachable}:{os.environ['PATH']}")
    subprocess.run(["chgrp", "-R", "65534", open_folder], check=True)
    subprocess.run(["chmod", "-R", "g+rwXs", open_folder], check=True)
    other = nobody(made).having(PATH=made.environment["PATH"])
    other = other.through("sh", "-c", 'umask 002; exec "$@"', "sh")
    first = replace(made, python=other.python).having(**other.environment)
    first = first.through("sh", "-c", 'umask 002; exec "$@"', "sh").having(
        UV_CACHE_DIR=str(open_folder / "c1")
    )
    other = other.having(UV_CACHE_DIR=str(open_folder / "c2"))
    assert first("up").code == 0
    done = other("up", "--repair")
    assert done.code == 0, done.err
    assert other("rollback").code == 0
    assert first("gc", "--keep", "0").code == 0
    other.imports()
