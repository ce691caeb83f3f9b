"""The probe for places without Python, run by a real sh, beside what Python's probe tells of this machine."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from provenv import facts
from provenv.facts import shell
from provenv.facts.collect import MARK
from provenv.hosts.fake import FakeHost
from provenv.hosts.local import LocalHost
from provenv.model.facts import Facts

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no sh")
SHELLS = [
    pytest.param(
        argv, marks=pytest.mark.skipif(shutil.which(argv[0]) is None, reason=f"there is no {argv[0]} here")
    )
    for argv in (["sh", "-s"], ["dash", "-s"], ["bash", "--posix", "-s"], ["busybox", "sh", "-s"])
]


def told(asks: list[dict[str, Any]], argv: list[str] | None = None, **environment: str) -> dict[str, Any]:
    """Run the script with a shell; return the items by name."""
    argv = argv or shell.ARGV
    done = subprocess.run(
        [shutil.which(argv[0]) or argv[0], *argv[1:]],
        input=shell.script(asks).encode(),
        capture_output=True,
        check=True,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **environment},
    )
    line = next(line for line in done.stdout.decode().splitlines() if line.startswith(MARK))
    items: dict[str, Any] = shell.document(json.loads(line.removeprefix(MARK)), asks)["items"]
    return items


def command(name: str, script: str, limit: float = 60) -> dict[str, Any]:
    return {"name": name, "kind": "command", "argv": ["sh", "-c", script], "limit": limit}


def gathered(python: str, folder: Path) -> Facts:
    paths = {"project": str(folder), "cache": str(folder / "not" / "made"), "temporary": str(folder)}
    return facts.gather(LocalHost(), python, **paths, limit=60)


@pytest.mark.slow
def test_it_tells_what_pythons_probe_tells(tmp_path: Path) -> None:
    by_shell, by_python = gathered("/no/such/python", tmp_path), gathered(sys.executable, tmp_path)
    changing = {"sources": (), "pythons": (), "memory": by_python.memory}
    same = {"disks": tuple(replace(disk, free=0) for disk in by_python.disks)}
    disks = tuple(replace(disk, free=0) for disk in by_shell.disks)
    assert replace(by_shell, disks=disks, **changing) == replace(by_python, **same, **changing)
    assert by_shell.memory.total == by_python.memory.total
    assert by_shell.memory.granted == by_python.memory.granted


@pytest.mark.parametrize("argv", SHELLS)
def test_every_kind_of_ask(argv: list[str], tmp_path: Path) -> None:
    (tmp_path / "a b.txt").write_text('two\nlines "and" \\ more\n')
    (tmp_path / "link").symlink_to(tmp_path / "a b.txt")
    found = told(
        [
            command("ends", "echo out; echo err >&2; exit 3"),
            command("bytes", "printf 'a\\377b'"),
            {"name": "missing", "kind": "command", "argv": ["no-such-tool"], "limit": 60},
            {
                "name": "told",
                "kind": "command",
                "argv": ["sh", "-c", "echo $A"],
                "environment": {"A": "b c"},
                "limit": 60,
            },
            {"name": "file", "kind": "file", "path": str(tmp_path / "a b.txt"), "limit": 60},
            {"name": "none", "kind": "file", "path": str(tmp_path / "none"), "limit": 60},
            {"name": "elsewhere", "kind": "file", "path": "/", "systems": ["win32"], "limit": 60},
            {"name": "env", "kind": "builtin", "builtin": "environ", "names": ["X", "EMPTY", "UNSET"]},
            {"name": "which", "kind": "builtin", "builtin": "which", "names": ["sh", "no-such-tool"]},
            {"name": "texts", "kind": "builtin", "builtin": "texts", "paths": [str(tmp_path / "li*")]},
            {"name": "nothing", "kind": "builtin", "builtin": "texts", "paths": [str(tmp_path / "x*")]},
            {"name": "nodes", "kind": "builtin", "builtin": "nodes", "paths": ["/dev/null"], "open": True},
            {
                "name": "presence",
                "kind": "builtin",
                "builtin": "presence",
                "names": ["X", "UNSET"],
                "paths": ["~/.none", str(tmp_path / "link")],
            },
        ],
        argv,
        X="one\ttwo",
        EMPTY="",
    )
    assert (found["ends"]["outcome"], found["ends"]["code"]) == ("failed", 3)
    assert (found["ends"]["out"], found["ends"]["err"]) == ("out\n", "err\n")
    assert found["bytes"]["out"] == "a�b"
    assert found["told"]["out"] == "b c\n"
    assert found["missing"]["outcome"] == "absent"
    assert found["file"]["out"] == 'two\nlines "and" \\ more\n'
    assert found["none"]["outcome"] == "absent"
    assert "elsewhere" not in found
    assert found["env"]["value"] == {"X": "one two", "EMPTY": ""}
    assert set(found["which"]["value"]) == {"sh"}
    real = str((tmp_path / "a b.txt").resolve())
    text = 'two\nlines "and" \\ more\n'
    assert found["texts"]["value"] == [{"path": str(tmp_path / "link"), "real": real, "text": text}]
    assert found["nothing"]["outcome"] == "absent"
    node = found["nodes"]["value"][0]
    assert (node["path"], node["readable"], node["writable"], node["opened"]) == (
        "/dev/null",
        True,
        True,
        True,
    )
    assert found["presence"]["value"] == {"variables": ["X"], "paths": [str(tmp_path / "link")]}


def test_a_hanging_tool_costs_its_own_fact(tmp_path: Path) -> None:
    found = told([command("hangs", "echo partly; exec sleep 1000", limit=3), command("quick", "echo here")])
    assert (found["hangs"]["outcome"], found["hangs"]["out"]) == ("timeout", "partly\n")
    assert found["quick"]["out"] == "here\n"


def test_without_timeout_a_second_process_watches(tmp_path: Path) -> None:
    needed = ("sh", "od", "tr", "mktemp", "mkdir", "rm", "cat", "head", "uname", "sleep", "kill", "true")
    for name in needed:
        path = shutil.which(name)
        if path:
            (tmp_path / name).symlink_to(path)
    asks = [command("hangs", "exec sleep 1000", limit=3), command("quick", "echo here")]
    found = told(asks, [str(tmp_path / "sh"), "-s"], PATH=str(tmp_path))
    assert found["hangs"]["outcome"] == "timeout"
    assert found["quick"]["out"] == "here\n"


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    told([command("quick", "echo here")], TMPDIR=str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_every_ask_but_those_that_need_python_is_sent() -> None:
    asks = facts.asks("/p", "/c", "/t")
    sent = [line for line in shell.script(asks).splitlines() if line.startswith("ask ")]
    unsent = [ask for ask in asks if ask.get("builtin") in shell.MISSING]
    assert len(sent) == len(asks) - len(unsent)


def test_a_place_whose_python_is_too_old_is_asked_by_sh() -> None:
    item = {"outcome": "read", "ms": 0, "how": {"hex": ""}, "out": {"hex": b"machine\tarmv7l\n".hex()}}
    document = {"probe": 1, "shell": "sh", "items": {"platform.system": {**item, "builtin": True}}}
    host = FakeHost.of((("python3",), 1), (("sh", "-s"), f"{MARK}{json.dumps(document)}\n"))
    found = facts.gather(host, "python3", project="/p", cache="/c", temporary="/t")
    assert found.platform.machine == "armv7l"


@pytest.mark.parametrize("value", [{}, {"hex": "zz"}, {"hex": "0"}, {"hex": 3}])
def test_what_is_no_hexadecimal_is_nothing(value: dict[str, object]) -> None:
    assert shell.text(value) == ""
