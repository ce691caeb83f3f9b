"""`cp` to real hosts and back: the same bytes, only what is missing, all or nothing."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ssh_hosts import wait_until

pytestmark = pytest.mark.root


def tree(folder: Path) -> dict[str, tuple[str, object]]:
    """Return everything in a folder, with its content."""
    found: dict[str, tuple[str, object]] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = ("link", os.readlink(path))
        elif path.is_dir():
            found[name] = ("folder", "")
        else:
            found[name] = ("file", (path.read_bytes(), bool(path.stat().st_mode & stat.S_IXUSR)))
    return found


def odd(folder: Path) -> None:
    """Fill a folder with names and kinds of all sorts."""
    names = [
        b"a b",
        b"-rf",
        b"new\nline",
        b"\xff\xfe",
        b"back\\slash",
        b"'quote\"",
        "你好".encode(),
        b"tab\t",
        b"*",
    ]
    for number, name in enumerate(names):
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_bytes(b"%d" % number * number)
    (folder / "empty").mkdir()
    (folder / "deep" / " er").mkdir(parents=True)
    (folder / "deep" / " er" / ("long" * 50)).write_text("x")
    (folder / "run.sh").write_text("#!/bin/sh\n")
    (folder / "run.sh").chmod(0o755)
    (folder / "link").symlink_to("run.sh")
    (folder / "dangling").symlink_to("no where")
    os.link(folder / "a b", folder / "second name")


def travelled(out: bytes) -> dict[str, int]:
    """Return the bytes of each host, of a command's document."""
    return {one["host"]: one["value"] for one in json.loads(out)["data"]["hosts"]}


def test_a_folder_goes_to_all_and_comes_back(fleet):
    data = fleet.project / "data"
    data.mkdir()
    odd(data)
    expected = tree(data)
    code, out, err = fleet.run("cp", "--on", "pair", "data/", ":data/", "--json")
    assert code == 0, err
    size = sum(len(value[0]) for kind, value in expected.values() if kind == "file")
    assert travelled(out) == {"n1": size, "n2": size}
    for name in ("n1", "n2"):
        there = fleet.home(name) / "project"
        assert tree(there / "data") == expected
        assert [one.name for one in there.iterdir()] == ["data"]
    code, out, err = fleet.run("cp", "--on", "pair", ":data", "back", "--json")
    assert code == 0, err
    assert travelled(out) == {"n1": size, "n2": size}
    assert (
        tree(fleet.project / "back" / "n1" / "data")
        == tree(fleet.project / "back" / "n2" / "data")
        == expected
    )
    # the same again: nothing travels, in either direction
    for words in (["data/", ":data/"], [":data", "back"]):
        code, out, err = fleet.run("cp", "--on", "pair", *words, "--json")
        assert (code, travelled(out)) == (0, {"n1": 0, "n2": 0}), err


def test_only_what_differs_travels(fleet):
    data = fleet.project / "data"
    data.mkdir()
    for name in ("same", "changed", "mode"):
        (data / name).write_text(name)
    assert fleet.run("cp", "--on", "pair", "data", ":")[0] == 0
    (data / "changed").write_text("CHANGED")
    (data / "mode").chmod(0o755)
    (data / "more").write_text("more")
    (fleet.home("n1") / "project" / "data" / "theirs").write_text("stays")
    (fleet.home("n2") / "project" / "data" / "same").write_text("SAME")
    code, out, err = fleet.run("cp", "--on", "pair", "data", ":", "--json")
    assert (code, travelled(out)) == (0, {"n1": 7 + 4 + 4, "n2": 7 + 4 + 4 + 4}), err
    assert tree(fleet.home("n2") / "project" / "data") == tree(data)
    assert (fleet.home("n1") / "project" / "data" / "theirs").read_text() == "stays"
    (data / "same").write_text("lost here")
    code, out, err = fleet.run("cp", "--on", "pair", "--host", "n2", ":data/", "data/", "--json")
    assert (code, travelled(out)) == (0, {"n2": 4}), err
    assert (data / "same").read_text() == "same"


def test_a_large_file_comes_whole(fleet):
    content = os.urandom(1 << 20) * 50
    (fleet.project / "weights.bin").write_bytes(content)
    code, _, err = fleet.run("cp", "--on", "pair", "weights.bin", ":models/weights.bin")
    assert code == 0, err
    assert "105 MB travelled, 2 hosts" in err + _.decode()
    for name in ("n1", "n2"):
        assert (fleet.home(name) / "project" / "models" / "weights.bin").read_bytes() == content
    (fleet.project / "weights.bin").unlink()
    code, _, err = fleet.run("cp", "--on", "pair", "--host", "n1", ":models/weights.bin", "weights.bin")
    assert code == 0, err
    assert (fleet.project / "weights.bin").read_bytes() == content


def test_a_full_disk_changes_nothing_there(fleet):
    big = fleet.project / "big"
    big.mkdir()
    (big / "first").write_text("new")
    (big / "second").write_bytes(os.urandom(3 << 20))
    small = fleet.home("n1") / "small"
    code, out, err = fleet.run(
        "exec", "--on", "pair", "--", "sh", "-c", "mkdir -p ~/small/big; echo old > ~/small/big/first"
    )
    assert code == 0, err
    code, out, err = fleet.run("cp", "--on", "pair", "big/", ":~/small/big/")
    assert code == 1
    assert "PV1316" in err
    assert "no room is left there" in out.decode() + err
    code, out, _ = fleet.run(
        "exec",
        "--on",
        "pair",
        "--host",
        "n1",
        "--",
        "sh",
        "-c",
        "cat ~/small/big/first; ls -A ~/small/big ~/small",
    )
    assert out.decode().split() == ["old", str(small) + ":", "big", str(small / "big") + ":", "first"]


def test_one_host_fails_and_the_other_has_it(fleet):
    (fleet.project / "data").mkdir()
    (fleet.project / "data" / "a").write_text("a")
    (fleet.home("n1") / "project" / "data").write_text("a file in the way")
    code, out, _ = fleet.run("cp", "--on", "pair", "data/", ":data/", "--json")
    assert code == 1
    document = json.loads(out)
    assert [one["code"] for one in document["problems"]] == ["PV1316"]
    told = {one["host"]: one["problem"] and one["problem"]["code"] for one in document["data"]["hosts"]}
    assert told == {"n1": "PV1314", "n2": None}
    assert (fleet.home("n2") / "project" / "data" / "a").read_text() == "a"
    assert (fleet.home("n1") / "project" / "data").read_text() == "a file in the way"
    code, out, _ = fleet.run("cp", "--on", "pair", ":data/a", "got/")
    assert code == 1
    assert "n1: [PV1312]" in out.decode()
    assert (fleet.project / "got" / "n2" / "a").read_text() == "a"


@pytest.mark.parametrize(
    ("words", "exit_code", "told"),
    [
        (["--on", "pair", "nothing", ":x"], 1, "PV1312"),
        (["--on", "pair", "a", "b"], 2, "PV1310"),
        (["--on", "pair", "a"], 2, "PV700"),
        (["--on", "box", "provenv.toml", ":x"], 2, "PV1305"),
        (["--on", "pair", "--host", "n1", "provenv.toml", ":folder"], 1, "PV1318"),
        (["--on", "pair", "--host", "n1", ":nothing", "x"], 1, "PV1312"),
        (["--on", "pair", "--host", "n9", "a", ":x"], 2, "PV1294"),
    ],
)
def test_what_can_not_be_copied_is_said(fleet, words, exit_code, told):
    (fleet.home("n1") / "project" / "folder").mkdir()
    code, _, err = fleet.run("cp", *words)
    assert (code, told in err) == (exit_code, True), err


def test_here_it_is_a_plain_copy_by_the_same_rules(fleet):
    data = fleet.project / "data"
    data.mkdir()
    odd(data)
    assert fleet.run("cp", "data/", ":copy/")[0] == 0
    assert tree(fleet.project / "copy") == tree(data)
    (data / "new").write_text("123")
    code, out, _ = fleet.run("cp", "data/", ":copy/", "--json")
    assert (code, travelled(out)) == (0, {"here": 3})
    assert [one.name for one in fleet.project.iterdir() if one.name.startswith(".prov")] == []


def test_an_interrupted_copy_leaves_what_was_there(fleet):
    file = fleet.project / "weights.bin"
    with file.open("wb") as made:
        made.truncate(4 << 30)
    old = fleet.home("n1") / "project" / "weights.bin"
    old.write_text("old")
    begun = fleet.begin("cp", "--on", "pair", "weights.bin", ":")
    folders = [fleet.home(name) / "project" for name in ("n1", "n2")]
    assert wait_until(lambda: all(list(one.glob(".provenv-copy.*/in/weights.bin")) for one in folders))
    begun.send_signal(signal.SIGINT)
    begun.communicate(timeout=60)
    assert begun.returncode == 130
    assert wait_until(lambda: not any(list(one.glob(".provenv-copy.*")) for one in folders))
    assert old.read_text() == "old"
    assert not (fleet.home("n2") / "project" / "weights.bin").exists()


def growing(folder: Path) -> bool:
    """Tell whether a large file is on its way into this folder, and a part of it is there."""
    return any(one.stat().st_size > 1 << 20 for one in folder.glob(".provenv-copy.*/**/weights.bin"))


@pytest.mark.parametrize("fetching", [False, True], ids=["there", "back"])
def test_a_link_that_goes_down_in_the_middle(fleet, fetching):
    fleet.hosts.before("Host *\n ServerAliveInterval 1\n ServerAliveCountMax 3\n ConnectTimeout 5\n")
    folders = {name: fleet.home(name) / "project" for name in ("n1", "n2")}
    for folder in (fleet.project, *folders.values()):
        # over the link alone this takes longer than it stands
        with (folder / "weights.bin").open("wb") as made:
            made.truncate(1 << 28)
    if not fetching:
        for folder in folders.values():
            (folder / "weights.bin").write_text("old")
            os.chown(folder / "weights.bin", folder.stat().st_uid, folder.stat().st_gid)
    arriving = fleet.project / "got" / "n1" if fetching else folders["n1"]
    arriving.mkdir(parents=True, exist_ok=True)
    words = [":weights.bin", "got/"] if fetching else ["weights.bin", ":"]
    begun = fleet.begin("cp", "--on", "pair", *words, "--json")
    try:
        assert wait_until(lambda: growing(arriving))
        fleet.hosts.link("n1", "down")
        out, _ = begun.communicate(timeout=120)
    finally:
        fleet.hosts.link("n1", "up")
        fleet.hosts.before("")
    told = {
        one["host"]: one["problem"] and one["problem"]["code"] for one in json.loads(out)["data"]["hosts"]
    }
    assert (begun.returncode, told) == (1, {"n1": "PV1281", "n2": None})
    goals = {name: fleet.project / "got" / name if fetching else folders[name] for name in folders}
    assert (goals["n2"] / "weights.bin").stat().st_size == 1 << 28
    assert wait_until(lambda: not any(arriving.glob(".provenv-copy.*")), 60)
    if fetching:
        assert list(arriving.iterdir()) == []
    else:
        assert (arriving / "weights.bin").read_text() == "old"


def test_a_copy_that_is_killed_leaves_what_was_there(fleet):
    with (fleet.project / "weights.bin").open("wb") as made:
        made.truncate(4 << 30)
    there = fleet.home("n1") / "project"
    (there / "weights.bin").write_text("old")
    begun = fleet.begin("cp", "--on", "pair", "--host", "n1", "weights.bin", ":")
    assert wait_until(lambda: growing(there))
    begun.kill()
    begun.communicate(timeout=60)
    assert wait_until(lambda: not any(there.glob(".provenv-copy.*")), 60)
    assert (there / "weights.bin").read_text() == "old"


def test_a_full_disk_here_changes_nothing_here(fleet):
    there = fleet.home("n1") / "project" / "data"
    there.mkdir()
    (there / "first").write_text("new")
    (there / "second").write_bytes(os.urandom(3 << 20))
    (fleet.project / "got").mkdir()
    script = (
        "mount --make-rprivate / && mount -t tmpfs -o size=1m tmpfs got && mkdir got/data &&"
        ' echo old > got/data/first && { "$@"; code=$?; find got -type f -o -name ".*"; cat got/data/first;'
        " exit $code; }"
    )
    words = ("cp", "--on", "pair", "--host", "n1", ":data/", "got/data/")
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script, "sh", sys.executable, "-m", "provenv", *words],
        cwd=fleet.project,
        env=fleet.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "PV460" in done.stderr
    assert done.stdout.split() == ["got/data/first", "old"]


def test_what_the_user_there_may_not_read_or_write(fleet):
    (fleet.project / "file").write_text("x")
    (fleet.home("n1") / "project" / "roots").touch(mode=0o600)
    for words, code in ((["file", ":/etc/file"], "PV1315"), ([":roots", "back"], "PV1313")):
        exit_code, _, err = fleet.run("cp", "--on", "pair", "--host", "n1", *words)
        assert (exit_code, code in err, "Permission denied" in " ".join(err.split())) == (1, True, True), err
    assert not (fleet.project / "back").exists()
