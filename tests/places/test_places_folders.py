"""Where a project's folder is, how it is named, by which way it is reached."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="names and links of POSIX"),
]

NAMES = [
    "with space",
    "it's",
    'dou"ble',
    "$HOME",
    "a;b",
    "100%",
    "a%20b",
    "new\nline",
    "😀 项目",
    "back\\slash",
    "-dash",
    "#hash",
    "{braces}",
    "[brackets]",
    "*",
    "~tilde",
    "tab\there",
    "\x01control",
    "a,b",
    "a&b(c)",
    "back`tick`",
    "é" * 120,
]


def works(user, version="1.0") -> None:
    """Assert that a project works in all the ways in which it is used."""
    user.imports(version)
    assert user("run", "--", "alpha-says").out == f"{version}\n"
    script = subprocess.run([user.root / ".venv/bin/alpha-says"], capture_output=True, text=True, check=False)
    assert (script.returncode, script.stdout) == (0, f"{version}\n"), script.stderr
    activated = subprocess.run(
        ["bash", "-c", '. .venv/bin/activate && alpha-says && echo "$VIRTUAL_ENV"'],
        cwd=user.root,
        env=user.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert activated.returncode == 0, activated.stderr
    assert activated.stdout.startswith(f"{version}\n")
    assert os.path.samefile(activated.stdout.partition("\n")[2][:-1], user.root / ".venv")


@pytest.mark.parametrize(
    "name",
    [name if name == "😀 项目" else pytest.param(name, marks=pytest.mark.long) for name in NAMES],
)
def test_a_project_is_built_where_it_is_whatever_its_name(fresh, name):
    user = fresh(name)
    assert user("up").code == 0
    works(user)
    assert user("up", "--json").data["unchanged"] is True
    assert user("prove").code == 0


@pytest.mark.parametrize("name", ["two $ 'words'\n\"%;*", pytest.param("项目 🚀", marks=pytest.mark.long)])
def test_a_project_is_moved_while_nothing_runs(proven, name):
    user = proven()
    moved = user.at(user.root.parent / name)
    user.root.rename(moved.root)
    assert moved("up", "--json").data["unchanged"] is True
    assert moved("status", "--json").data["sync"] == "in-sync"
    works(moved)
    assert moved("prove").code == 0
    moved.declare("alpha>1")
    assert moved("up").code == 0
    works(moved, "2.0")
    assert moved("rollback").code == 0
    works(moved)


def test_a_path_that_no_environment_can_have_is_refused_before_anything_is_built(fresh, proven):
    user = fresh("a:b")
    refused = user("up", "--json")
    assert (refused.code, refused.codes) == (1, ["PV466"])
    assert not (user.root / "pylock.toml").exists()
    assert user("plan", "--json").codes == ["PV466"]
    bad = user.root.parent / os.fsdecode(b"not utf-8 \xff")
    user.root.rename(bad)
    refused = user.at(bad)("up", "--json")
    assert (refused.code, refused.codes) == (1, ["PV466"])
    assert "\\xff" in refused.out.replace("\\\\", "\\")
    # one that works elsewhere and was moved to such a place says so as well
    moved = proven()
    moved.root.rename(moved.root.parent / "b:c")
    ran = moved.at(moved.root.parent / "b:c")("run", "--", "alpha-says")
    assert ran.code == 125
    assert "PV466" in ran.err


@pytest.mark.long
@pytest.mark.parametrize("length", [200, 1000, 3800])
def test_a_very_long_path(fresh, length):
    user = fresh()
    root = user.root
    while len(str(root)) < length:
        root = root / ("d" * min(200, length - len(str(root))))
    root.mkdir(parents=True)
    deep = user.at(root)
    deep.declare("alpha<2")
    done = deep("up")
    assert done.code == 0, done.err
    works(deep)


@pytest.mark.long
def test_a_copy_has_generations_of_its_own(proven):
    user = proven()
    copy = user.at(user.root.parent / "copy")
    subprocess.run(["cp", "-a", user.root, copy.root], check=True)
    assert copy("up", "--json").data["unchanged"] is True
    assert copy("up", "--repair").code == 0
    assert copy("gc", "--keep", "0", "--json").data["removed"] == [1]
    assert (user.generations, copy.generations) == (["0001"], ["0002"])
    works(user)
    works(copy)
    assert copy("down", "--yes").code == 0
    works(user)
    assert user("status", "--json").data["sync"] == "in-sync"


@pytest.mark.long
def test_a_clone_with_its_environment_carried_along(proven):
    user = proven()
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    git = ["git", "-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "init.defaultBranch=main"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "p"]):
        subprocess.run([*git, *words], cwd=user.root, check=True)
    listed = subprocess.run(["git", "ls-files"], cwd=user.root, capture_output=True, text=True, check=True)
    assert not any(name.startswith(".provenv") for name in listed.stdout.split())
    clone = user.at(user.root.parent / "clone")
    subprocess.run(["git", "clone", "-q", user.root, clone.root], check=True)
    subprocess.run(["cp", "-a", user.root / ".provenv", clone.root], check=True)
    assert clone("up", "--json").data["unchanged"] is True
    clone.declare("alpha>1")
    assert clone("up").code == 0
    clone.imports("2.0")
    user.imports("1.0")


@pytest.mark.long
def test_a_project_that_is_reached_through_a_link(proven):
    user = proven()
    link = user.root.parent / "link"
    link.symlink_to(user.root)
    through = user.at(link).having(PWD=str(link))
    assert through("up", "--json").data["unchanged"] is True
    through.imports()
    through.declare("alpha>1")
    assert through("up").code == 0
    works(user, "2.0")


@pytest.mark.long
def test_an_environment_that_lies_on_another_disk_by_a_link(proven, tmp_path):
    user, disk = proven(), tmp_path / "disk"
    shutil.move(user.root / ".provenv", disk)
    (user.root / ".provenv").symlink_to(disk)
    assert user("up", "--json").data["unchanged"] is True
    works(user)
    assert user("up", "--repair").code == 0
    works(user)
    # the disk is not mounted: nothing is built in its place, and reading says what is known
    disk.rename(tmp_path / "unmounted")
    missing = user("up", "--json")
    assert (missing.code, missing.codes) == (1, ["PV402"])
    assert str(disk) in missing.out
    assert not disk.exists()
    assert user("status", "--json").data["sync"] == "absent"
    ran = user("run", "--", "alpha-says")
    assert ran.code == 125
    assert "PV721" in ran.err
    (tmp_path / "unmounted").rename(disk)
    works(user)


@pytest.mark.parametrize(
    "command",
    [
        "up",
        "status",
        *(pytest.param(one, marks=pytest.mark.long) for one in ("history", "plan", "rollback", "gc")),
    ],
)
def test_a_file_in_the_place_of_the_environments(fresh, command):
    user = fresh()
    user.write(".provenv", "mine")
    done = user(command, "--json")
    assert done.code in (0, 1)
    assert (user.root / ".provenv").read_text() == "mine"
    if command in ("up", "gc"):
        assert done.codes == ["PV402"]


@pytest.mark.long
def test_an_environment_of_the_user_s_own_stays(fresh):
    user = fresh()
    own = user.root / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", own], check=True)
    before = sorted(os.listdir(own))
    done = user("up")
    assert done.code == 0
    assert "PV406" in done.err
    user.imports()
    assert user("down", "--yes").code == 0
    assert sorted(os.listdir(own)) == before


@pytest.mark.long
def test_a_declared_file_that_is_a_link(proven):
    user = proven()
    real = user.root.parent / "shared.toml"
    (user.root / "provenv.toml").rename(real)
    (user.root / "provenv.toml").symlink_to(real)
    assert user("up", "--json").data["unchanged"] is True
    assert user("add", "beta").code == 0
    assert (user.root / "provenv.toml").is_symlink()
    assert "beta" in real.read_text()
    assert user("up").code == 0
